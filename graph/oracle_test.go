package graph

import (
	"errors"
	"testing"

	"gorgonia.org/gorgonia"

	"elbo/kernels"
)

// Every op of the table has a case, a gradient rule and a host evaluation.
func TestEveryOpIsCovered(t *testing.T) {
	cased := map[kernels.Op]bool{}
	for _, c := range allCases() {
		cased[c.op] = true
	}
	table := rules[*Node]()
	for _, info := range append(kernels.Elementwise(), kernels.Structural()...) {
		switch info.Op {
		case kernels.OpFused, kernels.Assign: // made by Compile only
			continue
		}
		if !cased[info.Op] {
			t.Errorf("%s has no case", info.Name)
		}
		r := table[info.Op]
		if r == nil {
			t.Errorf("%s has no gradient rule", info.Name)
		} else if info.Arity > 0 && len(r.args) > 0 && len(r.args) != info.Arity {
			t.Errorf("%s has %d gradient rows for %d operands", info.Name, len(r.args), info.Arity)
		}
		if info.Op != kernels.Step && structuralEval[info.Op] == nil && scalarEval[info.Op] == nil {
			t.Errorf("%s cannot be evaluated", info.Name)
		}
	}
}

// reference evaluates one root of a built case with parameter values x.
func (b *builtCase) reference(t *testing.T, x [][]float64, root *Node) []float64 {
	t.Helper()
	values := map[string][]float64{}
	for i, p := range b.params {
		values[b.g.Input(p).Name] = x[i]
	}
	out, err := Reference(values, 3, 2, root)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// differences returns ∂ root / ∂ p by fourth-order central differences.
func (b *builtCase) differences(t *testing.T, root *Node) [][]float64 {
	// Truncation ~ h⁴ f⁗′ and rounding ~ 1e-16/h balance near 1e-3 for functions of scale 1.
	const h = 5e-4
	out := make([][]float64, len(b.params))
	for i := range b.params {
		out[i] = make([]float64, len(b.init[i]))
		for k := range out[i] {
			at := func(d float64) float64 {
				x := append([][]float64(nil), b.init...)
				x[i] = append([]float64(nil), b.init[i]...)
				x[i][k] += d
				return b.reference(t, x, root)[0]
			}
			out[i][k] = (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
		}
	}
	return out
}

func (b *builtCase) compare(t *testing.T, what string, grads []*Node, want [][]float64, tol float64) {
	t.Helper()
	for i, d := range grads {
		for k, got := range b.reference(t, b.init, d) {
			if !closeTo(got, want[i][k], tol) {
				t.Errorf("%s of parameter %d element %d: %.12g, want %.12g", what, i, k, got, want[i][k])
			}
		}
	}
}

// First and second derivatives of every case against finite differences. 1e-7 is what the
// differences resolve (values near 100 with h = 5e-4); steep second derivatives lose ten more.
func TestGradAgainstDifferences(t *testing.T) {
	for _, c := range allCases() {
		t.Run(c.name, func(t *testing.T) {
			b, err := c.build(kernels.F64, 7)
			if err != nil {
				t.Fatal(err)
			}
			var grads []*Node
			err = guard(func() { grads = Grad(b.loss, b.params...) })
			if c.refuse {
				if be := (*BuildError)(nil); !errors.As(err, &be) {
					t.Fatalf("differentiated an op without derivative: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.flat {
				for i, d := range grads {
					for _, x := range b.reference(t, b.init, d) {
						if x != 0 {
							t.Errorf("gradient %g of parameter %d, want 0", x, i)
						}
					}
				}
				return
			}
			b.compare(t, "gradient", grads, b.differences(t, b.loss), 1e-7)
			if c.once {
				return
			}

			// The gradient's own derivative, through a nonlinear function of all of it.
			total := b.g.Const(0)
			for _, d := range grads {
				total = Add(total, Sum(Sqrt(AddC(Square(d), 1))))
			}
			b.compare(t, "second derivative", Grad(total, b.params...), b.differences(t, total), 1e-6)
		})
	}
}

// gorgonia.Grad and the tape machine over the same rules give what Grad and Reference give,
// in both types, and the forward value agrees.
func TestGradAgainstTapeMachine(t *testing.T) {
	for _, dt := range []kernels.DType{kernels.F64, kernels.F32} {
		for _, c := range allCases() {
			t.Run(dt.String()+"/"+c.name, func(t *testing.T) { tapeCase(t, &c, dt) })
		}
	}
}

func tapeCase(t *testing.T, c *opCase, dt kernels.DType) {
	switch c.op {
	case kernels.RandNormal, kernels.RandUniform, kernels.BatchIndex, kernels.UniformRows:
		return // Do has no seed of its own; TestNoiseIsPhilox covers them
	}
	first := 0
	if c.op == kernels.Where {
		first = 1 // Gorgonia refuses to differentiate by the condition, which no gradient reaches
	}
	own, err := c.build(dt, 11)
	if err != nil {
		t.Fatal(err)
	}
	tape, err := c.build(dt, 11) // gorgonia.Grad wants a graph of its own
	if err != nil {
		t.Fatal(err)
	}
	reads := []*Node{tape.loss}
	want := [][]float64{own.reference(t, own.init, own.loss)}
	if !c.flat && !c.refuse {
		ds, err := gorgonia.Grad(tape.loss, tape.params[first:]...)
		if err != nil {
			t.Fatal(err)
		}
		reads = append(reads, ds...)
		for _, d := range Grad(own.loss, own.params[first:]...) {
			want = append(want, own.reference(t, own.init, d))
		}
	}
	if s := tape.g.step; s != nil {
		if err := gorgonia.Let(s, toValue([]float64{2}, dt, nil)); err != nil {
			t.Fatal(err)
		}
	}
	got := runTape(t, tape.g, reads)
	tol := 1e-12
	if dt == kernels.F32 {
		tol = 2e-5 // terms may be added in another order
	}
	for i := range want {
		for k := range want[i] {
			if !closeTo(got[i][k], want[i][k], tol) {
				t.Errorf("result %d element %d: tape machine %.12g, reference %.12g", i, k, got[i][k], want[i][k])
			}
		}
	}
}

// runTape runs Gorgonia's own machine over the whole graph and returns nodes' values.
func runTape(t *testing.T, g *Graph, nodes []*Node) [][]float64 {
	t.Helper()
	values := make([]gorgonia.Value, len(nodes))
	for i, n := range nodes {
		gorgonia.Read(n, &values[i])
	}
	m := gorgonia.NewTapeMachine(g.Expr())
	defer func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	out := make([][]float64, len(nodes))
	for i, v := range values {
		var err error
		if out[i], err = fromValue(v); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
