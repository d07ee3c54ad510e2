package elbo_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"elbo/graph"
	"elbo/graph/dist"
	"elbo/kernels/ref"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/family"
	"elbo/vi/train"
)

// show is a rule that moves nothing and puts gradients out.
type show struct{}

func (show) Name() string { return "show" }

func (show) Update(c *graph.Code, params []graph.ParamGrad, _ graph.V) {
	for _, p := range params {
		c.Output("grad/"+p.Name, p.Grad)
	}
}

// score is Bound = mean log q through the parameters alone: what sticking-the-landing leaves out.
type score struct{}

func (score) Name() string { return "score part" }

func (score) Bound(_ *graph.Graph, _ vi.Target, q *vi.Guide) *graph.Node {
	return graph.Mean(q.LogQScore)
}

// whole is a compiled ELBO whose parameters can be moved.
type whole struct {
	t      *testing.T
	in     *graph.Instance
	params []string
}

func newWhole(
	t *testing.T, dt graph.DType, target vi.Target, f vi.Family, o vi.Objective, data map[string][]float64,
) *whole {
	t.Helper()
	step, err := train.Plan{
		Name: "whole", DType: dt, Seed: 4, Target: target, Family: f, Objective: o, Rule: show{},
		Particles: vi.Particles{S: 2},
	}.Compile()
	if err != nil {
		t.Fatal(err)
	}
	in, err := step.Program.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	w := &whole{t, in, step.Params}
	for name, x := range data {
		if in.Has(name) {
			w.set(name, x)
		}
	}
	return w
}

func (w *whole) set(name string, x []float64) {
	w.t.Helper()
	if err := w.in.Set(name, x); err != nil {
		w.t.Fatal(err)
	}
}

func (w *whole) get(name string) []float64 {
	w.t.Helper()
	x, err := w.in.Get(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

// at returns the bound at the given parameters, noise of step 7.
func (w *whole) at(p map[string][]float64) float64 {
	w.t.Helper()
	for _, name := range w.params {
		w.set(name, p[name])
	}
	if err := w.in.Run(7, 1); err != nil {
		w.t.Fatal(err)
	}
	return w.get(train.SlotElbo)[0]
}

// slope returns the derivative of the bound along v at p, and the gradient's norm. The
// program's gradient is that of −bound.
func (w *whole) slope(p, v map[string][]float64) (along, norm float64) {
	w.at(p)
	for _, name := range w.params {
		for i, g := range w.get("grad/" + name) {
			along -= g * v[name][i]
			norm += g * g
		}
	}
	return along, math.Sqrt(norm)
}

// difference is the five-point central difference of the bound along v.
func (w *whole) difference(p, v map[string][]float64, h float64) float64 {
	moved := func(by float64) float64 {
		q := map[string][]float64{}
		for name, x := range p {
			q[name] = append([]float64(nil), x...)
			for i := range x {
				q[name][i] += by * v[name][i]
			}
		}
		return w.at(q)
	}
	return (8*(moved(h)-moved(-h)) - (moved(2*h) - moved(-2*h))) / (12 * h)
}

// point returns parameters around their start values and a random unit direction.
func (w *whole) point(r *rand.Rand) (p, v map[string][]float64) {
	p, v = map[string][]float64{}, map[string][]float64{}
	norm := 0.0
	for _, name := range w.params {
		p[name] = w.in.Program().Init(name)
		v[name] = make([]float64, len(p[name]))
		for i := range p[name] {
			p[name][i] += 0.3 * r.NormFloat64()
			v[name][i] = r.NormFloat64()
			norm += v[name][i] * v[name][i]
		}
	}
	for _, x := range v {
		for i := range x {
			x[i] /= math.Sqrt(norm)
		}
	}
	return p, v
}

// wholeFamilies are the families over the four coordinates of likelihood.model.
func wholeFamilies() map[string]vi.Family {
	m := family.Metric{
		Center: []float64{0.1, -0.2, 0.3, 0}, Diag: []float64{0.5, 0.6, 0.7, 0.4},
		W: []float64{0.5, 0, 0, 0, 0.1, 0.4, 0, 0, -0.2, 0.1, 0.5, 0, 0, 0.2, 0.1, 0.4},
	}
	return map[string]vi.Family{
		"map":       family.Delta{Metric: m},
		"meanfield": family.MeanField{Metric: m},
		"fullrank":  family.FullRank{Metric: m},
		"custom": family.Custom{Sites: []string{"w", "s", "b"}, Run: func(s *family.Scope) {
			w := s.Sample("w", dist.Normal(s.Real("m", 0, columns), s.Positive("sd", 0.4, columns)))
			// No Gamma here: its implicit gradient is that of the quantile, and a sampler by
			// rejection does not move along it at fixed noise. TestEstimatorsAgreeInTheMean has it.
			s.Sample("s", dist.LogNormal(graph.MulC(graph.Sum(w), 0.2), s.Positive("ss", 0.3)))
			s.Sample("b", dist.Uniform(s.Graph(), -1, 2))
		}},
	}
}

// TestWholeGradients compares the compiled gradient of every family × objective × likelihood
// with differences of the bound at fixed noise, along a random direction, two seeds each.
// Sticking-the-landing's differs from the bound's by the score, which is added back.
func TestWholeGradients(t *testing.T) {
	objectives := []vi.Objective{elbo.Reparam{}, elbo.IWAE{}, elbo.STL{}}
	seed := uint64(0)
	for _, l := range likelihoods() {
		for name, f := range wholeFamilies() {
			for _, o := range objectives {
				for _, dt := range []graph.DType{graph.F64, graph.F32} {
					seed++
					if err := checkWhole(t, l, f, o, dt, seed); err != nil {
						t.Errorf("%s, %s, %s, %v: %v", l.name, name, o.Name(), dt, err)
					}
				}
			}
		}
	}
	t.Logf("%d seeds", seed)
}

func checkWhole(t *testing.T, l likelihood, f vi.Family, o vi.Objective, dt graph.DType, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 99))
	return checkTarget(t, l.model(t), l.inputs(r), f, o, dt, r)
}

func checkTarget(
	t *testing.T, m vi.Target, data map[string][]float64, f vi.Family, o vi.Objective, dt graph.DType, r *rand.Rand,
) error {
	w := newWhole(t, dt, m, f, o, data)
	p, v := w.point(r)
	got, norm := w.slope(p, v)
	// Float32 values of a few dozen nats are good to 1e-5: a wide step keeps their noise down.
	h, tol := 1e-3, 1e-6
	if dt == graph.F32 {
		h, tol = 2e-2, 1e-2
	}
	want := w.difference(p, v, h)
	if o == (elbo.STL{}) {
		part, n := newWhole(t, dt, m, f, score{}, data).slope(p, v)
		want, norm = want+part, math.Max(norm, n)
	}
	if !(math.Abs(got-want) <= tol*(norm+1)) {
		return fmt.Errorf("slope %.9g, differences %.9g, norm %.3g", got, want, norm)
	}
	return nil
}

// wrongTarget has the right value and a wrong gradient.
type wrongTarget struct {
	vi.Target
	fault func(*graph.Node) *graph.Node
}

func (w wrongTarget) LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	return w.Target.LogJoint(g, w.fault(zeta))
}

// TestGradientFaultsAreNoticed: a sign turned, or one coordinate cut off, fails the check in
// both precisions.
func TestGradientFaultsAreNoticed(t *testing.T) {
	l := likelihoods()[0]
	cut := func(z *graph.Node) *graph.Node {
		return graph.Concat(0, graph.Slice(z, 0, 0, 3), graph.StopGrad(graph.Slice(z, 0, 3, 4)))
	}
	for name, fault := range map[string]func(*graph.Node) *graph.Node{"sign": flipped, "cut": cut} {
		for _, dt := range []graph.DType{graph.F64, graph.F32} {
			r := rand.New(rand.NewPCG(5, 5))
			target := wrongTarget{l.model(t), fault}
			if checkTarget(t, target, l.inputs(r), family.FullRank{}, elbo.Reparam{}, dt, r) == nil {
				t.Errorf("%s, %v: went unnoticed", name, dt)
			}
		}
	}
}
