package graph

import (
	"fmt"
	"os"
	"testing"
	"time"

	"elbo/kernels"
)

// manySites is a mean-field step over n small parameters with a scale each, as a
// hierarchical model written site by site would be.
func manySites(t testing.TB, n int) (*Graph, Spec) {
	var s Spec
	g, err := Build(kernels.F64, func(g *Graph) {
		total := g.Const(0)
		for i := range n {
			d := 1 + i%3
			mu, rho := g.Param(fmt.Sprintf("mu%d", i), nil, d), g.Param(fmt.Sprintf("rho%d", i), nil, d)
			sigma := Softplus(rho)
			z := Add(mu, Mul(sigma, g.Normal01(fmt.Sprintf("eps%d", i), d)))
			total = Add(total, Sub(Sum(Log(sigma)), MulC(Sum(Square(z)), 0.5)))
		}
		s.Loss = Neg(total)
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Name, s.Update = "sites", adam
	return g, s
}

// TestCompileTimeGrowsLinearly bounds the time of a large program: 100 µs an op is ten times
// what it takes on one busy core, so the test fails on a quadratic step and not on noise.
func TestCompileTimeGrowsLinearly(t *testing.T) {
	g, s := manySites(t, 300)
	start := time.Now()
	p, err := Compile(g, s)
	if err != nil {
		t.Fatal(err)
	}
	took, ops := time.Since(start), len(p.code.vals)
	t.Logf("%d values, %d instructions in %v", ops, len(p.kernel.Instrs), took)
	if took > time.Duration(ops)*100*time.Microsecond {
		t.Errorf("%d values took %v", ops, took)
	}
	if os.Getenv("ELBO_DUMP") != "" {
		p.DumpIR(os.Stdout)
	}
}
