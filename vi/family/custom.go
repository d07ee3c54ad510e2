package family

import (
	"fmt"

	"elbo/graph"
	"elbo/vi"
)

// Custom is the family of a guide function: any distributions over constrained values, one
// per site, whose draws are reparameterised. A guide of the posterior's own kind can be exact:
//
//	family.Custom{Sites: []string{"p"}, Run: func(s *family.Scope) {
//		s.Sample("p", dist.Beta(s.Positive("a", 1), s.Positive("b", 1)))
//	}}
//
// The function is run three times per particle: to draw; with parameters held fixed, for
// LogQPath; and with draws held fixed, for LogQScore. It must sample the same sites each time.
// Draws are independent; Particles.Antithetic is refused. Entropy is not known in closed form.
type Custom struct {
	// Sites are the names of the target's sites in the order of their coordinates.
	Sites []string
	// Run declares parameters and samples every site once. A site may depend on earlier ones.
	Run func(s *Scope)
}

// Name returns "custom".
func (Custom) Name() string { return "custom" }

// Guide draws ζ = T⁻¹(θ), θ from the guide function, with log q(ζ) = log q(θ) + log|det ∂T/∂ζ|.
func (f Custom) Guide(g *graph.Graph, d int, p vi.Particles) *vi.Guide {
	if p.Antithetic {
		f.fail("guide", fmt.Errorf("a guide function draws independent particles; switch Antithetic off"))
	}
	s := p.Count()
	zeta := make([]*graph.Node, s)
	logq, path, score := make([]*graph.Node, s), make([]*graph.Node, s), make([]*graph.Node, s)
	for i := range s {
		drawn := &Scope{g: g, particle: i, sites: map[string]*draw{}}
		logq[i] = drawn.run(f)
		zeta[i] = drawn.coordinates(f, d)
		path[i] = (&Scope{g: g, former: drawn, holdParams: true, sites: map[string]*draw{}}).run(f)
		score[i] = (&Scope{g: g, former: drawn, holdDraws: true, sites: map[string]*draw{}}).run(f)
	}
	return &vi.Guide{
		Zeta:      graph.Stack(1, zeta...),
		LogQ:      graph.Stack(0, logq...),
		LogQPath:  graph.Stack(0, path...),
		LogQScore: graph.Stack(0, score...),
	}
}

// Posterior describes q by Monte Carlo: mean and covariance are those of 500 fixed draws.
func (f Custom) Posterior(d int, param func(string) []float64) vi.Posterior {
	return newSampled(f, d, param)
}

func (f Custom) fail(site string, err error) {
	panic(&graph.BuildError{Op: "family.Custom site " + site, Cause: err})
}

// coordinates joins the sites' ζ in the target's order (D).
func (s *Scope) coordinates(f Custom, d int) *graph.Node {
	var parts []*graph.Node
	n := 0
	for _, name := range f.Sites {
		site := s.sites[name]
		if site == nil {
			f.fail(name, fmt.Errorf("the guide does not sample this site of the target"))
		}
		dim := graph.ShapeOf(site.zeta).Size()
		parts = append(parts, graph.Reshape(site.zeta, dim))
		n += dim
	}
	if len(s.sites) != len(f.Sites) || n != d {
		f.fail("guide", fmt.Errorf("it samples %d sites of %d coordinates; the target has %d of %d",
			len(s.sites), n, len(f.Sites), d))
	}
	return graph.Concat(0, parts...)
}

// customPrefix starts the names of a guide function's parameters in the program.
const customPrefix = "q/"
