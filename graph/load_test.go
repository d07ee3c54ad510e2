package graph

import (
	"strings"
	"testing"

	"elbo/kernels"
	"elbo/kernels/ref"
)

// stepAndPass compiles a step that trains w and a pass that reads it.
func stepAndPass(t *testing.T) (step, pass *Program) {
	t.Helper()
	var w, x *Node
	g, err := Build(kernels.F64, func(g *Graph) {
		w, x = g.Param("w", []float64{1, 2}, 2), g.Resident("x", 2)
	})
	if err != nil {
		t.Fatal(err)
	}
	step, err = Compile(g, Spec{Name: "step", Loss: Sum(Square(Sub(w, x))), Update: momentum})
	if err != nil {
		t.Fatal(err)
	}
	pass, err = Compile(g, Spec{Name: "pass", Outputs: []Output{{"twice", MulC(w, 2)}, {"x2", Square(x)}}})
	if err != nil {
		t.Fatal(err)
	}
	return step, pass
}

func TestPassSharesTheStepsParameters(t *testing.T) {
	step, pass := stepAndPass(t)
	dev := ref.Open()
	a, err := step.Load(dev)
	if err != nil {
		t.Fatal(err)
	}
	b, err := pass.Load(dev, Share(a))
	if err != nil {
		t.Fatal(err)
	}
	set(t, a, "x", 3, 3)
	set(t, a, "lr", 0.5)
	check(t, "start", get(t, b, "w"), []float64{1, 2})
	if err := a.Run(0, 1); err != nil {
		t.Fatal(err)
	}
	if err := b.Run(0, 1); err != nil {
		t.Fatal(err)
	}
	check(t, "trained", get(t, b, "twice"), []float64{6, 6}) // w − 0.5·2(w − 3) = 3
	check(t, "resident", get(t, b, "x2"), []float64{9, 9})
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	check(t, "still there", get(t, a, "w"), []float64{3, 3})
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if err := dev.Close(); err != nil {
		t.Error(err)
	}
}

func TestInstanceRefusesMisuse(t *testing.T) {
	step, _ := stepAndPass(t)
	dev := ref.Open()
	in, err := step.Load(dev)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	small, err := dev.Alloc(8)
	if err != nil {
		t.Fatal(err)
	}
	_, getErr := in.Get("nothing")
	for want, err := range map[string]error{
		`no slot "nothing"`:        getErr,
		"3 values for shape (2)":   in.Set("w", []float64{1, 2, 3}),
		"1 bytes given, 16 wanted": in.SetBytes("w", []byte{1}),
		"smaller than 16 bytes":    in.Bind("w", small),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; %q wanted", err, want)
		}
	}
}

func TestCompileRefusesMisuse(t *testing.T) {
	var v, x *Node
	g, err := Build(kernels.F64, func(g *Graph) { v, x = g.Param("v", nil, 2), g.Data("x", 2) })
	if err != nil {
		t.Fatal(err)
	}
	other, err := Build(kernels.F64, func(g *Graph) { g.Param("v", nil, 2) })
	if err != nil {
		t.Fatal(err)
	}
	twice := func(c *Code, p []ParamGrad) {
		c.SetState(p[0].Param, p[0].Grad)
		c.SetState(p[0].Param, p[0].Grad)
	}
	shape := func(c *Code, p []ParamGrad) { c.SetState(p[0].Param, c.Const(1)) }
	for want, s := range map[string]Spec{
		"no result":                {},
		"a scalar wanted":          {Loss: v, Update: momentum},
		"belongs to another graph": {Outputs: []Output{{"v", other.Lookup("v")}}},
		"has the name of another":  {Outputs: []Output{{"v", v}}},
		"which is no state":        {Assign: []Assign{{x, v}}},
		"updated twice":            {Loss: Sum(v), Update: twice},
		"another shape or type":    {Loss: Sum(v), Update: shape},
		"gradients wanted of no":   {Update: momentum},
		"has no node":              {Outputs: []Output{{"y", nil}}},
		"cannot be differentiated": {Loss: Sum(v), Wrt: []*Node{Neg(v)}, Update: momentum},
	} {
		if _, err := Compile(g, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; %q wanted", err, want)
		}
	}
}

// TestStatesSwap makes two states take each other's old value.
func TestStatesSwap(t *testing.T) {
	for _, m := range []mode{plainMode, fusedMode} {
		var s Spec
		g, err := Build(kernels.F64, func(g *Graph) {
			a, b := g.State("a", []float64{1, 2}, 2), g.State("b", []float64{3, 4}, 2)
			s.Assign = []Assign{{a, b}, {b, a}}
			s.Outputs = []Output{{"a0", a}, {"b0", Reshape(b, 2, 1)}, {"k", g.ConstTensor([]float64{7, 8}, 2)}}
		})
		if err != nil {
			t.Fatal(err)
		}
		in := load(t, g, s, m, false)
		for k := range uint64(3) {
			if err := in.Run(k, 1); err != nil {
				t.Fatal(err)
			}
		}
		check(t, "a", get(t, in, "a"), []float64{3, 4})
		check(t, "b", get(t, in, "b"), []float64{1, 2})
		check(t, "a0", get(t, in, "a0"), []float64{1, 2})
		check(t, "b0", get(t, in, "b0"), []float64{3, 4})
		check(t, "k", get(t, in, "k"), []float64{7, 8})
	}
}
