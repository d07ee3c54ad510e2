package kernelstest

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"elbo/kernels"
)

// badIndices checks that an index out of range is reported with its place, by Run or by Sync,
// that Sync reports it once, and that the device works afterwards.
func badIndices(t *testing.T, dev kernels.Device) {
	for _, dt := range dtypes {
		for _, bad := range []float64{-1, 7, math.MaxInt32, math.MinInt32} {
			for _, op := range []kernels.Op{kernels.Gather, kernels.ScatterAdd} {
				b := NewBuilder(fmt.Sprintf("%v index %v", op, bad), dt)
				idx := b.Index("idx", []float64{0, 6, bad, 3}, 4)
				rows := b.Elem(kernels.Neg, [2]float64{}, b.Input("x", nil, 7, 3))
				if op == kernels.Gather {
					b.Output("y", b.Apply(op, kernels.Attr{}, rows, idx))
				} else {
					idx = b.Index("idx of 7", []float64{0, 6, bad, 3, 0, 0, 0}, 7)
					b.Output("y", b.Apply(op, kernels.Attr{Shape: kernels.Shape{7, 3}}, idx, rows))
				}
				checkBadIndex(t, dev, b, op)
			}
		}
	}
}

func checkBadIndex(t *testing.T, dev kernels.Device, b *Builder, op kernels.Op) {
	t.Helper()
	p := b.Program()
	s, err := NewSession(dev, p, b.Feed)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	runErr := s.exe.Run(2, 1)
	err = dev.Sync()
	var at *kernels.OpError
	switch {
	case runErr != nil && !errors.Is(runErr, kernels.ErrIndex) || !errors.Is(err, kernels.ErrIndex):
		t.Errorf("%s: run says %v and sync says %v, want ErrIndex", p.Name, runErr, err)
	case !errors.As(err, &at):
		t.Errorf("%s: %v is no OpError", p.Name, err)
	case at.Program != p.Name || at.Instr != 1 || at.Op != op || at.Site != "site1":
		t.Errorf("%s: error at %+v, want instruction 1", p.Name, at)
	}
	if err := dev.Sync(); err != nil {
		t.Errorf("%s: second sync says %v, want nothing", p.Name, err)
	}
	good := map[string][]float64{"idx": {0, 6, 2, 3}}
	if op == kernels.ScatterAdd {
		good["idx of 7"] = []float64{6, 5, 4, 3, 2, 1, 0}
	}
	if err := s.Set(good); err != nil {
		t.Error(err)
	}
	if err := s.Run(3, 1); err != nil {
		t.Errorf("%s: with good indices after an error: %v", p.Name, err)
	}
}

// refused checks that Compile refuses programs that break the contract. The table spoils a
// good program in one place each.
func refused(t *testing.T, dev kernels.Device) {
	spoilers := []struct {
		name  string
		spoil func(p *kernels.Program)
	}{
		{"float type", func(p *kernels.Program) { p.DType = kernels.I32 }},
		{"value type", func(p *kernels.Program) { p.Values[2].DType = kernels.F64 }},
		{"bytes in arithmetic", func(p *kernels.Program) { p.Values[0].DType, p.Slots[0].DType = kernels.U8, kernels.U8 }},
		{"bfloat16 in arithmetic", func(p *kernels.Program) {
			p.Values[0].DType, p.Slots[0].DType = kernels.BF16, kernels.BF16
		}},
		{"scratch end", func(p *kernels.Program) { p.Scratch -= 64 }},
		{"alignment", func(p *kernels.Program) { p.Values[2].Offset += 4 }},
		{"negative offset", func(p *kernels.Program) { p.Values[2].Offset = -64 }},
		{"slot number", func(p *kernels.Program) { p.Values[0].Slot = 9 }},
		{"slot size", func(p *kernels.Program) { p.Slots[0].Shape = kernels.Shape{2} }},
		{"constant length", func(p *kernels.Program) { p.Consts[0] = p.Consts[0][:1] }},
		{"unknown op", func(p *kernels.Program) { p.Instrs[0].Op = kernels.OpStructural }},
		{"operand number", func(p *kernels.Program) { p.Instrs[0].Args[0] = 99 }},
		{"operand count", func(p *kernels.Program) { p.Instrs[0].Args = p.Instrs[0].Args[:1] }},
		{"result count", func(p *kernels.Program) { p.Instrs[0].Outs = nil }},
		{"result shape", func(p *kernels.Program) { p.Values[2].Shape = kernels.Shape{4} }},
		{"use before made", func(p *kernels.Program) { p.Instrs[0].Args[0] = 2 }},
		{"made twice", func(p *kernels.Program) { p.Instrs[1].Outs[0] = 2 }},
		{"written input", func(p *kernels.Program) { p.Slots[1].Kind = kernels.SlotInput }},
		{"register", func(p *kernels.Program) { p.Instrs[1].Fused.Code[0].Args[0] = 1 }},
		{"stride", func(p *kernels.Program) { p.Instrs[1].Fused.Ins[0].Strides[0] = 2 }},
		{"sum without reduce", func(p *kernels.Program) { p.Instrs[1].Fused.Outs[0].Strides[0] = 0 }},
		{"structural code", func(p *kernels.Program) { p.Instrs[1].Fused.Code[0].Op = kernels.MatMul }},
		{"no fused program", func(p *kernels.Program) { p.Instrs[1].Fused = nil }},
	}
	if _, err := Exec(dev, victim(), nil, 0, 1); err != nil {
		t.Fatalf("the good program: %v", err)
	}
	for _, s := range spoilers {
		p := victim()
		s.spoil(p)
		if exe, err := dev.Compile(p); err == nil {
			t.Errorf("%s: compiled", s.name)
			_ = exe.Close()
		}
	}
}

// victim is y = -(x + c) over three elements: values 0 input, 1 constant, 2 sum, 3 result.
func victim() *kernels.Program {
	b := NewBuilder("victim", kernels.F32)
	x, c := b.Input("x", nil, 3), b.Const([]float64{1, 2, 3}, 3)
	sum := b.Elem(kernels.Add, [2]float64{}, x, c)
	f := &kernels.Fused{
		Shape: kernels.Shape{3}, Ins: []kernels.Operand{{Strides: []int{1}}},
		Code: []kernels.FusedOp{{Op: kernels.Neg}}, Outs: []kernels.FusedOut{{Reg: 1, Strides: []int{1}}},
	}
	b.Output("y", b.Fused(f, []Out{{kernels.Shape{3}, NoValue}}, sum)[0])
	return b.Program()
}

// notPositive checks that a matrix that is not positive definite gives NaN from the pivot on,
// zeros above the diagonal and a good factor before.
func notPositive(t *testing.T, dev kernels.Device) {
	for _, dt := range dtypes {
		for _, n := range []int{1, 2, 33, 100} {
			for _, pivot := range []float64{0, -1, math.NaN()} {
				b := NewBuilder(fmt.Sprintf("pivot %v of %d %v", pivot, n, dt), dt)
				a := make([]float64, n*n)
				for i := range n {
					a[i*n+i] = 4
				}
				k := n / 2
				a[k*n+k] = pivot
				b.Output("l", b.Apply(kernels.Cholesky, kernels.Attr{}, b.Input("a", a, n, n)))
				l := mustExec(t, dev, b, 0, 1)["l"]
				for i := range n * n {
					row, col := i/n, i%n
					switch {
					case col > row && l[i] != 0:
						t.Errorf("%s: %v above the diagonal", b.p.Name, l[i])
					case col == row && col < k && l[i] != 2:
						t.Errorf("%s: diagonal %d is %v, want 2", b.p.Name, col, l[i])
					case col == row && col >= k && !math.IsNaN(l[i]):
						t.Errorf("%s: diagonal %d is %v, want NaN", b.p.Name, col, l[i])
					}
				}
			}
		}
	}
}
