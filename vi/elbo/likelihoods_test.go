package elbo_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"elbo/graph"
	"elbo/graph/dist"
	"elbo/vi/model"
)

const rows, columns = 5, 2

// likelihood is one response distribution over the predictor η = Xw and a positive site s.
type likelihood struct {
	name string
	of   func(eta, s *graph.Node) dist.Distribution
	draw func(r *rand.Rand) float64 // some value of its support
}

func likelihoods() []likelihood {
	real := func(r *rand.Rand) float64 { return r.NormFloat64() }
	positive := func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) }
	share := func(r *rand.Rand) float64 { return 0.1 + 0.8*r.Float64() }
	count := func(r *rand.Rand) float64 { return float64(r.IntN(6)) }
	binary := func(r *rand.Rand) float64 { return float64(r.IntN(2)) }
	c := func(n *graph.Node, x float64) *graph.Node { return graph.GraphOf(n).Const(x) }
	return []likelihood{
		{"normal", func(eta, s *graph.Node) dist.Distribution { return dist.Normal(eta, s) }, real},
		{"student", func(eta, s *graph.Node) dist.Distribution { return dist.StudentT(c(s, 4), eta, s) }, real},
		{"laplace", func(eta, s *graph.Node) dist.Distribution { return dist.Laplace(eta, s) }, real},
		{"lognormal", func(eta, s *graph.Node) dist.Distribution { return dist.LogNormal(eta, s) }, positive},
		{"gamma", func(eta, s *graph.Node) dist.Distribution {
			return dist.Gamma(s, graph.Mul(s, graph.Exp(graph.Neg(eta))))
		}, positive},
		{"beta", func(eta, s *graph.Node) dist.Distribution {
			m := graph.Sigmoid(eta)
			return dist.Beta(graph.Mul(m, s), graph.Mul(graph.Affine(m, -1, 1), s))
		}, share},
		{"bernoulli", func(eta, _ *graph.Node) dist.Distribution { return dist.Bernoulli(eta) }, binary},
		{"binomial", func(eta, s *graph.Node) dist.Distribution { return dist.Binomial(c(s, 6), eta) }, count},
		{"poisson", func(eta, _ *graph.Node) dist.Distribution { return dist.Poisson(eta) }, count},
		{"negbinomial", func(eta, s *graph.Node) dist.Distribution { return dist.NegativeBinomial(eta, s) }, count},
		{"exponential", func(eta, _ *graph.Node) dist.Distribution { return dist.Exponential(graph.Exp(eta)) }, positive},
		{"categorical", func(eta, s *graph.Node) dist.Distribution {
			e := graph.Reshape(eta, rows, 1)
			return dist.Categorical(graph.Concat(1, graph.MulC(e, 0), e, graph.Mul(e, s)))
		}, func(r *rand.Rand) float64 { return float64(r.IntN(3)) }},
	}
}

// model is the regression with this likelihood and priors on the line, the half line and an interval.
func (l likelihood) model(t *testing.T) *model.Model {
	t.Helper()
	m, err := model.New(func(s *model.Scope) {
		x, y := s.Data("x", rows, columns), s.Data("y", rows)
		w := s.Sample("w", dist.Expand(dist.Normal(s.Const(0), s.Const(1.5)), columns))
		scale := s.Sample("s", dist.Gamma(s.Const(3), s.Const(2)))
		b := s.Sample("b", dist.Uniform(s.Graph(), -1, 2))
		eta := graph.Add(graph.MatMul(x, w), b)
		s.Plate("rows", rows).Observe("lik", l.of(eta, scale), y)
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// inputs are random data with one row masked.
func (l likelihood) inputs(r *rand.Rand) map[string][]float64 {
	x, y := make([]float64, rows*columns), make([]float64, rows)
	for i := range x {
		x[i] = float64(float32(0.6 * r.NormFloat64()))
	}
	for i := range y {
		y[i] = float64(float32(l.draw(r)))
	}
	return map[string][]float64{
		"x": x, "y": y, model.MaskSlot("rows"): {1, 1, 1, 1, 0}, model.ScaleSlot("rows"): {2.5},
	}
}
