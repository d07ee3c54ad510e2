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

// patternCase is a group in which a pattern lies: inputs, code, results and a register that, once
// stored, hides the pattern.
type patternCase struct {
	name    string
	ins     []int // 1 dense, 0 scalar
	code    []kernels.FusedOp
	results []int16
	inner   int16
}

func op3(op kernels.Op, imm0, imm1 float64, args ...int16) kernels.FusedOp {
	f := kernels.FusedOp{Op: op, Imm0: imm0, Imm1: imm1}
	copy(f.Args[:], args)
	return f
}

var patternCases = []patternCase{
	{"adam", []int{1, 1, 1, 0, 0, 1}, []kernels.FusedOp{
		op3(kernels.Square, 0, 0, 0), op3(kernels.Abs, 0, 0, 0), // 6: g², 7: no part of the pattern
		op3(kernels.Affine, 0.1, 0, 0), op3(kernels.Axpy, 0.9, 0, 1, 8), // 9: m'
		op3(kernels.Affine, 0.001, 0, 6), op3(kernels.Axpy, 0.999, 0, 2, 10), // 11: v'
		op3(kernels.Sqrt, 0, 0, 11), op3(kernels.Mul, 0, 0, 12, 4), op3(kernels.Affine, 1, 1e-8, 13),
		op3(kernels.Mul, 0, 0, 3, 9), op3(kernels.Div, 0, 0, 15, 14), op3(kernels.Sub, 0, 0, 5, 16),
		op3(kernels.Neg, 0, 0, 17),
	}, []int16{9, 11, 17, 6, 7, 18}, 12},
	{"softplus first", []int{1}, []kernels.FusedOp{
		op3(kernels.Softplus, 0, 0, 0), op3(kernels.Neg, 0, 0, 1), op3(kernels.Abs, 0, 0, 0),
		op3(kernels.Sigmoid, 0, 0, 0), op3(kernels.Mul, 0, 0, 2, 4),
	}, []int16{1, 5, 3}, -1},
	{"sigmoid first", []int{1}, []kernels.FusedOp{
		op3(kernels.Sigmoid, 0, 0, 0), op3(kernels.Square, 0, 0, 1), op3(kernels.Softplus, 0, 0, 0),
	}, []int16{3, 2}, -1},
}

func (c patternCase) group() *group {
	g := &group{ins: make([]operand, len(c.ins)), code: slices.Clone(c.code)}
	for _, r := range c.results {
		g.outs = append(g.outs, result{reg: int(r)})
	}
	return g
}

// TestPatternsAreFound: each case holds one, and none once an inner value is a result.
func TestPatternsAreFound(t *testing.T) {
	for _, c := range patternCases {
		g := c.group()
		g.together()
		found := slices.ContainsFunc(g.patterns(), func(p *pattern) bool { return p != nil })
		if !found {
			t.Errorf("%s: no pattern in %v", c.name, g.code)
		}
		if c.inner < 0 {
			continue
		}
		c.results = append(slices.Clone(c.results), c.inner)
		g = c.group()
		g.together()
		if slices.ContainsFunc(g.patterns(), func(p *pattern) bool { return p != nil }) {
			t.Errorf("%s: a pattern although others read its inside", c.name)
		}
	}
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
