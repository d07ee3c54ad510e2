package optim

import (
	"fmt"
	"math"
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
	"elbo/vi"
)

var (
	startW = []float64{1.5, -2, 0.3, 4}
	curveW = []float64{1, 0.3, 5, 0.02}
	goalW  = []float64{0, 1, -1, 2}
)

// gradient of ½ Σ a (w − c)² + Σ cos w.
func gradient(w []float64) []float64 {
	g := make([]float64, len(w))
	for i := range w {
		g[i] = curveW[i]*(w[i]-goalW[i]) - math.Sin(w[i])
	}
	return g
}

// descend compiles that loss with an update, over two parameters of two elements each.
func descend(t *testing.T, dt graph.DType, update func(c *graph.Code, p []graph.ParamGrad)) *graph.Instance {
	t.Helper()
	spec := graph.Spec{Name: "descend", Update: update}
	g, err := graph.Build(dt, func(g *graph.Graph) {
		var terms []*graph.Node
		for k, name := range []string{"first", "second"} {
			lo, hi := 2*k, 2*k+2
			w := g.Param(name, startW[lo:hi], 2)
			e := graph.Sub(w, g.ConstTensor(goalW[lo:hi], 2))
			quad := graph.MulC(graph.Mul(g.ConstTensor(curveW[lo:hi], 2), graph.Square(e)), 0.5)
			terms = append(terms, graph.Sum(graph.Add(quad, graph.Cos(w))))
		}
		spec.Loss = graph.Add(terms[0], terms[1])
	})
	if err != nil {
		t.Fatal(err)
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		t.Fatal(err)
	}
	in, err := prog.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// rate is the learning rate of all tests; it is an input, as in training.
const rate = 0.07

func byRule(r vi.Rule) func(c *graph.Code, p []graph.ParamGrad) {
	return func(c *graph.Code, p []graph.ParamGrad) { r.Update(c, p, c.Input("lr")) }
}

func weights(t *testing.T, in *graph.Instance) []float64 {
	t.Helper()
	a, err := in.Get("first")
	if err != nil {
		t.Fatal(err)
	}
	b, err := in.Get("second")
	if err != nil {
		t.Fatal(err)
	}
	return append(a, b...)
}

// plain is one element's published update: it returns the new weight and keeps its state in s.
type plain func(w, g float64, step int, s *[2]float64) float64

func plainSGD(mu float64, nesterov bool) plain {
	return func(w, g float64, _ int, s *[2]float64) float64 {
		s[0] = mu*s[0] + g
		if nesterov {
			return w - rate*(g+mu*s[0])
		}
		return w - rate*s[0]
	}
}

func plainAdam(b1, b2, eps, decay float64) plain {
	return func(w, g float64, step int, s *[2]float64) float64 {
		t := float64(step + 1)
		s[0] = b1*s[0] + (1-b1)*g
		s[1] = b2*s[1] + (1-b2)*g*g
		m, v := s[0]/(1-math.Pow(b1, t)), s[1]/(1-math.Pow(b2, t))
		return w - rate*m/(math.Sqrt(v)+eps) - rate*decay*w
	}
}

func rules() map[string]struct {
	rule  vi.Rule
	plain plain
} {
	return map[string]struct {
		rule  vi.Rule
		plain plain
	}{
		"sgd":      {SGD{}, plainSGD(0, false)},
		"momentum": {SGD{Momentum: 0.8}, plainSGD(0.8, false)},
		"nesterov": {SGD{Momentum: 0.8, Nesterov: true}, plainSGD(0.8, true)},
		"adam":     {Adam{}, plainAdam(0.9, 0.999, 1e-8, 0)},
		"adam set": {Adam{Beta1: 0.7, Beta2: 0.95, Eps: 1e-2}, plainAdam(0.7, 0.95, 1e-2, 0)},
		"adamw":    {AdamW(0.3), plainAdam(0.9, 0.999, 1e-8, 0.3)},
	}
}

// TestRulesFollowTheirPublishedUpdates step by step for 50 steps.
func TestRulesFollowTheirPublishedUpdates(t *testing.T) {
	for name, c := range rules() {
		for _, dt := range []graph.DType{graph.F64, graph.F32} {
			t.Run(fmt.Sprint(name, " ", dt), func(t *testing.T) {
				tol := 1e-12 // rounding of 50 steps
				if dt == graph.F32 {
					tol = 2e-3 // 1 − β₂ᵗ keeps three digits at the first steps; differences then die out
				}
				in := descend(t, dt, byRule(c.rule))
				if err := in.Set("lr", []float64{rate}); err != nil {
					t.Fatal(err)
				}
				w := append([]float64(nil), startW...)
				state := make([][2]float64, len(w))
				for step := range 50 {
					for i, g := range gradient(w) {
						w[i] = c.plain(w[i], g, step, &state[i])
					}
					if err := in.Run(uint64(step), 1); err != nil {
						t.Fatal(err)
					}
					for i, got := range weights(t, in) {
						if !(math.Abs(got-w[i]) <= tol) {
							t.Fatalf("step %d: w[%d] = %v, want %v", step, i, got, w[i])
						}
					}
				}
			})
		}
	}
}

// TestResumedRulesGiveTheSameBits: all state of a rule lives in the program's state slots.
func TestResumedRulesGiveTheSameBits(t *testing.T) {
	for name, c := range rules() {
		fresh := func() *graph.Instance {
			in := descend(t, graph.F32, byRule(c.rule))
			if err := in.Set("lr", []float64{rate}); err != nil {
				t.Fatal(err)
			}
			return in
		}
		whole, part, rest := fresh(), fresh(), fresh()
		run := func(in *graph.Instance, step uint64, k int) {
			if err := in.Run(step, k); err != nil {
				t.Fatal(err)
			}
		}
		run(whole, 0, 50)
		run(part, 0, 23)
		for _, slot := range part.Program().StateNames() {
			raw, err := part.GetBytes(slot)
			if err != nil {
				t.Fatal(err)
			}
			if err := rest.SetBytes(slot, raw); err != nil {
				t.Fatal(err)
			}
		}
		run(rest, 23, 27)
		if a, b := weights(t, whole), weights(t, rest); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: %v, resumed %v", name, a, b)
		}
	}
}

// TestNames are those of the command line.
func TestNames(t *testing.T) {
	for want, r := range map[string]vi.Rule{"sgd": SGD{Momentum: 0.5}, "adam": Adam{}, "adamw": AdamW(0.1)} {
		if r.Name() != want {
			t.Errorf("%q, want %q", r.Name(), want)
		}
	}
}
