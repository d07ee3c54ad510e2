package elbo_test

import (
	"math"
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/train"
)

// Three rows of data with two latents each: x_b ~ N(W z_b, I), z_b ~ N(0, I), W a parameter of
// the model, q(z_b) = N(m_b, diag s_b²) with parameters of its own per row.
const localRows, localDim = 3, 2

// pair is the model. closed says whether its prior may be taken for N(0, I).
type pair struct {
	w      *graph.Node
	x      *graph.Node
	closed bool
}

func (p *pair) Dim() int { return localDim }

func (p *pair) StandardPrior() bool { return p.closed }

func (p *pair) LogLik(g *graph.Graph, zeta *graph.Node) *graph.Node {
	s := graph.ShapeOf(zeta)[0] / localRows
	mean := graph.Reshape(graph.MatMul(zeta, p.w), s, localRows, 2)
	return graph.Affine(graph.Sum(graph.Square(graph.Sub(p.x, mean)), 2), -0.5, -log2Pi)
}

func (p *pair) LogPrior(g *graph.Graph, zeta *graph.Node) *graph.Node {
	s := graph.ShapeOf(zeta)[0] / localRows
	square := graph.Sum(graph.Reshape(graph.Square(zeta), s, localRows, localDim), 2)
	return graph.Affine(square, -0.5, -log2Pi)
}

func (p *pair) LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	return graph.Add(p.LogLik(g, zeta), p.LogPrior(g, zeta))
}

const log2Pi = 1.8378770664093453

// pairGuide draws s particles. Densities are written out by hand, as a check of the package's.
func pairGuide(g *graph.Graph, s int, weight []float64) *vi.Guide {
	mean := g.Param("mean", []float64{0.3, -0.5, 0.1, 0.8, -0.2, 0.4}, localRows, localDim)
	logSD := g.Param("logsd", []float64{-0.3, 0.1, -0.6, -0.2, 0.2, -0.4}, localRows, localDim)
	return pairDensities(g, mean, logSD, g.Normal01("z", s, localRows, localDim), weight)
}

func pairDensities(g *graph.Graph, mean, logSD, eps *graph.Node, weight []float64) *vi.Guide {
	s := graph.ShapeOf(eps)[0]
	cube := graph.Add(mean, graph.Mul(graph.Exp(logSD), eps))
	zeta := graph.Reshape(cube, s*localRows, localDim)
	at := func(z, m, l *graph.Node) *graph.Node {
		e := graph.Mul(graph.Sub(z, m), graph.Exp(graph.Neg(l)))
		return graph.Sub(graph.Affine(graph.Sum(graph.Square(e), 2), -0.5, -log2Pi), graph.Sum(l, 1))
	}
	// The path form must depend on Zeta itself, which DReG differentiates by.
	again := graph.Reshape(zeta, s, localRows, localDim)
	kl := graph.Sub(graph.Affine(graph.Add(graph.Exp(graph.MulC(logSD, 2)), graph.Square(mean)), 0.5, -0.5), logSD)
	q := &vi.Guide{
		Rows: localRows, Zeta: zeta, LogQ: at(again, mean, logSD), KL: kl,
		LogQPath:  at(again, graph.StopGrad(mean), graph.StopGrad(logSD)),
		LogQScore: at(graph.StopGrad(again), mean, logSD),
	}
	if weight != nil {
		q.Weight = g.ConstTensor(weight, localRows)
	}
	return q
}

// localProblem is an objective over the pair.
type localProblem struct {
	objective vi.Objective
	s         int
	weight    []float64
	closed    bool
}

func (l localProblem) estimate(t *testing.T, first uint64, n int) estimate {
	t.Helper()
	step, err := train.StepSpec{
		Name: l.objective.Name(), DType: graph.F64, Seed: 5, Rule: tally{},
		Build: func(g *graph.Graph) train.StepParts {
			q := pairGuide(g, l.s, l.weight)
			p := &pair{w: g.Param("w", []float64{0.9, -0.4, 0.3, 1.1}, 2, 2), closed: l.closed,
				x: g.ConstTensor([]float64{0.5, -1, 1.2, 0.4, -0.7, 0.2}, localRows, 2)}
			return train.StepParts{Bound: l.objective.Bound(g, p, q)}
		},
	}.Compile()
	if err != nil {
		t.Fatal(err)
	}
	in, err := step.Program.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	return tallied(t, in, step.Params, first, n)
}

// TestLocalEstimatorsAgreeInTheMean compares gradients of each bound over 10,000 draws of every
// row: by the closed-form divergence, by Monte Carlo, along the path alone, by the score; and of
// the importance-weighted bound, plain and doubly reparameterised. Parameters of the model are
// among those compared.
func TestLocalEstimatorsAgreeInTheMean(t *testing.T) {
	weight := []float64{0.5, 0, 0.5}
	for name, c := range map[string]struct {
		a, b localProblem
	}{
		"closed form": {
			localProblem{objective: elbo.Reparam{}, s: 10, closed: true},
			localProblem{objective: elbo.Reparam{}, s: 10}},
		"stl": {
			localProblem{objective: elbo.Reparam{}, s: 10, weight: weight, closed: true},
			localProblem{objective: elbo.STL{}, s: 10, weight: weight}},
		"score": {
			localProblem{objective: elbo.Reparam{}, s: 10, closed: true},
			localProblem{objective: elbo.Score{}, s: 10}},
		"dreg": {
			localProblem{objective: elbo.IWAE{}, s: 10},
			localProblem{objective: elbo.DReG{}, s: 10}},
		"dreg, weighted and tempered": {
			localProblem{objective: elbo.Tempered{Objective: elbo.IWAE{}, Beta: elbo.Constant(0.7)}, s: 4,
				weight: weight},
			localProblem{objective: elbo.Tempered{Objective: elbo.DReG{}, Beta: elbo.Constant(0.7)}, s: 4,
				weight: weight}},
		"tempered closed form": {
			localProblem{objective: elbo.Tempered{Objective: elbo.Reparam{}, Beta: elbo.Constant(0.3)}, s: 10, closed: true},
			localProblem{objective: elbo.Tempered{Objective: elbo.Reparam{}, Beta: elbo.Constant(0.3)}, s: 10}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := c.a.estimate(t, 0, draws/c.a.s), c.b.estimate(t, 50_000, draws/c.b.s)
			if err := agree(a, b); err != nil {
				t.Error(err)
			}
			if err := moves(b); err != nil {
				t.Error(err)
			}
			// Three rows of spread below 3 nats over at least 10⁴/4 steps, with room.
			if d := math.Abs(a.value - b.value); !(d < 0.2) {
				t.Errorf("bounds %g and %g", a.value, b.value)
			}
		})
	}
}

// TestDRegLeavesTheModelAlone: DReG's gradient of q differs from IWAE's draw by draw, that of the model
// does not.
func TestDRegLeavesTheModelAlone(t *testing.T) {
	a := localProblem{objective: elbo.IWAE{}, s: 5}.estimate(t, 0, 3)
	b := localProblem{objective: elbo.DReG{}, s: 5}.estimate(t, 0, 3)
	model := len(a.mean) - 4 // w comes last
	for i := range a.mean {
		same := math.Abs(a.mean[i]-b.mean[i]) <= 1e-12*(1+math.Abs(a.mean[i]))
		if i >= model != same {
			t.Errorf("parameter %d: %g by IWAE, %g by DReG", i, a.mean[i], b.mean[i])
		}
	}
	if math.Abs(a.value-b.value) > 1e-12*math.Abs(a.value) {
		t.Errorf("bounds %g and %g of the same draws", a.value, b.value)
	}
}

// TestLimits: bounds that are equal draw by draw, in value and gradient.
func TestLimits(t *testing.T) {
	for name, c := range map[string]struct{ a, b localProblem }{
		"IWAE(1) is the ELBO": {localProblem{objective: elbo.IWAE{}, s: 1}, localProblem{objective: elbo.Reparam{}, s: 1}},
		"Rényi 0 is IWAE":     {localProblem{objective: elbo.Renyi{}, s: 5}, localProblem{objective: elbo.IWAE{}, s: 5}},
		"Rényi 1 is the ELBO": {localProblem{objective: elbo.Renyi{Alpha: 1}, s: 5},
			localProblem{objective: elbo.Reparam{}, s: 5}},
		"β = 1 changes nothing": {
			localProblem{objective: elbo.Tempered{Objective: elbo.IWAE{}, Beta: elbo.Constant(1)}, s: 5},
			localProblem{objective: elbo.IWAE{}, s: 5}},
		"no free bits change nothing": {localProblem{objective: elbo.FreeBits{Objective: elbo.Reparam{}}, s: 2, closed: true},
			localProblem{objective: elbo.Reparam{}, s: 2, closed: true}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := c.a.estimate(t, 0, 5), c.b.estimate(t, 0, 5)
			for i := range a.mean {
				if math.Abs(a.mean[i]-b.mean[i]) > 1e-11 { // rounding of a few sums of terms below 10
					t.Errorf("gradient %d: %g and %g", i, a.mean[i], b.mean[i])
				}
			}
			if math.Abs(a.value-b.value) > 1e-11 {
				t.Errorf("bounds %g and %g", a.value, b.value)
			}
		})
	}
}

// TestRenyiFallsWithAlpha: the estimate with given draws, whose weights differ, falls in α and is continuous at 1.
func TestRenyiFallsWithAlpha(t *testing.T) {
	last := math.Inf(1)
	for _, alpha := range []float64{-200, -2, 0, 0.5, 0.999, 1, 1.001, 3} {
		v := localProblem{objective: elbo.Renyi{Alpha: alpha}, s: 6}.estimate(t, 0, 20).value
		if !(v < last) {
			t.Errorf("α = %g: %g after %g", alpha, v, last)
		}
		last = v
	}
	near := localProblem{objective: elbo.Renyi{Alpha: 1 - 1e-5}, s: 6}.estimate(t, 0, 20).value
	at := localProblem{objective: elbo.Renyi{Alpha: 1}, s: 6}.estimate(t, 0, 20).value
	if math.Abs(near-at) > 1e-4 { // half the variance of the weights' logs times 10⁻⁵, three rows
		t.Errorf("Rényi at 1 − 10⁻⁵ is %g, at 1 %g", near, at)
	}
}

// TestLocalIWAEDoesNotDecrease: more particles, a tighter bound, up to the exact log-likelihood.
func TestLocalIWAEDoesNotDecrease(t *testing.T) {
	last := math.Inf(-1)
	for _, s := range []int{1, 2, 5, 20, 100} {
		v := localProblem{objective: elbo.IWAE{}, s: s}.estimate(t, 0, 2000).value
		if v < last-0.1 { // of spread below 2 over 2,000 steps, with room
			t.Errorf("IWAE(%d) = %g after %g", s, v, last)
		}
		last = v
	}
	if exact := pairEvidence(); !(math.Abs(last-exact) < 0.1) {
		t.Errorf("IWAE(100) = %g, log-likelihood %g", last, exact)
	}
}

// pairEvidence is Σ_b log N(x_b; 0, I + WᵀW).
func pairEvidence() float64 {
	w := []float64{0.9, -0.4, 0.3, 1.1}
	a := 1 + w[0]*w[0] + w[2]*w[2]
	b := w[0]*w[1] + w[2]*w[3]
	c := 1 + w[1]*w[1] + w[3]*w[3]
	det := a*c - b*b
	sum := 0.0
	for _, x := range [][]float64{{0.5, -1}, {1.2, 0.4}, {-0.7, 0.2}} {
		quad := (c*x[0]*x[0] - 2*b*x[0]*x[1] + a*x[1]*x[1]) / det
		sum += -0.5*quad - 0.5*math.Log(det) - log2Pi
	}
	return sum
}
