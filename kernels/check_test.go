package kernels_test

import (
	"errors"
	"strings"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// chain is y = Σ exp(x)·2 over (4, 64): values 0 x, 1 exp (scratch 0), 2 doubled (scratch),
// 3 view of it, 4 sum over axis 0 by a fused group, 5 transposed.
func chain() *kernels.Program {
	b := kernelstest.NewBuilder("chain", kernels.F64)
	none := [2]float64{}
	x := b.Input("x", nil, 4, 64)
	e := b.Elem(kernels.Exp, none, x)
	d := b.Elem(kernels.Add, none, e, e)
	v := b.Apply(kernels.View, kernels.Attr{Shape: kernels.Shape{256}}, d)
	f := &kernels.Fused{
		Shape: kernels.Shape{4, 64}, Ins: []kernels.Operand{{Strides: []int{64, 1}}},
		Outs: []kernels.FusedOut{{Reg: 0, Strides: []int{0, 1}, Reduce: true}},
	}
	s := b.Fused(f, []kernelstest.Out{{Shape: kernels.Shape{64}, Over: kernelstest.NoValue}}, v)
	t := b.Apply(kernels.Transpose, kernels.Attr{Axes: []int{1, 0}}, d)
	b.Output("sum", s[0])
	b.Output("t", t)
	return b.Program()
}

// The alias rules: views share, elementwise results may replace an operand exactly, nothing
// else may touch what it reads.
func TestCheckAliases(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(p *kernels.Program)
		err   string // "" when the program stays good
	}{
		{"as built", func(*kernels.Program) {}, ""},
		{"in place", func(p *kernels.Program) {
			for _, id := range []int{2, 3} {
				p.Values[id].Offset = p.Values[1].Offset
			}
		}, ""},
		{"shifted over operand", func(p *kernels.Program) {
			p.Values[2].Offset = p.Values[1].Offset + 64
		}, "overlaps operand 0"},
		{"view elsewhere", func(p *kernels.Program) { p.Values[3].Offset += 64 }, "view does not share"},
		{"sum over its operand", func(p *kernels.Program) {
			p.Values[4].Home, p.Values[4].Offset = kernels.InScratch, p.Values[2].Offset
		}, "read at other points"},
		{"transpose in place", func(p *kernels.Program) {
			p.Values[5].Home, p.Values[5].Offset = kernels.InScratch, p.Values[2].Offset
		}, "result overlaps operand 0"},
		{"reduce in the middle", func(p *kernels.Program) {
			f := p.Instrs[3].Fused
			f.Shape, f.Ins[0].Strides, f.Outs[0].Strides = kernels.Shape{4, 8, 8}, []int{64, 8, 1}, []int{8, 0, 1}
		}, "neither a leading nor a trailing block"},
		{"sum kept out of order", func(p *kernels.Program) {
			f := p.Instrs[3].Fused
			f.Shape, f.Ins[0].Strides, f.Outs[0].Strides = kernels.Shape{4, 8, 8}, []int{64, 8, 1}, []int{0, 1, 8}
		}, "not dense and in order"},
		{"rank 5 space", func(p *kernels.Program) { p.Instrs[3].Fused.Shape = kernels.Shape{1, 1, 1, 1, 1} }, "rank 5"},
		{"float index", func(p *kernels.Program) {
			p.Instrs[4] = kernels.Instr{Op: kernels.Gather, Args: []kernels.ValueID{2, 4}, Outs: []kernels.ValueID{5}}
			p.Values[5].Shape, p.Slots[2].Shape = kernels.Shape{64, 64}, kernels.Shape{64, 64}
		}, "operand 1 of type float64, int32 wanted"},
		{"float to float", func(p *kernels.Program) {
			p.Instrs[4] = kernels.Instr{Op: kernels.ToFloat, Args: []kernels.ValueID{2}, Outs: []kernels.ValueID{5}}
			p.Values[5].Shape, p.Slots[2].Shape = kernels.Shape{4, 64}, kernels.Shape{4, 64}
		}, "operand 0 of type float64, int32 wanted"},
		{"float scatter index", func(p *kernels.Program) {
			p.Values = append(p.Values, kernels.Value{DType: kernels.F64, Shape: kernels.Shape{9, 4}, Offset: p.Scratch})
			p.Instrs = append(p.Instrs, kernels.Instr{
				Op: kernels.ScatterAdd, Args: []kernels.ValueID{4, 5}, Outs: []kernels.ValueID{6},
			})
		}, "operand 0 of type float64, int32 wanted"},
	}
	for _, tc := range tests {
		p := chain()
		tc.spoil(p)
		p.Scratch += 4096
		err := p.Check()
		if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.err)
		}
		var at *kernels.OpError
		if err != nil && (!errors.As(err, &at) || at.Program != "chain") {
			t.Errorf("%s: %v does not name the program", tc.name, err)
		}
	}
}

// What is only stored is gathered, viewed and converted; all else says so, or which type it wanted.
func TestCheckStored(t *testing.T) {
	type program func(b *kernelstest.Builder, x, idx kernels.ValueID) kernels.ValueID
	apply := func(op kernels.Op, attr kernels.Attr) program {
		return func(b *kernelstest.Builder, x, _ kernels.ValueID) kernels.ValueID { return b.Apply(op, attr, x) }
	}
	const moved, typed = " values are gathered, viewed and converted only", ", float32 wanted"
	tests := []struct {
		name  string
		err   string // follows the type's name, "" when the program is good
		build program
	}{
		{"gather", "", func(b *kernelstest.Builder, x, idx kernels.ValueID) kernels.ValueID {
			return b.Apply(kernels.Gather, kernels.Attr{}, x, idx)
		}},
		{"convert", "", apply(kernels.ToFloat, kernels.Attr{})},
		{"convert a view", "", func(b *kernelstest.Builder, x, _ kernels.ValueID) kernels.ValueID {
			return b.Apply(kernels.ToFloat, kernels.Attr{}, b.Apply(kernels.View, kernels.Attr{Shape: kernels.Shape{6}}, x))
		}},
		{"copy", moved, apply(kernels.Copy, kernels.Attr{Shape: kernels.Shape{2, 2, 3}})},
		{"transpose", moved, apply(kernels.Transpose, kernels.Attr{Axes: []int{1, 0}})},
		{"slice", moved, apply(kernels.Slice, kernels.Attr{N: 1})},
		{"negate", typed, apply(kernels.Neg, kernels.Attr{})},
		{"sum", typed, apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}})},
		{"to int", typed, apply(kernels.ToInt, kernels.Attr{})},
		{"multiply", typed, func(b *kernelstest.Builder, x, _ kernels.ValueID) kernels.ValueID {
			return b.Apply(kernels.MatMul, kernels.Attr{}, x, b.Input("w", nil, 3))
		}},
	}
	for _, tc := range tests {
		for _, dt := range []kernels.DType{kernels.U8, kernels.BF16} {
			b := kernelstest.NewBuilder("stored", kernels.F32)
			idx := b.Index("idx", nil, 4)
			x := b.Bytes("x", nil, 2, 3)
			if dt == kernels.BF16 {
				x = b.BFloats("y", nil, 2, 3)
			}
			b.Output("out", tc.build(b, x, idx))
			err := b.Program().Check()
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), dt.String()+tc.err) {
				t.Errorf("%s of %v: %v, want %q", tc.name, dt, err, tc.err)
			}
		}
	}
}

func TestFusedOutPattern(t *testing.T) {
	tests := []struct {
		space       kernels.Shape
		strides     []int
		kept        int
		lead, trail bool
	}{
		{kernels.Shape{3, 5}, []int{5, 1}, 15, true, true},
		{kernels.Shape{3, 5}, []int{0, 1}, 5, true, false},
		{kernels.Shape{3, 5}, []int{1, 0}, 3, false, true},
		{kernels.Shape{3, 5}, []int{0, 0}, 1, true, true},
		{kernels.Shape{3, 5, 7}, []int{7, 0, 1}, 21, false, false},
		{kernels.Shape{3, 5, 7}, []int{0, 1, 0}, 5, false, false},
		{kernels.Shape{3, 1, 7}, []int{7, 0, 1}, 21, true, true},
		{kernels.Shape{1, 5}, []int{9, 0}, 1, true, true},
	}
	for _, tc := range tests {
		o := kernels.FusedOut{Strides: tc.strides}
		if kept, lead, trail := o.Pattern(tc.space); kept != tc.kept || lead != tc.lead || trail != tc.trail {
			t.Errorf("%v over %v: %d %v %v, want %d %v %v", tc.strides, tc.space, kept, lead, trail, tc.kept, tc.lead, tc.trail)
		}
	}
}
