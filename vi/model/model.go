package model

import (
	"fmt"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/vi"
)

// Site is one latent of a model.
type Site struct {
	Name    string
	Shape   graph.Shape       // of the constrained value
	Support transform.Support // decides the default transform
	Offset  int               // first of its coordinates in ζ
	Dim     int               // number of its coordinates

	transform transform.Transform
}

// Value maps the site's part of ζ (D) to the constrained value, row-major, on the host.
func (s *Site) Value(zeta []float64) []float64 {
	return s.transform.ForwardHost(zeta[s.Offset:s.Offset+s.Dim], s.Shape)
}

// Coordinates maps a constrained value to the site's coordinates, for start values.
func (s *Site) Coordinates(value []float64) []float64 {
	return transform.InverseHost(s.transform, value, s.Shape)
}

// Model is a function over a Scope with its sites. It is a vi.Target.
type Model struct {
	run    func(*Scope)
	sites  []Site
	plates []PlateInfo
	dim    int
}

// PlateInfo is one plate of a model: what a batch feed must know.
type PlateInfo struct {
	Name string
	Rows int // B, the rows of a batch
}

var _ vi.Target = (*Model)(nil)

// New finds the sites of f by running it once on placeholders. f is called again for every
// graph built from the model, so it must build the same sites each time.
func New(f func(s *Scope)) (*Model, error) {
	m := &Model{run: f}
	_, err := graph.Build(graph.F64, func(g *graph.Graph) {
		f(&Scope{g: g, discover: m, seen: map[string]bool{}})
	})
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if m.dim == 0 {
		return nil, fmt.Errorf("model: no latent: Sample declares one")
	}
	return m, nil
}

// Dim returns the number of unconstrained coordinates.
func (m *Model) Dim() int { return m.dim }

// Sites lists the latents in order.
func (m *Model) Sites() []Site { return m.sites }

// Plates lists the plates in order.
func (m *Model) Plates() []PlateInfo { return m.plates }

// Site returns the named latent, or nil.
func (m *Model) Site(name string) *Site {
	for i := range m.sites {
		if m.sites[i].Name == name {
			return &m.sites[i]
		}
	}
	return nil
}

// LogJoint runs the model once per particle, zeta (D,S) → (S).
func (m *Model) LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	n := graph.ShapeOf(zeta)[1]
	out := make([]*graph.Node, n)
	for s := range out {
		column := graph.Reshape(graph.Slice(zeta, 1, s, s+1), m.dim)
		out[s] = m.logJoint(g, column)
	}
	return graph.Stack(0, out...)
}

// logJoint returns log p(x, θ(ζ)) + log|det ∂θ/∂ζ| of one particle ζ (D).
func (m *Model) logJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	s := &Scope{g: g, model: m, seen: map[string]bool{}, values: map[string]*graph.Node{}}
	for i := range m.sites {
		site := &m.sites[i]
		part := graph.Slice(zeta, 0, site.Offset, site.Offset+site.Dim)
		part = graph.Reshape(part, site.transform.Unconstrained(site.Shape)...)
		s.values[site.Name] = g.Name(site.transform.Forward(part), site.Name)
		s.add(site.transform.LogDet(part))
	}
	m.run(s)
	for name := range s.values {
		if !s.seen[name] {
			s.fail(name, fmt.Errorf("the model lacks a site it had when it was first run"))
		}
	}
	return s.logp
}
