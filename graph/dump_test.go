package graph

import (
	"errors"
	"strings"
	"testing"

	"elbo/kernels"
)

// TestDumpsShowWhatRuns compares the dumps of a small program with their full text.
func TestDumpsShowWhatRuns(t *testing.T) {
	var s Spec
	g, err := Build(kernels.F64, func(g *Graph) {
		x, w := g.Data("x", 2, 3), g.Param("w", nil, 3)
		s.Loss = g.Name(Sum(Exp(MatMul(x, w))), "loss")
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Name, s.Seed = "small", 9
	s.Outputs = []Output{{"loss", s.Loss}}
	s.Update = func(c *Code, p []ParamGrad) {
		c.SetState(p[0].Param, c.Sub(p[0].Param, c.Scale(p[0].Grad, 0.1)))
	}
	p, err := Compile(g, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		dump func(*strings.Builder) error
		want string
	}{
		{func(b *strings.Builder) error { return p.DumpIR(b) }, `
program "small" float64 seed 9: 3 slots, 0 constants, 4 instructions
slot x                            input  float64 (2, 3)
slot w                            state  float64 (3)
slot loss                         output float64 ()
  0 %2(2) = matmul(@x(2, 3), @w(3))  # matmul#1
  1 %3(2), @loss() = fused(%2(2))  # loss
      over (2)
      r0  <- %2 strides [1]
      r1  = exp r0
      store -> %3 r1 strides [1]
      sum -> @loss r1 strides [0]
  2 %5(3) = matmul[transA](@x(2, 3), %3(2))  # gradient of matmul#1
  3 @w(3) = fused(%5(3), @w(3))  # update
      over (3)
      r0  <- %5 strides [1]
      r1  <- @w strides [1]
      r2  = axpy r0 r1 -0.1
      store -> @w r2 strides [1]
`},
		{func(b *strings.Builder) error { return p.DumpPlan(b) }, `
program "small": scratch 128 bytes, compulsory traffic 104 bytes, 56 flops a run
   # op                  bytes        flops  results
   0 matmul                 88           12  %2 at [0,16)
   1 fused                  40           26  %3 at [0,16), @loss
   2 matmul                 88           12  %5 at [64,88)
   3 fused                  72            6  @w
`},
		{func(b *strings.Builder) error { return p.DumpGraph(b) }, `
digraph "small" {
	rankdir=TB
	node [shape=box fontname=monospace]
	n0 [label="x\ninput\n(2, 3)" style=rounded]
	n1 [label="w\ninput\n(3)" style=rounded]
	n2 [label="matmul#1\nmatmul#1\n(2)"]
`},
	} {
		var b strings.Builder
		if err := test.dump(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix("\n"+b.String(), test.want) {
			t.Errorf("dump\n%s\nwanted\n%s", b.String(), test.want)
		}
	}
}

// TestCompileIsDeterministic: the same graph yields the same program and plan every time, on
// which bit-exact resume rests.
func TestCompileIsDeterministic(t *testing.T) {
	for seed := range uint64(20) {
		pr := randomProgram(t, kernels.F64, seed, 40, true)
		first := ""
		for range 4 {
			p, err := Compile(pr.g, pr.spec)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := errors.Join(p.DumpIR(&b), p.DumpPlan(&b)); err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = b.String()
			} else if first != b.String() {
				t.Fatalf("seed %d: two programs\n%s\n%s", seed, first, b.String())
			}
		}
	}
}
