package family

import (
	"math"
	"testing"

	"elbo/graph"
	"elbo/vi"
)

const particles = 4

// built is a family's graph with everything a test may evaluate.
type built struct {
	density
	guide *vi.Guide
	wrt   []*graph.Node
	// derivatives of Σ over particles by each parameter
	total, path, score []*graph.Node
}

func build(t *testing.T, c density, p vi.Particles) *built {
	t.Helper()
	b := &built{density: c}
	_, err := graph.Build(graph.F64, func(g *graph.Graph) {
		b.guide = c.family.Guide(g, c.dim, p)
		for _, n := range g.Inputs() {
			if g.Input(n).Kind == graph.InputParam {
				b.wrt = append(b.wrt, n)
			}
		}
		b.total = graph.Grad(graph.Sum(b.guide.LogQ), b.wrt...)
		b.path = graph.Grad(graph.Sum(b.guide.LogQPath), b.wrt...)
		b.score = graph.Grad(graph.Sum(b.guide.LogQScore), b.wrt...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *built) eval(t *testing.T, p map[string][]float64, step uint64, roots ...*graph.Node) [][]float64 {
	t.Helper()
	out, err := graph.Reference(p, 21, step, roots...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// column returns particle s of zeta (D,S).
func column(zeta []float64, d, s int) []float64 {
	n := len(zeta) / d
	out := make([]float64, d)
	for j := range out {
		out[j] = zeta[j*n+s]
	}
	return out
}

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol*(1+math.Abs(b)) }

// TestLogQIsTheDensity: all three forms have the value of the density written out.
func TestLogQIsTheDensity(t *testing.T) {
	for name, c := range cases() {
		b := build(t, c, vi.Particles{S: particles})
		for step := range uint64(5) {
			out := b.eval(t, c.params, step, b.guide.Zeta, b.guide.LogQ, b.guide.LogQPath, b.guide.LogQScore)
			for s := range particles {
				want := c.logq(c.params, column(out[0], c.dim, s))
				for k, form := range []string{"LogQ", "LogQPath", "LogQScore"} {
					if got := out[k+1][s]; !near(got, want, 1e-9) { // logit p loses digits near 0 and 1
						t.Errorf("%s: %s = %v, want %v", name, form, got, want)
					}
				}
			}
		}
	}
}

// TestGradientSplits: the gradient of LogQ is that through ζ plus that through the parameters.
func TestGradientSplits(t *testing.T) {
	for name, c := range cases() {
		b := build(t, c, vi.Particles{S: particles})
		all := append(append(append([]*graph.Node(nil), b.total...), b.path...), b.score...)
		out := b.eval(t, c.params, 3, all...)
		k := len(b.wrt)
		for i := range k {
			for j, total := range out[i] {
				if path, score := out[k+i][j], out[2*k+i][j]; !near(total, path+score, 1e-10) {
					t.Errorf("%s: %s[%d]: %v ≠ %v + %v", name, b.wrt[i].Name(), j, total, path, score)
				}
			}
		}
	}
}

// moved returns the parameters with one element changed.
func moved(p map[string][]float64, name string, j int, by float64) map[string][]float64 {
	out := map[string][]float64{}
	for n, x := range p {
		out[n] = append([]float64(nil), x...)
	}
	out[name][j] += by
	return out
}

// TestScorePart against differences of the plain density at fixed ζ.
func TestScorePart(t *testing.T) {
	const h = 1e-5
	for name, c := range cases() {
		b := build(t, c, vi.Particles{S: particles})
		zeta := b.eval(t, c.params, 3, b.guide.Zeta)[0]
		at := func(p map[string][]float64) (sum float64) {
			for s := range particles {
				sum += c.logq(p, column(zeta, c.dim, s))
			}
			return sum
		}
		for i, got := range b.eval(t, c.params, 3, b.score...) {
			param := b.wrt[i].Name()
			for j := range got {
				want := (at(moved(c.params, param, j, h)) - at(moved(c.params, param, j, -h))) / (2 * h)
				if !near(got[j], want, 1e-7) {
					t.Errorf("%s: %s[%d]: %v, differences %v", name, param, j, got[j], want)
				}
			}
		}
	}
}

// TestPathPart against differences of the plain density at fixed parameters, ζ moving with
// them. Guides by rejection do not move along their implicit gradient and are left out.
func TestPathPart(t *testing.T) {
	const h = 1e-5
	for name, c := range cases() {
		if name == "custom" {
			continue
		}
		b := build(t, c, vi.Particles{S: particles})
		at := func(p map[string][]float64) (sum float64) {
			zeta := b.eval(t, p, 3, b.guide.Zeta)[0]
			for s := range particles {
				sum += c.logq(c.params, column(zeta, c.dim, s))
			}
			return sum
		}
		for i, got := range b.eval(t, c.params, 3, b.path...) {
			param := b.wrt[i].Name()
			for j := range got {
				want := (at(moved(c.params, param, j, h)) - at(moved(c.params, param, j, -h))) / (2 * h)
				if !near(got[j], want, 1e-7) {
					t.Errorf("%s: %s[%d]: %v, differences %v", name, param, j, got[j], want)
				}
			}
		}
	}
}

// TestAntitheticPairs are mirror images about the mean.
func TestAntitheticPairs(t *testing.T) {
	for name, c := range cases() {
		if name == "custom" {
			continue
		}
		b := build(t, c, vi.Particles{S: particles, Antithetic: true})
		zeta := b.eval(t, c.params, 1, b.guide.Zeta)[0]
		mean := c.family.Posterior(c.dim, func(n string) []float64 { return c.params[n] }).Mean()
		for s := range particles / 2 {
			a, m := column(zeta, c.dim, s), column(zeta, c.dim, s+particles/2)
			for j := range a {
				if !near(a[j]+m[j], 2*mean[j], 1e-12) || a[j] == m[j] {
					t.Errorf("%s: %v and %v about %v", name, a[j], m[j], mean[j])
				}
			}
		}
	}
}
