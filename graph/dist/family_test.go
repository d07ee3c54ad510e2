package dist

import (
	"fmt"
	"math"
	"testing"

	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
	"elbo/kernels/ref"
)

type nodes = []*graph.Node

// build makes roots of inputs.
type build = func(g *graph.Graph, in nodes) nodes

// family is one distribution over numbers as the laws below see it.
type family struct {
	name   string
	params []float64 // a generic point: interior, moments finite
	make   func(g *graph.Graph, p nodes) Distribution
}

// families lists every distribution over numbers whose parameters are nodes; Uniform's are not
// and it is tried through the same table with numbers put in.
var families = []family{
	{"normal", []float64{0.7, 1.3}, func(_ *graph.Graph, p nodes) Distribution { return Normal(p[0], p[1]) }},
	{"student_t", []float64{7, 0.4, 1.5}, func(_ *graph.Graph, p nodes) Distribution {
		return StudentT(p[0], p[1], p[2])
	}},
	{"cauchy", []float64{0.3, 1.2}, func(_ *graph.Graph, p nodes) Distribution { return Cauchy(p[0], p[1]) }},
	{"half_normal", []float64{1.4}, func(_ *graph.Graph, p nodes) Distribution { return HalfNormal(p[0]) }},
	{"half_student_t", []float64{6, 1.1}, func(_ *graph.Graph, p nodes) Distribution {
		return HalfStudentT(p[0], p[1])
	}},
	{"half_cauchy", []float64{0.8}, func(_ *graph.Graph, p nodes) Distribution { return HalfCauchy(p[0]) }},
	{"exponential", []float64{1.7}, func(_ *graph.Graph, p nodes) Distribution { return Exponential(p[0]) }},
	{"gamma", []float64{2.3, 1.6}, func(_ *graph.Graph, p nodes) Distribution { return Gamma(p[0], p[1]) }},
	{"inverse_gamma", []float64{6.5, 3.2}, func(_ *graph.Graph, p nodes) Distribution {
		return InverseGamma(p[0], p[1])
	}},
	{"beta", []float64{2.2, 1.4}, func(_ *graph.Graph, p nodes) Distribution { return Beta(p[0], p[1]) }},
	{"lognormal", []float64{0.2, 0.4}, func(_ *graph.Graph, p nodes) Distribution { return LogNormal(p[0], p[1]) }},
	{"laplace", []float64{-0.5, 0.9}, func(_ *graph.Graph, p nodes) Distribution { return Laplace(p[0], p[1]) }},
	{"bernoulli", []float64{-0.6}, func(_ *graph.Graph, p nodes) Distribution { return Bernoulli(p[0]) }},
	{"binomial", []float64{12, 0.5}, func(_ *graph.Graph, p nodes) Distribution { return Binomial(p[0], p[1]) }},
	{"poisson", []float64{1.3}, func(_ *graph.Graph, p nodes) Distribution { return Poisson(p[0]) }},
	{"neg_binomial", []float64{1.1, 2.5}, func(_ *graph.Graph, p nodes) Distribution {
		return NegativeBinomial(p[0], p[1])
	}},
}

// uniformFamily takes its ends as numbers.
func uniformFamily(lo, hi float64) family {
	return family{"uniform", []float64{lo, hi}, func(g *graph.Graph, p nodes) Distribution {
		return Expand(Uniform(g, lo, hi), graph.ShapeOf(p[0])...)
	}}
}

func lookup(t *testing.T, name string, params []float64) family {
	t.Helper()
	if name == "uniform" {
		return uniformFamily(params[0], params[1])
	}
	for _, f := range families {
		if f.name == name {
			return f
		}
	}
	t.Fatalf("no family named %q", name)
	return family{}
}

// fixed names the parameters no gradient is taken for.
func (f family) fixed(i int) bool { return f.name == "binomial" && i == 0 }

// inputs builds a graph with one input per column of numbers and the roots f makes of them.
func inputs(t *testing.T, dt kernels.DType, in [][]float64, f build) (
	g *graph.Graph, roots nodes, values map[string][]float64) {
	t.Helper()
	values = map[string][]float64{}
	g, err := graph.Build(dt, func(g *graph.Graph) {
		var ns nodes
		for i, v := range in {
			name := string(rune('a' + i))
			values[name] = v
			if len(v) == 1 {
				ns = append(ns, g.Data(name))
			} else {
				ns = append(ns, g.Data(name, len(v)))
			}
		}
		roots = f(g, ns)
	})
	if err != nil {
		t.Fatal(err)
	}
	return g, roots, values
}

// run evaluates roots with each op's own arithmetic.
func run(t *testing.T, dt kernels.DType, seed uint64, in [][]float64, f build) [][]float64 {
	t.Helper()
	_, roots, values := inputs(t, dt, in, f)
	out, err := graph.Reference(values, seed, 0, roots...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// fast evaluates roots as a compiled program on the reference device, for many draws.
func fast(t *testing.T, dt kernels.DType, seed uint64, in [][]float64, f build) [][]float64 {
	t.Helper()
	g, roots, values := inputs(t, dt, in, f)
	spec := graph.Spec{Name: "test", Seed: seed}
	for i, n := range roots {
		spec.Outputs = append(spec.Outputs, graph.Output{Name: fmt.Sprint("out", i), Node: n})
	}
	p, err := graph.Compile(g, spec)
	if err != nil {
		t.Fatal(err)
	}
	dev := ref.Open()
	defer func() { check(t, dev.Close()) }()
	inst, err := p.Load(dev)
	check(t, err)
	defer func() { check(t, inst.Close()) }()
	for name, v := range values {
		if inst.Has(name) {
			check(t, inst.Set(name, v))
		}
	}
	check(t, inst.Run(0, 1))
	var out [][]float64
	for _, o := range spec.Outputs {
		v, err := inst.Get(o.Name)
		check(t, err)
		out = append(out, v)
	}
	return out
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// repeat returns n copies of each parameter, so that gradients arrive per draw.
func repeat(params []float64, n int) [][]float64 {
	out := make([][]float64, len(params))
	for i, p := range params {
		out[i] = make([]float64, n)
		for j := range out[i] {
			out[i][j] = p
		}
	}
	return out
}

// columns wraps single numbers as inputs.
func columns(params ...float64) [][]float64 { return repeat(params, 1) }

// meanSE returns the mean of x and its standard error.
func meanSE(x []float64) (mean, se float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	ss := 0.0
	for _, v := range x {
		ss += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(ss / float64(len(x)-1) / float64(len(x)))
}

// near compares NaN-strictly with tolerance tol·max(1, |want|); infinities must be equal.
func near(got, want, tol float64) bool {
	if math.IsInf(want, 0) || math.IsInf(got, 0) {
		return got == want
	}
	return math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))
}

func TestEveryDistributionKeepsTheContract(t *testing.T) {
	for _, f := range append([]family{uniformFamily(-1, 2)}, families...) {
		run(t, kernels.F64, 1, repeat(f.params, 3), func(g *graph.Graph, p nodes) nodes {
			d := f.make(g, p)
			if !d.Shape().Equal(kernels.Shape{3}) {
				t.Errorf("%s: shape %v, want (3)", f.name, d.Shape())
			}
			e := Expand(d, 2, 3)
			if !e.Shape().Equal(kernels.Shape{2, 3}) {
				t.Errorf("%s: expanded shape %v, want (2, 3)", f.name, e.Shape())
			}
			draw := e.(Sampler).Sample(g, "x")
			lp := e.LogProb(draw)
			one := e.LogProb(g.Const(1))
			for _, n := range (nodes{draw, lp, one}) {
				if !graph.ShapeOf(n).Equal(kernels.Shape{2, 3}) {
					t.Errorf("%s: a node of shape %v, want (2, 3)", f.name, graph.ShapeOf(n))
				}
			}
			if d.(Rsampler).Rsample() == d.Support().Discrete() {
				t.Errorf("%s: Rsample = %v on support %v", f.name, d.(Rsampler).Rsample(), d.Support())
			}
			if _, err := transform.For(d.Support()); (err == nil) == d.Support().Discrete() {
				t.Errorf("%s: transform for %v: %v", f.name, d.Support(), err)
			}
			roots := nodes{draw, lp}
			if m, ok := d.(Moments); ok {
				roots = append(roots, m.Mean(), m.Variance())
			}
			if h, ok := d.(Entropyer); ok {
				roots = append(roots, h.Entropy())
			}
			for _, n := range roots[2:] {
				if !graph.ShapeOf(n).Equal(kernels.Shape{3}) {
					t.Errorf("%s: moment of shape %v, want (3)", f.name, graph.ShapeOf(n))
				}
			}
			return roots
		})
	}
}

// TestCompiledAgrees runs every density, its gradients, draws and moments as a fused program and
// op by op.
func TestCompiledAgrees(t *testing.T) {
	for _, f := range families {
		all := func(g *graph.Graph, p nodes) nodes {
			d := f.make(g, p)
			x := d.(Sampler).Sample(g, "x")
			lp := d.LogProb(graph.StopGrad(x))
			roots := append(nodes{x, lp}, graph.Grad(graph.Sum(lp), p...)...)
			if m, ok := d.(Moments); ok {
				roots = append(roots, m.Mean(), m.Variance())
			}
			return roots
		}
		in := repeat(f.params, 40)
		want, got := run(t, kernels.F64, 12, in, all), fast(t, kernels.F64, 12, in, all)
		for i := range want {
			for j := range want[i] {
				// The same arithmetic up to contraction and the order of sums.
				if !near(got[i][j], want[i][j], 1e-10) {
					t.Errorf("%s: output %d[%d] = %.12g compiled, %.12g op by op", f.name, i, j, got[i][j], want[i][j])
				}
			}
		}
	}
}

func TestMisuseIsABuildError(t *testing.T) {
	rows := map[string]func(g *graph.Graph){
		"broadcast": func(g *graph.Graph) { Normal(g.Data("m", 2), g.Data("s", 3)) },
		"expand":    func(g *graph.Graph) { Expand(Normal(g.Data("m", 2), g.Const(1)), 3) },
		"uniform":   func(g *graph.Graph) { Uniform(g, 1, 1) },
		"logits":    func(g *graph.Graph) { Categorical(g.Const(1)) },
		"dirichlet": func(g *graph.Graph) { Dirichlet(g.Const(1)) },
		"mvn":       func(g *graph.Graph) { MultivariateNormal(g.Data("m", 2), g.Data("l", 3, 3)) },
		"lkj":       func(g *graph.Graph) { LKJCholesky(0, g.Const(1)) },
	}
	for name, f := range rows {
		if _, err := graph.Build(kernels.F64, f); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
