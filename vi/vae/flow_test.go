package vae

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"elbo/graph"
	"elbo/vi"
)

// TestPlanarByFormula: a step against loops over eqs. 10 to 12 and appendix A.1 of Rezende & Mohamed (2015),
// with wᵀu = −2.5 in the first row, where the step by u itself would not be invertible, and above −1 in the
// second.
func TestPlanarByFormula(t *testing.T) {
	const s, b, d = 3, 2, 3
	u := []float64{-0.8, 1, -1, 0.4, -0.2, 0.7}
	w := []float64{1.5, -0.5, 0.8, 0.3, 1.1, 0.9}
	bias := []float64{0.3, -0.6}
	r := rand.New(rand.NewPCG(4, 4))
	z, logq := normals(r, s*b*d, 1), normals(r, s*b, 1)
	var nodes []*graph.Node
	if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
		moved, density := planarStep(g.ConstTensor(z, s, b, d), g.ConstTensor(logq, s, b), g.ConstTensor(u, b, d),
			g.ConstTensor(w, b, d), g.ConstTensor(bias, b))
		nodes = []*graph.Node{moved, density}
	}); err != nil {
		t.Fatal(err)
	}
	out, err := graph.Reference(nil, 0, 0, nodes...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s * b {
		row := i % b
		uRow, wRow, zRow := u[row*d:(row+1)*d], w[row*d:(row+1)*d], z[i*d:(i+1)*d]
		wu, ww, wz := dot(wRow, uRow), dot(wRow, wRow), dot(wRow, zRow)
		along := -1 + math.Log1p(math.Exp(wu)) // m(wᵀu) of the appendix, which wᵀû is
		h := math.Tanh(wz + bias[row])
		for k := range d {
			hat := uRow[k] + (along-wu)*wRow[k]/ww
			// The 10⁻⁶ added to ‖w‖² changes û by a part in 10⁶, and the determinant, which is above 0.07, by less.
			if want := zRow[k] + hat*h; math.Abs(out[0][i*d+k]-want) > 1e-5 {
				t.Errorf("row %d, coordinate %d: %g, want %g", i, k, out[0][i*d+k], want)
			}
		}
		if want := logq[i] - math.Log1p((1-h*h)*along); math.Abs(out[1][i]-want) > 1e-5 {
			t.Errorf("row %d: log q %g, want %g", i, out[1][i], want)
		}
	}
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// TestGatesOfIAF start at sigmoid(2): with a network that says nothing, T steps of algorithm 1 of Kingma et
// al. (2016) shrink z by that to the power T.
func TestGatesOfIAF(t *testing.T) {
	const d, steps = 2, 3
	m := mustNew(t, Config{Item: []int{1}, Latent: d, Posterior: "iaf", Flows: steps, FlowHidden: 2, DType: "float64"})
	values := map[string][]float64{}
	for name, shape := range m.Parameters() {
		values[name] = make([]float64, shape.Size())
	}
	eps := []float64{0.7, -1.3}
	out := evaluate(t, m, values, func(n *net) []*graph.Node {
		g := n.c.G
		q := n.code(g.ConstTensor([]float64{1}, 1, 1)).guide(n, g.ConstTensor(eps, 1, 1, d))
		return []*graph.Node{q.Zeta, q.LogQ}
	})
	gate := 1 / (1 + math.Exp(-2))
	logq := lnNormal(eps[0], 0, 1) + lnNormal(eps[1], 0, 1) - steps*d*math.Log(gate)
	for k := range d {
		if want := eps[k] * math.Pow(gate, steps); math.Abs(out[0][k]-want) > 1e-14 {
			t.Errorf("z[%d] = %g, want %g", k, out[0][k], want)
		}
	}
	if math.Abs(out[1][0]-logq) > 1e-13 { // rounding of a few terms near one
		t.Errorf("log q = %g, want %g", out[1][0], logq)
	}
}

// TestRowsHavePosteriorsOfTheirOwn: every particle of a row moves with the row's datum, and with no other's.
func TestRowsHavePosteriorsOfTheirOwn(t *testing.T) {
	const s, b, d = 3, 2, 3
	for name, c := range posteriorConfigs() {
		m := mustNew(t, c)
		r := rand.New(rand.NewPCG(3, 1))
		values := anyParams(m, 0.5)
		values["x"], values["eps"] = normals(r, b*4, 1), normals(r, s*b*d, 1)
		var q *vi.Guide
		if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
			n := m.newNet(g, false)
			q = n.code(g.Data("x", b, 4)).guide(n, g.Data("eps", s, b, d))
		}); err != nil {
			t.Fatal(err)
		}
		at := func() []float64 {
			out, err := graph.Reference(values, 0, 0, q.Zeta)
			if err != nil {
				t.Fatal(err)
			}
			return out[0]
		}
		before := at()
		values["x"][5] += 0.5 // the second row's datum
		for i, after := 0, at(); i < s*b; i++ {
			same := slices.Equal(before[i*d:(i+1)*d], after[i*d:(i+1)*d])
			if own := i%b == 1; own == same {
				t.Errorf("%s: particle %d of row %d: unchanged is %t by the second row's datum", name, i/b, i%b, same)
			}
		}
	}
}

// TestFlowsHeedAllTheyAreTold: every number of the context moves the draws or their density.
func TestFlowsHeedAllTheyAreTold(t *testing.T) {
	for _, name := range []string{"iaf", "planar"} {
		m := mustNew(t, posteriorConfigs()[name])
		r := rand.New(rand.NewPCG(3, 2))
		values := anyParams(m, 0.5)
		values["x"], values["eps"] = normals(r, 4, 1), normals(r, 2*3, 1)
		weights := normals(r, 2*3, 1)
		slopes := evaluate(t, m, values, func(n *net) []*graph.Node {
			g := n.c.G
			c := n.code(g.Data("x", 1, 4))
			q := c.guide(n, g.Data("eps", 2, 1, 3))
			sum := graph.Sum(graph.Mul(q.Zeta, g.ConstTensor(weights, 2, 3)))
			return graph.Grad(graph.Add(sum, graph.Sum(q.LogQ)), c.context)
		})[0]
		for i, slope := range slopes {
			if slope == 0 {
				t.Errorf("%s: number %d of %d does nothing", name, i, len(slopes))
			}
		}
	}
}
