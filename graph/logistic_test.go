package graph

import (
	"os"
	"testing"
	"time"

	"elbo/kernels"
)

// adam is the plain Adam rule with bias correction.
func adam(c *Code, ps []ParamGrad) {
	lr := c.Input("lr")
	t := c.Affine(c.StepV(), 1, 1)
	one := c.Const(1)
	fix1 := c.Sub(one, c.Pow(c.Const(0.9), t))
	fix2 := c.Sub(one, c.Pow(c.Const(0.999), t))
	for _, p := range ps {
		m := c.NewState("adam/m/"+p.Name, nil, c.Shape(p.Param)...)
		v := c.NewState("adam/v/"+p.Name, nil, c.Shape(p.Param)...)
		m1 := c.Add(c.Scale(m, 0.9), c.Scale(p.Grad, 0.1))
		v1 := c.Add(c.Scale(v, 0.999), c.Scale(c.Square(p.Grad), 0.001))
		c.SetState(m, m1)
		c.SetState(v, v1)
		up := c.Div(c.Div(m1, fix1), c.Affine(c.Sqrt(c.Div(v1, fix2)), 1, 1e-8))
		c.SetState(p.Param, c.Sub(p.Param, c.Mul(lr, up)))
	}
}

// logistic is one step of mean-field inference for logistic regression.
func logistic(t testing.TB, b, d, gather int) (*Graph, Spec) {
	var s Spec
	g, err := Build(kernels.F32, func(g *Graph) {
		var x, y *Node
		if gather > 0 {
			rows := g.BatchIndex("rows", gather, b)
			x, y = Gather(g.Resident("X", gather, d), rows), Gather(g.Resident("y", gather), rows)
		} else {
			x, y = g.Data("X", b, d), g.Data("y", b)
		}
		mu, rho := g.Param("mu", nil, d), g.Param("rho", []float64{-3}, d)
		sigma := Softplus(rho)
		w := FMA(sigma, g.Normal01("eps", d), mu)
		logits := MatMul(x, w)
		loglik := Sum(Sub(Mul(y, logits), Softplus(logits)))
		kl := Sum(Sub(MulC(AddC(Add(Square(sigma), Square(mu)), -1), 0.5), Log(sigma)))
		s.Loss = Sub(MulC(kl, 1.0/float64(b)), MulC(loglik, 1.0/float64(b)))
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Name, s.Seed, s.Update = "logistic", 1, adam
	s.Outputs = []Output{{"loss", s.Loss}}
	return g, s
}

func TestLogisticStepIsSmall(t *testing.T) {
	g, s := logistic(t, 512, 100, 0)
	start := time.Now()
	p, err := Compile(g, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("compiled in %v", time.Since(start))
	if os.Getenv("ELBO_DUMP") != "" {
		p.DumpIR(os.Stdout)
		p.DumpPlan(os.Stdout)
	}
	if err := p.kernel.Check(); err != nil {
		t.Error(err)
	}
	if n := len(p.kernel.Instrs); n > 12 {
		t.Errorf("%d instructions, at most 12 wanted", n)
	}
}
