package kernelstest

import (
	"testing"

	"elbo/kernels"
)

// Run checks that devices made by open follow the contract of package kernels. With -short it
// leaves out long tensors and most generated programs. With -v it logs the worst error of each op.
func Run(t *testing.T, open func() (kernels.Device, error)) {
	checks := []struct {
		name string
		run  func(t *testing.T, dev kernels.Device)
	}{
		{"complete", complete}, {"elementwise", elementwise}, {"special", special}, {"structural", structuralOps},
		{"spread", spreadNaN}, {"fused", fusedGroups}, {"generated", generated}, {"random", randomNumbers},
		{"indices", badIndices}, {"refused", refused}, {"deterministic", deterministic}, {"cholesky", notPositive},
		{"views", views}, {"binding", binding},
	}
	errorsSeen.reset()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			dev, err := open()
			if err != nil {
				t.Fatalf("open: %v", err)
			}
			c.run(t, dev)
			if err := dev.Sync(); err != nil {
				t.Errorf("an error was left behind: %v", err)
			}
			if err := dev.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	t.Run("errors", func(t *testing.T) { errorsSeen.log(t) })
	t.Run("lifecycle", func(t *testing.T) { lifecycle(t, open) })
	t.Run("cycles", func(t *testing.T) { cycles(t, open) })
}

// dtypes are the float types every check runs in.
var dtypes = []kernels.DType{kernels.F32, kernels.F64}

// tolerance returns an op's tolerance in a type.
func tolerance(op kernels.Op, dt kernels.DType) float64 {
	info := kernels.Info(op)
	if dt == kernels.F32 {
		return info.Tol32
	}
	return info.Tol64
}

// complete fails when an op of the table would go untested.
func complete(t *testing.T, _ kernels.Device) {
	for _, row := range kernels.Elementwise() {
		if oracle[row.Op] == nil {
			t.Errorf("elementwise op %v has no oracle", row.Op)
		}
		if len(row.Domain) != row.Arity {
			t.Errorf("elementwise op %v has %d test domains for %d operands", row.Op, len(row.Domain), row.Arity)
		}
		if row.Imms > 0 && len(immediates[row.Op]) == 0 {
			t.Errorf("elementwise op %v has no test immediates", row.Op)
		}
	}
	covered := map[kernels.Op]bool{kernels.OpFused: true} // by fused and generated
	for _, c := range structuralCases(false) {
		covered[c.op] = true
	}
	for _, row := range kernels.Structural() {
		if !covered[row.Op] {
			t.Errorf("op %v has no case in the conformance suite", row.Op)
		}
	}
}
