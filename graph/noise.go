package graph

import "elbo/kernels"

// Normal01 returns standard normals of the given shape: Philox stream of the site's name at
// the run's step. A site draws once in a graph; keep the node to use the draw again.
func (g *Graph) Normal01(site string, shape ...int) *Node {
	return g.noise("Normal01", kernels.RandNormal, site, shape)
}

// Uniform01 returns uniforms in (0,1), otherwise as Normal01.
func (g *Graph) Uniform01(site string, shape ...int) *Node {
	return g.noise("Uniform01", kernels.RandUniform, site, shape)
}

// UniformRows returns uniforms (n, d) in (0,1), one row for each row number in idx (n) int32: a
// pure function of the seed, the site's name, idx[i] and the column, whatever the step and the
// place in the batch. A site draws once in a graph, as in Uniform01.
func UniformRows(site string, idx *Node, d int) *Node {
	g := GraphOf(idx)
	s := g.Shape(idx)
	if len(s) != 1 || d < 1 {
		fail("UniformRows", []kernels.Shape{s}, "a vector of row numbers and a positive width wanted, width %d given", d)
	}
	id := g.stream("UniformRows", site, kernels.Shape{s[0], d})
	return g.Name(g.Apply(kernels.UniformRows, kernels.Attr{Site: id, N: d}, nil, idx), site)
}

func (g *Graph) noise(fn string, op kernels.Op, site string, shape kernels.Shape) *Node {
	id := g.stream(fn, site, shape)
	return g.Name(g.Apply(op, kernels.Attr{Site: id}, given(shape)), site)
}

// stream takes the random stream of a site.
func (g *Graph) stream(fn, site string, shape kernels.Shape) uint32 {
	id := kernels.StreamID(site)
	if site == "" {
		fail(fn, []kernels.Shape{shape}, "a site needs a name")
	}
	if old, ok := g.streams[id]; ok && old == site {
		fail(fn, []kernels.Shape{shape}, "site %q has drawn already; use that node or another name", site)
	} else if ok {
		fail(fn, []kernels.Shape{shape}, "sites %q and %q share random stream %08x; rename one", old, site, id)
	}
	g.streams[id] = site
	return id
}

// BatchIndex returns the row numbers (b) int32 of the step's minibatch of n rows: see
// kernels.BatchRows. The order depends on the seed alone, so that all sites agree on it.
func (g *Graph) BatchIndex(site string, n, b int) *Node {
	return g.Name(g.Apply(kernels.BatchIndex, kernels.Attr{N: n}, kernels.Shape{b}), site)
}
