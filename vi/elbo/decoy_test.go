package elbo_test

import (
	"testing"

	"elbo/graph"
	"elbo/vi"
	"elbo/vi/elbo"
)

// faulty is a family with one fault put in; the checks of this package must notice it.
type faulty struct {
	vi.Family
	fault func(g *graph.Graph, q *vi.Guide)
}

func (f faulty) Guide(g *graph.Graph, d int, p vi.Particles) *vi.Guide {
	q := f.Family.Guide(g, d, p)
	f.fault(g, q)
	return q
}

// flipped has the value of x and the opposite gradient.
func flipped(x *graph.Node) *graph.Node {
	return graph.Sub(graph.MulC(graph.StopGrad(x), 2), x)
}

// TestFaultsAreNoticed puts one fault at a time into a right program and runs the check that
// guards against it: each must fail.
func TestFaultsAreNoticed(t *testing.T) {
	p := bentProblems()["fullrank with metric"]
	s := vi.Particles{S: particles}
	const steps = draws / particles
	right := problem{p.target, noEntropy{p.family}, p.params}.estimate(t, elbo.Reparam{}, s, 0, steps)
	unbiased := func(o vi.Objective) func(q problem) error {
		return func(q problem) error { return agree(right, q.estimate(t, o, s, 50_000, steps)) }
	}
	cases := []struct {
		name  string
		check func(problem) error
		fault func(g *graph.Graph, q *vi.Guide)
	}{
		{"sign of the path gradient", unbiased(elbo.STL{}), func(_ *graph.Graph, q *vi.Guide) {
			q.LogQPath = flipped(q.LogQPath)
		}},
		{"sign of the score", unbiased(elbo.Score{}), func(_ *graph.Graph, q *vi.Guide) {
			q.LogQScore = flipped(q.LogQScore)
		}},
		{"sign of the entropy", unbiased(elbo.Reparam{}), func(_ *graph.Graph, q *vi.Guide) {
			q.Entropy = flipped(q.Entropy)
		}},
		{"sign of the draws' gradient", unbiased(elbo.Reparam{}), func(_ *graph.Graph, q *vi.Guide) {
			q.Zeta = flipped(q.Zeta)
		}},
		{"draws cut off from the parameters", unbiased(elbo.STL{}), func(_ *graph.Graph, q *vi.Guide) {
			q.Zeta = graph.StopGrad(q.Zeta)
		}},
		{"frozen noise", func(q problem) error { return moves(q.estimate(t, elbo.STL{}, s, 0, 50)) },
			func(g *graph.Graph, q *vi.Guide) {
				// All particles of all steps at one point, loc + C (1, 1, 1).
				c := graph.Sum(graph.Tril(g.Lookup("q/chol"), 0), 1)
				q.Zeta = graph.BroadcastTo(graph.Reshape(graph.Add(g.Lookup("q/loc"), c), 3, 1), 3, particles)
				q.LogQPath = graph.StopGrad(graph.MulC(q.LogQPath, 0))
			}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := c.check(p); err != nil {
				t.Fatalf("the right program fails: %v", err)
			}
			if err := c.check(problem{p.target, faulty{p.family, c.fault}, p.params}); err == nil {
				t.Error("the fault went unnoticed")
			}
		})
	}
}

// TestLandingFaultIsNoticed: leaving the score in, at the optimum, is noise that vanishes() sees.
func TestLandingFaultIsNoticed(t *testing.T) {
	p := exactProblems()["fullrank"]
	q := problem{p.target, faulty{p.family, func(_ *graph.Graph, q *vi.Guide) { q.LogQPath = q.LogQ }}, p.params}
	if vanishes(q.estimate(t, elbo.STL{}, vi.Particles{S: 3}, 0, 50)) == nil {
		t.Error("the fault went unnoticed")
	}
}
