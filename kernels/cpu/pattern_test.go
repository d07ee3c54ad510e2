//go:build cgo

package cpu

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// patternCase is a group: inputs, code, results, the ops of it that run in patterns, and a register that,
// once stored, hides them.
type patternCase struct {
	name    string
	ins     []int // 1 dense, 0 scalar
	code    []kernels.FusedOp
	results []int16
	found   int
	inner   int16
}

func op3(op kernels.Op, imm0, imm1 float64, args ...int16) kernels.FusedOp {
	f := kernels.FusedOp{Op: op, Imm0: imm0, Imm1: imm1}
	copy(f.Args[:], args)
	return f
}

// adamOps is a step of Adam whose ops make the registers from base on: m' is base+2, v' base+4, √v' base+5
// and w' base+10.
func adamOps(base, g, m, v, rate, fix, w int16) []kernels.FusedOp {
	return []kernels.FusedOp{
		op3(kernels.Square, 0, 0, g), op3(kernels.Affine, 0.1, 0.01, g), op3(kernels.Axpy, 0.9, 0, m, base+1),
		op3(kernels.Affine, 0.001, 0.003, base), op3(kernels.Axpy, 0.999, 0, v, base+3), op3(kernels.Sqrt, 0, 0, base+4),
		op3(kernels.Mul, 0, 0, base+5, fix), op3(kernels.Affine, 1, 1e-8, base+6), op3(kernels.Mul, 0, 0, rate, base+2),
		op3(kernels.Div, 0, 0, base+8, base+7), op3(kernels.Sub, 0, 0, w, base+9),
	}
}

// adamIns are the inputs of a step: gradient, means, rate, correction, parameter.
var adamIns = []int{1, 1, 1, 0, 0, 1}

var patternCases = []patternCase{
	{"adam among others", adamIns, []kernels.FusedOp{
		op3(kernels.Square, 0, 0, 0), op3(kernels.Abs, 0, 0, 0), // 6: g², 7: no part of the pattern
		op3(kernels.Affine, 0.1, 0, 0), op3(kernels.Axpy, 0.9, 0, 1, 8), // 9: m'
		op3(kernels.Affine, 0.001, 0, 6), op3(kernels.Axpy, 0.999, 0, 2, 10), // 11: v'
		op3(kernels.Sqrt, 0, 0, 11), op3(kernels.Mul, 0, 0, 4, 12), op3(kernels.Affine, 1.5, 1e-8, 13),
		op3(kernels.Mul, 0, 0, 9, 3), op3(kernels.Div, 0, 0, 15, 14), op3(kernels.Sub, 0, 0, 5, 16),
		op3(kernels.Neg, 0, 0, 17),
	}, []int16{9, 11, 17, 6, 7, 18}, 11, 12},
	{"adam", adamIns, adamOps(6, 0, 1, 2, 3, 4, 5), []int16{8, 10, 16}, 11, 11},
	{"adam with the square of another", adamIns, append([]kernels.FusedOp{op3(kernels.Square, 0, 0, 5)},
		adamOps(6, 0, 1, 2, 3, 4, 5)[1:]...), []int16{8, 10, 16}, 0, -1},
	{"adam, others read its inside", adamIns, append(adamOps(6, 0, 1, 2, 3, 4, 5), op3(kernels.Neg, 0, 0, 11)),
		[]int16{8, 10, 16, 17}, 0, -1},
	{"adam, its rate follows from its mean", adamIns, []kernels.FusedOp{
		op3(kernels.Square, 0, 0, 0), op3(kernels.Affine, 0.1, 0, 0), op3(kernels.Axpy, 0.9, 0, 1, 7), // 8: m'
		op3(kernels.Affine, 0.001, 0, 6), op3(kernels.Axpy, 0.999, 0, 2, 9), op3(kernels.Sqrt, 0, 0, 10),
		op3(kernels.Mul, 0, 0, 11, 4), op3(kernels.Affine, 1, 1e-8, 12), op3(kernels.Abs, 0, 0, 8),
		op3(kernels.Mul, 0, 0, 14, 8), op3(kernels.Div, 0, 0, 15, 13), op3(kernels.Sub, 0, 0, 5, 16),
	}, []int16{8, 10, 17}, 0, -1},
	// Softplus and sigmoid of input 6 come together: between Adam's mean and its quotient.
	{"adam cut by another pattern", append(slices.Clone(adamIns), 1), slices.Concat(
		[]kernels.FusedOp{op3(kernels.Softplus, 0, 0, 6)}, adamOps(8, 0, 1, 2, 7, 4, 5),
		[]kernels.FusedOp{op3(kernels.Abs, 0, 0, 10), op3(kernels.Sigmoid, 0, 0, 6)},
	), []int16{7, 10, 12, 18, 19, 20}, 2, -1},
	{"softplus first", []int{1}, []kernels.FusedOp{
		op3(kernels.Softplus, 0, 0, 0), op3(kernels.Neg, 0, 0, 1), op3(kernels.Abs, 0, 0, 0),
		op3(kernels.Square, 0, 0, 2), op3(kernels.Sigmoid, 0, 0, 0), op3(kernels.Mul, 0, 0, 4, 5),
	}, []int16{1, 6, 3}, 2, -1},
	{"sigmoid first", []int{1}, []kernels.FusedOp{
		op3(kernels.Sigmoid, 0, 0, 0), op3(kernels.Square, 0, 0, 1), op3(kernels.Softplus, 0, 0, 0),
	}, []int16{3, 2}, 2, -1},
	{"two sigmoids beside one softplus", []int{1}, []kernels.FusedOp{
		op3(kernels.Sigmoid, 0, 0, 0), op3(kernels.Softplus, 0, 0, 0), op3(kernels.Sigmoid, 0, 0, 0),
	}, []int16{1, 2, 3}, 2, -1},
	{"softplus and sigmoid of two values", []int{1, 1}, []kernels.FusedOp{
		op3(kernels.Softplus, 0, 0, 0), op3(kernels.Sigmoid, 0, 0, 1),
	}, []int16{2, 3}, 0, -1},
}

func (c patternCase) group() *group {
	g := &group{ins: make([]operand, len(c.ins)), code: slices.Clone(c.code)}
	for _, r := range c.results {
		g.outs = append(g.outs, result{reg: int(r)})
	}
	return g
}

// TestPatternsAreFound counts the ops that run in patterns; none does once an inner value is a result.
func TestPatternsAreFound(t *testing.T) {
	for _, c := range patternCases {
		if got := c.group().inPatterns(); got != c.found {
			t.Errorf("%s: %d ops run in patterns, want %d", c.name, got, c.found)
		}
		if c.inner < 0 {
			continue
		}
		c.results = append(slices.Clone(c.results), c.inner)
		if got := c.group().inPatterns(); got != 0 {
			t.Errorf("%s: %d ops run in patterns although others read their inside", c.name, got)
		}
	}
}

// inPatterns returns the number of ops that run in patterns.
func (g *group) inPatterns() int {
	g.together()
	n := 0
	for _, p := range g.patterns() {
		if p != nil {
			n++
		}
	}
	return n
}

// TestPatternsKeepTheBits compares a group with its ops run one by one, at all instruction sets.
func TestPatternsKeepTheBits(t *testing.T) {
	for _, isa := range Levels() {
		dev, err := Open(Options{Threads: 1, ISA: isa})
		if err != nil {
			t.Fatal(err)
		}
		defer dev.Close()
		for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
			for _, c := range patternCases {
				for _, n := range []int{1, 31, 256, 1000} {
					whole, single := c.run(t, dev, dt, n, true), c.run(t, dev, dt, n, false)
					for name, want := range single {
						for i, w := range want {
							if math.Float64bits(whole[name][i]) != math.Float64bits(w) {
								t.Fatalf("%s %v %s n=%d %s[%d]: %v, one by one %v", isa, dt, c.name, n, name, i, whole[name][i], w)
							}
						}
					}
				}
			}
		}
	}
}

// run computes the case's results as one group or op by op.
func (c patternCase) run(t *testing.T, dev kernels.Device, dt kernels.DType, n int, fused bool) map[string][]float64 {
	t.Helper()
	b := kernelstest.NewBuilder("pattern", dt)
	var regs []kernels.ValueID
	f := &kernels.Fused{Shape: kernels.Shape{n}, Code: c.code}
	for i, dense := range c.ins {
		x := make([]float64, n)
		for k := range x {
			x[k] = math.Abs(math.Sin(float64(3*k+i))) + 0.01
		}
		shape := []int{n}
		if dense == 0 {
			x, shape = x[:1], nil
		}
		regs = append(regs, b.Input(fmt.Sprint("in", i), x, shape...))
		f.Ins = append(f.Ins, kernels.Operand{Strides: []int{dense}})
	}
	if fused {
		var outs []kernelstest.Out
		for _, r := range c.results {
			f.Outs = append(f.Outs, kernels.FusedOut{Reg: r, Strides: []int{1}})
			outs = append(outs, kernelstest.Out{Shape: kernels.Shape{n}, Over: kernelstest.NoValue})
		}
		for i, v := range b.Fused(f, outs, regs...) {
			b.Output(fmt.Sprint("out", i), v)
		}
	} else {
		for _, op := range c.code {
			var args []kernels.ValueID
			for j := range arity(op.Op) {
				args = append(args, regs[op.Args[j]])
			}
			regs = append(regs, b.Apply(op.Op, kernels.Attr{Imm0: op.Imm0, Imm1: op.Imm1}, args...))
		}
		for i, r := range c.results {
			b.Output(fmt.Sprint("out", i), regs[r])
		}
	}
	s, err := kernelstest.NewSession(dev, b.Program(), b.Feed)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(0, 1); err != nil {
		t.Fatal(err)
	}
	out, err := s.Get()
	if err != nil {
		t.Fatal(err)
	}
	return out
}
