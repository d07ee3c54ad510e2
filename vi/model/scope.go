package model

import (
	"fmt"

	"elbo/graph"
	"elbo/graph/dist"
	"elbo/graph/transform"
)

// Scope is what a model function builds its density with. Misuse panics with
// *graph.BuildError, which New and the compilers above return as an error.
type Scope struct {
	g        *graph.Graph
	discover *Model // set while sites are found
	model    *Model
	seen     map[string]bool
	values   map[string]*graph.Node
	logp     *graph.Node
}

// Graph returns the graph being built, for ops that need one.
func (s *Scope) Graph() *graph.Graph { return s.g }

// Const returns a scalar constant.
func (s *Scope) Const(x float64) *graph.Node { return s.g.Const(x) }

// Data returns the batch input of that name and shape; all particles share it.
func (s *Scope) Data(name string, shape ...int) *graph.Node {
	if n := s.g.Lookup(name); n != nil {
		return n
	}
	return s.g.Data(name, shape...)
}

// DataInt is Data for indices.
func (s *Scope) DataInt(name string, shape ...int) *graph.Node {
	if n := s.g.Lookup(name); n != nil {
		return n
	}
	return s.g.DataInt(name, shape...)
}

// Sample declares a latent with its prior and returns its constrained value.
func (s *Scope) Sample(name string, prior dist.Distribution) *graph.Node {
	s.once(name)
	if s.discover != nil {
		return s.placeholder(name, prior)
	}
	x, ok := s.values[name]
	if !ok {
		s.fail(name, fmt.Errorf("the model has a site it did not have when it was first run"))
	}
	s.add(graph.Sum(prior.LogProb(x)))
	return x
}

// Observe adds the log-likelihood of a value that does not belong to a plate.
func (s *Scope) Observe(name string, d dist.Distribution, value *graph.Node) {
	s.once(name)
	s.add(s.g.Name(graph.Sum(d.LogProb(value)), name))
}

// Deterministic names a value for errors and dumps and returns it.
func (s *Scope) Deterministic(name string, n *graph.Node) *graph.Node {
	s.once(name)
	return s.g.Name(n, name)
}

// Plate declares B conditionally independent rows of the minibatch.
func (s *Scope) Plate(name string, rows int) *Plate {
	s.once("plate " + name)
	if s.discover != nil {
		s.discover.plates = append(s.discover.plates, PlateInfo{name, rows})
	}
	return &Plate{scope: s, name: name, rows: rows}
}

// placeholder records a site and stands in for its value.
func (s *Scope) placeholder(name string, prior dist.Distribution) *graph.Node {
	support := prior.Support()
	t, err := transform.For(support)
	if err != nil {
		s.fail(name, err)
	}
	m := s.discover
	site := Site{Name: name, Shape: prior.Shape().Clone(), Support: support, Offset: m.dim, transform: t}
	site.Dim = t.Dim(site.Shape)
	m.dim += site.Dim
	m.sites = append(m.sites, site)
	s.add(graph.Sum(prior.LogProb(s.g.Data("site "+name, site.Shape...))))
	return s.g.Lookup("site " + name)
}

// once refuses a second use of a name.
func (s *Scope) once(name string) {
	if s.seen[name] {
		s.fail(name, fmt.Errorf("a site of this name exists already; names are unique within a model"))
	}
	s.seen[name] = true
}

func (s *Scope) add(term *graph.Node) {
	if s.logp == nil {
		s.logp = term
		return
	}
	s.logp = graph.Add(s.logp, term)
}

func (s *Scope) fail(name string, err error) {
	panic(&graph.BuildError{Op: "model site " + name, Cause: err})
}
