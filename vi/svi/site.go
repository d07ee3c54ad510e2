package svi

import (
	"elbo/graph"
	"elbo/vi/diag"
	"elbo/vi/model"
)

// Site describes one latent by its draws, in constrained space.
type Site struct {
	Name  string
	Shape graph.Shape
	// Mean and SD have one entry per element, row-major.
	Mean, SD []float64
	// Draws (S, elements) are row-major.
	Draws []float64
}

// Site returns the named latent, or nil.
func (f *Result) Site(name string) *Site {
	for i := range f.Sites {
		if f.Sites[i].Name == name {
			return &f.Sites[i]
		}
	}
	return nil
}

// Element returns the draws of one element (S).
func (s *Site) Element(i int) []float64 {
	k := len(s.Mean)
	out := make([]float64, len(s.Draws)/k)
	for r := range out {
		out[r] = s.Draws[r*k+i]
	}
	return out
}

// describe maps n draws (n,D) to the sites.
func describe(m *model.Model, draws []float64, n int) []Site {
	var out []Site
	for i := range m.Sites() {
		from := &m.Sites()[i]
		k := from.Shape.Size()
		s := Site{Name: from.Name, Shape: from.Shape, Mean: make([]float64, k), SD: make([]float64, k)}
		for r := range n {
			s.Draws = append(s.Draws, from.Value(draws[r*m.Dim():(r+1)*m.Dim()])...)
		}
		for e := range k {
			sum := diag.Describe(s.Element(e))
			s.Mean[e], s.SD[e] = sum.Mean, sum.SD
		}
		out = append(out, s)
	}
	return out
}
