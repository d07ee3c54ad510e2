package family

import (
	"errors"
	"math"
	"strings"
	"testing"

	"elbo/graph"
	"elbo/graph/dist"
	"elbo/graph/transform"
	"elbo/vi"
)

// initial returns the start value of a parameter, filled to its shape.
func initial(n *graph.Node) []float64 {
	in := graph.GraphOf(n).Input(n)
	out := make([]float64, in.Shape.Size())
	for i := range out {
		switch len(in.Init) {
		case 0:
		case 1:
			out[i] = in.Init[0]
		default:
			out[i] = in.Init[i]
		}
	}
	return out
}

// TestUnconstrain inverts every transform of numbers, with its log determinant.
func TestUnconstrain(t *testing.T) {
	supports := []transform.Support{
		{Kind: transform.Real}, {Kind: transform.Positive}, {Kind: transform.LowerBounded, Lo: -0.5},
		{Kind: transform.UpperBounded, Hi: 3}, {Kind: transform.Interval, Lo: -1, Hi: 2},
	}
	x := []float64{-2, -0.3, 0, 0.7, 2.5}
	for _, s := range supports {
		tr, err := transform.For(s)
		if err != nil {
			t.Fatal(err)
		}
		var zeta, got, want *graph.Node
		if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
			at := g.ConstTensor(x, len(x))
			want = tr.LogDet(at)
			zeta, got, err = unconstrain(s, tr.Forward(at))
		}); err != nil {
			t.Fatal(err)
		}
		out, err := graph.Reference(nil, 0, 0, zeta, got, want)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range out[0] {
			if math.Abs(v-x[i]) > 1e-13 {
				t.Errorf("%v: ζ = %v, want %v", s, v, x[i])
			}
		}
		if math.Abs(out[1][0]-out[2][0]) > 1e-13 {
			t.Errorf("%v: log det %v, want %v", s, out[1][0], out[2][0])
		}
	}
}

// TestGuideMisuse is a *graph.BuildError that says what is wrong.
func TestGuideMisuse(t *testing.T) {
	normal := func(s *Scope) dist.Distribution { return dist.Normal(s.Real("m", 0), s.Positive("s", 1)) }
	calls := 0
	for _, c := range []struct {
		name string
		run  func(s *Scope)
		p    vi.Particles
		says string
	}{
		{"twice", func(s *Scope) { s.Sample("x", normal(s)); s.Sample("x", normal(s)) }, vi.Particles{}, "twice"},
		{"other site", func(s *Scope) { s.Sample("y", normal(s)) }, vi.Particles{}, "does not sample this site"},
		{"one too many", func(s *Scope) { s.Sample("x", normal(s)); s.Sample("y", normal(s)) }, vi.Particles{},
			"2 sites of 1"},
		{"too long", func(s *Scope) { s.Sample("x", dist.Expand(normal(s), 2)) }, vi.Particles{}, "1 sites of 2"},
		{"nothing", func(*Scope) {}, vi.Particles{}, "samples nothing"},
		{"discrete", func(s *Scope) { s.Sample("x", dist.Bernoulli(s.Real("m", 0))) }, vi.Particles{}, "no reparameterised"},
		{"simplex", func(s *Scope) { s.Sample("x", dist.Dirichlet(s.Positive("a", 1, 2))) }, vi.Particles{}, "simplex"},
		{"negative start", func(s *Scope) { s.Positive("s", -1) }, vi.Particles{}, "start at -1"},
		{"antithetic", func(s *Scope) { s.Sample("x", normal(s)) }, vi.Particles{S: 2, Antithetic: true}, "Antithetic"},
		{"changing", func(s *Scope) {
			if calls++; calls > 1 {
				s.Sample("late", normal(s))
			}
			s.Sample("x", normal(s))
		}, vi.Particles{}, "did not have"},
	} {
		_, err := graph.Build(graph.F64, func(g *graph.Graph) {
			Custom{Sites: []string{"x"}, Run: c.run}.Guide(g, 1, c.p)
		})
		var misuse *graph.BuildError
		if !errors.As(err, &misuse) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestNames are those of the command line.
func TestNames(t *testing.T) {
	for want, f := range map[string]vi.Family{
		"map": Delta{}, "meanfield": MeanField{}, "fullrank": FullRank{}, "custom": Custom{},
	} {
		if f.Name() != want {
			t.Errorf("%q, want %q", f.Name(), want)
		}
	}
}
