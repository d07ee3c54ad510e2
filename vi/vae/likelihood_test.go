package vae

import (
	"math"
	"math/rand/v2"
	"testing"

	"elbo/graph"
)

// Likelihoods are tested on 3 particles of 2 rows of 5 values.
const likS, likB, likD = 3, 2, 5

// evaluate returns the nodes that build makes of a model's net, in float64.
func evaluate(t testing.TB, m *Model, values map[string][]float64, build func(n *net) []*graph.Node) [][]float64 {
	t.Helper()
	var nodes []*graph.Node
	if _, err := graph.Build(graph.F64, func(g *graph.Graph) { nodes = build(m.newNet(g, false)) }); err != nil {
		t.Fatal(err)
	}
	out, err := graph.Reference(values, 1, 0, nodes...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func mustNew(t testing.TB, c Config) *Model {
	t.Helper()
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func normals(r *rand.Rand, n int, scale float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = scale * r.NormFloat64()
	}
	return v
}

// lnBernoulli and the others are densities of one value, written from their definitions.
func lnBernoulli(x, eta float64) float64 {
	p := 1 / (1 + math.Exp(-eta))
	return x*math.Log(p) + (1-x)*math.Log(1-p)
}

func lnContinuous(x, eta float64) float64 {
	p := 1 / (1 + math.Exp(-eta))
	c := 2.0
	if math.Abs(eta) > 1e-9 {
		c = 2 * math.Atanh(1-2*p) / (1 - 2*p)
	}
	return math.Log(c) + lnBernoulli(x, eta)
}

func lnNormal(x, mean, sd float64) float64 {
	z := (x - mean) / sd
	return -z*z/2 - math.Log(sd) - math.Log(2*math.Pi)/2
}

// TestLikelihoods compares log p(x|z) of every likelihood, three particles of two rows, with its
// definition in plain loops.
func TestLikelihoods(t *testing.T) {
	const logSD = -0.7
	one := func(f func(x float64, h []float64) float64) func(float64, []float64) float64 { return f }
	for name, ln := range map[string]func(x float64, h []float64) float64{
		"bernoulli":            one(func(x float64, h []float64) float64 { return lnBernoulli(x, h[0]) }),
		"continuous-bernoulli": one(func(x float64, h []float64) float64 { return lnContinuous(x, h[0]) }),
		"gaussian":             one(func(x float64, h []float64) float64 { return lnNormal(x, h[0], math.Exp(logSD)) }),
		"gaussian-pixel": one(func(x float64, h []float64) float64 {
			return lnNormal(x, h[0], 0.01+math.Log1p(math.Exp(h[1])))
		}),
		"categorical": one(func(x float64, h []float64) float64 {
			sum := 0.0
			for _, eta := range h {
				sum += math.Exp(eta)
			}
			return h[int(math.Round(255*x))] - math.Log(sum)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			m := mustNew(t, Config{Item: []int{likD}, Latent: 1, Likelihood: name, DType: "float64"})
			r := rand.New(rand.NewPCG(1, 2))
			x := make([]float64, likB*likD)
			for i := range x {
				x[i] = float64(r.IntN(256)) / 255
				if name == "bernoulli" {
					x[i] = math.Round(x[i])
				}
			}
			rows := likS * likB * likD
			heads := make([][]float64, m.lik.heads)
			for i := range heads {
				heads[i] = normals(r, rows*m.lik.classes, 2)
			}
			got := evaluate(t, m, map[string][]float64{"decoder/logsd": {logSD}}, func(n *net) []*graph.Node {
				var nodes []*graph.Node
				for _, h := range heads {
					shape := []int{likS, likB, likD}
					if m.lik.classes > 1 {
						shape = append(shape, m.lik.classes)
					}
					nodes = append(nodes, n.c.G.ConstTensor(h, shape...))
				}
				return []*graph.Node{m.lik.logProb(n, n.c.G.ConstTensor(x, likB, likD), nodes)}
			})[0]
			for s := range likS {
				for b := range likB {
					want := 0.0
					for d := range likD {
						at := (s*likB+b)*likD + d
						var h []float64
						for _, head := range heads {
							h = append(h, head[at*m.lik.classes:(at+1)*m.lik.classes]...)
						}
						want += ln(x[b*likD+d], h)
					}
					// Sums of five terms below 100, each with a few roundings.
					if g := got[s*likB+b]; math.Abs(g-want) > 1e-11*math.Abs(want) {
						t.Errorf("particle %d, row %d: %g, want %g", s, b, g, want)
					}
				}
			}
		})
	}
}

// TestContinuousBernoulliNearHalf: through the seam of series and closed form, where the textbook
// formula is 0/0 or loses its digits, the density integrates to one and its mean is right.
func TestContinuousBernoulliNearHalf(t *testing.T) {
	m := mustNew(t, Config{Item: []int{1}, Latent: 1, Likelihood: "continuous-bernoulli", DType: "float64"})
	etas := []float64{-40, -3, -0.21, -0.2, -0.19, -1e-3, -1e-9, 0, 1e-12, 1e-4, 0.05, 0.1999, 0.2, 0.2001, 1, 8, 60}
	n := len(etas)
	const points = 2000 // Simpson's rule on e^{xη}, η up to 60, is then exact to 10⁻⁹
	out := evaluate(t, m, nil, func(w *net) []*graph.Node {
		g := w.c.G
		eta := g.ConstTensor(etas, n, 1)
		x := make([]float64, points+1)
		for i := range x {
			x[i] = float64(i) / points
		}
		lp := graph.Sub(graph.Mul(g.ConstTensor(x, 1, points+1), eta), graph.Softplus(eta))
		norm := logNormaliser(eta)
		return []*graph.Node{graph.Exp(graph.Add(lp, norm)), continuousBernoulliMean(w, []*graph.Node{eta}), norm}
	})
	for i, eta := range etas {
		mass, mean := 0.0, 0.0
		for k, p := range out[0][i*(points+1) : (i+1)*(points+1)] {
			w := 2.0
			switch {
			case k == 0 || k == points:
				w = 1
			case k%2 == 1:
				w = 4
			}
			mass += w * p / (3 * points)
			mean += w * p * float64(k) / points / (3 * points)
		}
		if math.Abs(mass-1) > 1e-8 {
			t.Errorf("η = %g: the density integrates to %.12g", eta, mass)
		}
		if math.Abs(out[1][i]-mean) > 1e-8 {
			t.Errorf("η = %g: mean %.12g, by quadrature %.12g", eta, out[1][i], mean)
		}
	}
}

// TestMeans: what Reconstruct and Sample show is the mean of the density.
func TestMeans(t *testing.T) {
	for name, want := range map[string]func(h []float64) float64{
		"bernoulli":      func(h []float64) float64 { return 1 / (1 + math.Exp(-h[0])) },
		"gaussian":       func(h []float64) float64 { return h[0] },
		"gaussian-pixel": func(h []float64) float64 { return h[0] },
		"categorical": func(h []float64) float64 {
			sum, mean := 0.0, 0.0
			for k, eta := range h {
				sum += math.Exp(eta)
				mean += math.Exp(eta) * float64(k) / 255
			}
			return mean / sum
		},
	} {
		m := mustNew(t, Config{Item: []int{2}, Latent: 1, Likelihood: name, DType: "float64"})
		heads := make([][]float64, m.lik.heads)
		for i := range heads {
			heads[i] = normals(rand.New(rand.NewPCG(5, uint64(i))), 2*m.lik.classes, 2)
		}
		got := evaluate(t, m, nil, func(n *net) []*graph.Node {
			var nodes []*graph.Node
			for _, h := range heads {
				shape := []int{1, 2}
				if m.lik.classes > 1 {
					shape = append(shape, m.lik.classes)
				}
				nodes = append(nodes, n.c.G.ConstTensor(h, shape...))
			}
			return []*graph.Node{m.lik.mean(n, nodes)}
		})[0]
		for d := range 2 {
			w := want(heads[0][d*m.lik.classes : (d+1)*m.lik.classes])
			if math.Abs(got[d]-w) > 1e-12 { // a few roundings of numbers near one
				t.Errorf("%s: mean %g, want %g", name, got[d], w)
			}
		}
	}
}
