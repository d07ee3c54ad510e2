package graph

import (
	"fmt"
	"testing"

	"elbo/kernels"
	"elbo/kernels/ref"
)

// Every case compiled, fused and run on the reference device gives what the host evaluation
// of its nodes gives: result, loss and gradients.
func TestCompiledCasesMatchReference(t *testing.T) {
	for _, dt := range []kernels.DType{kernels.F64, kernels.F32} {
		for _, c := range allCases() {
			t.Run(dt.String()+"/"+c.name, func(t *testing.T) { compiledCase(t, &c, dt) })
		}
	}
}

func compiledCase(t *testing.T, c *opCase, dt kernels.DType) {
	b, err := c.build(dt, 13)
	if err != nil {
		t.Fatal(err)
	}
	spec := Spec{Name: c.name, Seed: 3, Loss: b.loss, Outputs: []Output{{"loss", b.loss}, {"y", ToFloat(b.y)}}}
	if len(b.params) > 0 && !c.refuse {
		spec.Wrt, spec.GradOutputs = b.params, true
	} else {
		spec.Wrt = []*Node{}
	}
	p, err := Compile(b.g, spec)
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := in.Run(2, 1); err != nil {
		t.Fatal(err)
	}

	// The table's tolerance, doubled for the steps around the op; float32 gradients of steep
	// ops are ratios of rounded numbers.
	tol := max(2*kernels.Info(max(c.op, kernels.Neg)).Tol64, 1e-11)
	if dt == kernels.F32 {
		tol = max(2*kernels.Info(max(c.op, kernels.Neg)).Tol32, 5e-5)
	}
	match := func(name string, root *Node) {
		got, want := get(t, in, name), b.reference(t, b.init, root)
		for k := range want {
			if !closeTo(got[k], want[k], tol) {
				t.Errorf("%s element %d: compiled %.9g, reference %.9g", name, k, got[k], want[k])
			}
		}
	}
	match("loss", b.loss)
	match("y", ToFloat(b.y))
	if !spec.GradOutputs {
		return
	}
	for i, d := range Grad(b.loss, b.params...) {
		match(fmt.Sprint("grad/p", i), d)
	}
}
