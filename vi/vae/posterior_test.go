package vae

import (
	"math"
	"math/rand/v2"
	"testing"

	"elbo/graph"
	"elbo/vi"
)

// posteriorConfigs have 3 latents, so that triangular matrices and orders of elements show.
func posteriorConfigs() map[string]Config {
	base := Config{Item: []int{4}, Encoder: []int{5}, Latent: 3, Activation: "tanh", DType: "float64"}
	out := map[string]Config{}
	for _, p := range posteriors {
		c := base
		c.Posterior = p
		out[p] = c
	}
	c := out["iaf"]
	c.Flows, c.FlowHidden = 3, 6
	out["iaf"] = c
	return out
}

// anyParams returns random values for all parameters, so that nothing is at a special point.
func anyParams(m *Model, scale float64) map[string][]float64 {
	out := map[string][]float64{}
	r := rand.New(rand.NewPCG(9, 9))
	for _, name := range m.names() {
		out[name] = normals(r, m.shapes[name].Size(), scale)
	}
	return out
}

// TestLogQByChangeOfVariables: log q(z) of every posterior is log N(ε; 0, I) − log|det ∂z/∂ε|, the
// determinant by central differences of the draws themselves. Two rows and two particles.
func TestLogQByChangeOfVariables(t *testing.T) {
	const s, b, d = 2, 2, 3
	for name, c := range posteriorConfigs() {
		t.Run(name, func(t *testing.T) {
			m := mustNew(t, c)
			params := anyParams(m, 0.3) // larger ones make nearly singular flows, beyond differences
			r := rand.New(rand.NewPCG(3, 1))
			eps, x := normals(r, s*b*d, 1), normals(r, b*4, 1)
			var q *vi.Guide
			if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
				n := m.newNet(g, false)
				q = n.code(g.Data("x", b, 4)).guide(n, g.Data("eps", s, b, d))
			}); err != nil {
				t.Fatal(err)
			}
			at := func(e []float64) (z, logq []float64) {
				values := map[string][]float64{"x": x, "eps": e}
				for k, v := range params {
					values[k] = v
				}
				out, err := graph.Reference(values, 0, 0, q.Zeta, q.LogQ)
				if err != nil {
					t.Fatal(err)
				}
				return out[0], out[1]
			}
			_, logq := at(eps)
			for row := range s * b {
				jacobian := make([]float64, d*d)
				for j := range d {
					const h = 1e-4 // fourth-order differences err by h⁴, 10⁻¹⁶, plus rounding/h, 10⁻¹²
					moved := func(by float64) []float64 {
						e := append([]float64(nil), eps...)
						e[row*d+j] += by
						z, _ := at(e)
						return z[row*d : (row+1)*d]
					}
					up, down, up2, down2 := moved(h), moved(-h), moved(2*h), moved(-2*h)
					for i := range d {
						jacobian[i*d+j] = (8*(up[i]-down[i]) - (up2[i] - down2[i])) / (12 * h)
					}
				}
				for k, slope := range jacobian {
					// Orders turn round, so that every coordinate of iaf hears every other; differences err by 10⁻¹².
					if name == "iaf" && math.Abs(slope) < 1e-9 {
						t.Errorf("row %d: coordinate %d does not depend on noise %d", row, k/d, k%d)
					}
				}
				want := -math.Log(math.Abs(det3(jacobian)))
				for j := range d {
					want += lnNormal(eps[row*d+j], 0, 1)
				}
				if math.Abs(logq[row]-want) > 1e-8 { // error of the differences, tenfold for the determinant
					t.Errorf("row %d: log q = %.12g, by change of variables %.12g", row, logq[row], want)
				}
			}
		})
	}
}

func det3(a []float64) float64 {
	return a[0]*(a[4]*a[8]-a[5]*a[7]) - a[1]*(a[3]*a[8]-a[5]*a[6]) + a[2]*(a[3]*a[7]-a[4]*a[6])
}

// TestAntitheticPairs lie on both sides of the mean.
func TestAntitheticPairs(t *testing.T) {
	const s, d = 4, 2
	mean := []float64{0.5, -1}
	var q *vi.Guide
	if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
		logSD := g.ConstTensor([]float64{0.3, -0.2}, 1, d)
		q = Diagonal(g, g.ConstTensor(mean, 1, d), logSD, vi.Particles{S: s, Antithetic: true})
	}); err != nil {
		t.Fatal(err)
	}
	v, err := graph.Reference(nil, 1, 0, q.Zeta)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s / 2 * d {
		one, other := v[0][i]-mean[i%d], v[0][i+s/2*d]-mean[i%d]
		if one == 0 || math.Abs(one+other) > 1e-15 || i >= d && v[0][i] == v[0][i-d] {
			t.Errorf("draw %d is %g from the mean, its pair %g", i, one, other)
		}
	}
}

// TestNormalGuides: the closed-form divergences of Diagonal and Full are those of their Normal, coordinate by
// coordinate, and the path and score forms of log q share its value and split its gradient.
func TestNormalGuides(t *testing.T) {
	const s, b, d = 2, 1, 3
	mean, logSD := []float64{0.5, -1, 0.3}, []float64{-0.4, 0.2, -1}
	lower := []float64{0, 0, 0, 0.8, 0, 0, -0.5, 0.3, 0}
	for name, build := range map[string]func(g *graph.Graph, m, l, low, eps *graph.Node) *vi.Guide{
		"diagonal": func(_ *graph.Graph, m, l, _, eps *graph.Node) *vi.Guide { return diagonal(m, l, eps) },
		"full":     func(_ *graph.Graph, m, l, low, eps *graph.Node) *vi.Guide { return full(m, l, low, eps) },
	} {
		low := make([]float64, d*d)
		if name == "full" {
			low = lower
		}
		var nodes []*graph.Node
		if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
			m, l := g.Param("m", mean, b, d), g.Param("l", logSD, b, d)
			q := build(g, m, l, g.ConstTensor(low, b, d, d), g.Normal01("e", s, b, d))
			nodes = []*graph.Node{q.KL, q.LogQ}
			if q.LogQPath != nil {
				nodes = append(nodes, q.LogQPath, q.LogQScore)
				for _, x := range []*graph.Node{q.LogQ, q.LogQPath, q.LogQScore} {
					nodes = append(nodes, graph.Grad(x, m)[0], graph.Grad(x, l)[0])
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		v, err := graph.Reference(nil, 2, 0, nodes...)
		if err != nil {
			t.Fatal(err)
		}
		// KL(N(m, LLᵀ) ‖ N(0, I)) = ½(tr LLᵀ + mᵀm − D) − Σ log L_dd. Given the coordinates before it, z_i has
		// mean m_i + Σ_j L_ij ε_j and standard deviation L_ii.
		for i := range d {
			want := (mean[i]*mean[i]+math.Exp(2*logSD[i])-1)/2 - logSD[i]
			for j := range i {
				want += low[i*d+j] * low[i*d+j] / 2
			}
			if math.Abs(v[0][i]-want) > 1e-13 { // rounding of a few terms near one
				t.Errorf("%s: KL of coordinate %d is %.15g, want %.15g", name, i, v[0][i], want)
			}
		}
		if name != "diagonal" {
			continue
		}
		for i := range v[1] {
			if v[1][i] != v[2][i] || math.Abs(v[1][i]-v[3][i]) > 1e-12 { // rounding of (z − m)/σ against ε
				t.Errorf("log q = %g, along the path %g, as a score %g", v[1][i], v[2][i], v[3][i])
			}
		}
		for i := range v[4] {
			for k := range 2 { // the whole derivative is path plus score
				if whole, parts := v[4+k][i], v[6+k][i]+v[8+k][i]; math.Abs(whole-parts) > 1e-12 {
					t.Errorf("gradient %d of parameter %d: %g, path and score add to %g", i, k, whole, parts)
				}
			}
		}
	}
}

// TestVampByFormula: log p(z) of the mixture against loops over components and coordinates, with the
// encoder's linear heads worked out by hand.
func TestVampByFormula(t *testing.T) {
	const rows, d, width, components = 4, 2, 3, 5
	m := mustNew(t, Config{Item: []int{width}, Latent: d, Prior: "vamp", Components: components, DType: "float64"})
	p := anyParams(m, 1)
	z := normals(rand.New(rand.NewPCG(8, 8)), rows*d, 1.5)
	got := evaluate(t, m, p, func(n *net) []*graph.Node {
		return []*graph.Node{n.prior().logProb(n, n.c.G.ConstTensor(z, rows, d))}
	})[0]
	linear := func(name string, u []float64, k int) float64 {
		y := p[name+"/bias"][k]
		for j, x := range u {
			y += x * p[name+"/weight"][j*d+k]
		}
		return y
	}
	for i := range rows {
		sum := 0.0
		for c := range components {
			u := make([]float64, width)
			for j := range u {
				u[j] = 1 / (1 + math.Exp(-p["prior/pseudo"][c*width+j]))
			}
			lp := 0.0
			for k := range d {
				lp += lnNormal(z[i*d+k], linear("encoder/mean", u, k), math.Exp(linear("encoder/logsd", u, k)))
			}
			sum += math.Exp(lp) / components
		}
		if want := math.Log(sum); math.Abs(got[i]-want) > 1e-10*math.Abs(want) { // rounding of 2·5 terms, exponentiated
			t.Errorf("row %d: log p(z) = %.12g, want %.12g", i, got[i], want)
		}
	}
}
