package kernels

import (
	"fmt"
	"slices"
)

// Check reports the first way in which the program breaks the contract: shapes and types that do
// not follow from the arguments, values used before they are made, memory outside the scratch
// arena or a slot, results that overwrite an argument still to be read. Devices call it in
// Compile, so that kernels need no checks of their own. It costs about a microsecond per instruction.
func (p *Program) Check() error {
	if p.DType != F32 && p.DType != F64 {
		return fmt.Errorf("kernels: program %q: type %v; float32 or float64 wanted", p.Name, p.DType)
	}
	for i := range p.Slots {
		if err := checkShape(p.Slots[i].Shape); err != nil {
			return fmt.Errorf("kernels: program %q slot %q: %w", p.Name, p.Slots[i].Name, err)
		}
	}
	for i := range p.Values {
		if err := p.checkValue(&p.Values[i]); err != nil {
			return fmt.Errorf("kernels: program %q value %d: %w", p.Name, i, err)
		}
	}
	made := make([]bool, len(p.Values))
	for i := range p.Instrs {
		in := &p.Instrs[i]
		if err := p.checkInstr(in, made); err != nil {
			return &OpError{Program: p.Name, Instr: i, Op: in.Op, Site: in.Site, Err: err}
		}
	}
	return nil
}

func (p *Program) checkValue(v *Value) error {
	if v.DType > BF16 {
		return fmt.Errorf("unknown type %v", v.DType)
	}
	if v.DType != p.DType && v.DType != I32 && !v.DType.Stored() {
		return fmt.Errorf("type %v in a %v program", v.DType, p.DType)
	}
	if err := checkShape(v.Shape); err != nil {
		return err
	}
	n := v.Shape.Size()
	switch v.Home {
	case InScratch:
		if v.Offset < 0 || v.Offset%64 != 0 || v.Offset+n*v.DType.Size() > p.Scratch {
			return fmt.Errorf("%d bytes at offset %d of a scratch arena of %d", n*v.DType.Size(), v.Offset, p.Scratch)
		}
	case InSlot:
		if v.Slot < 0 || v.Slot >= len(p.Slots) {
			return fmt.Errorf("slot %d of %d", v.Slot, len(p.Slots))
		}
		if s := &p.Slots[v.Slot]; s.DType != v.DType || s.Shape.Size() != n {
			return fmt.Errorf("%v %v in slot %q of %v %v", v.DType, v.Shape, s.Name, s.DType, s.Shape)
		}
	case InConst:
		if v.Slot < 0 || v.Slot >= len(p.Consts) || len(p.Consts[v.Slot]) != n {
			return fmt.Errorf("%v in constant %d of %d, or the constant's length differs", v.Shape, v.Slot, len(p.Consts))
		}
	default:
		return fmt.Errorf("unknown home %d", v.Home)
	}
	return nil
}

// checkInstr checks one instruction and marks its results as made.
func (p *Program) checkInstr(in *Instr, made []bool) error {
	for _, id := range slices.Concat(in.Args, in.Outs) {
		if id < 0 || int(id) >= len(p.Values) {
			return fmt.Errorf("value %d of %d", id, len(p.Values))
		}
	}
	for _, id := range in.Args {
		if p.Values[id].Home == InScratch && !made[id] {
			return fmt.Errorf("value %d is used before it is made", id)
		}
	}
	for _, id := range in.Outs {
		v := &p.Values[id]
		if made[id] {
			return fmt.Errorf("value %d is made twice", id)
		}
		if in.Op != View && (v.Home == InConst || v.Home == InSlot && !p.Slots[v.Slot].Kind.Written()) {
			return fmt.Errorf("value %d is written to a constant or a read-only slot", id)
		}
		made[id] = true
	}
	if in.Op == OpFused {
		return p.checkFused(in)
	}
	return p.checkPlain(in)
}

func (p *Program) checkPlain(in *Instr) error {
	if len(in.Outs) != 1 {
		return fmt.Errorf("%d results, 1 wanted", len(in.Outs))
	}
	out := &p.Values[in.Outs[0]]
	attr := in.Attr
	attr.Shape = out.Shape
	if in.Op == Slice && attr.Axis >= 0 && attr.Axis < len(out.Shape) {
		attr.N = out.Shape[attr.Axis]
	}
	shapes := make([]Shape, len(in.Args))
	for i, id := range in.Args {
		shapes[i] = p.Values[id].Shape
	}
	want, err := InferShape(in.Op, attr, shapes)
	if err != nil {
		return err
	}
	if !want.Equal(out.Shape) {
		return fmt.Errorf("result of shape %v, %v wanted", out.Shape, want)
	}
	if err := p.checkTypes(in); err != nil {
		return err
	}
	return p.checkAliases(in)
}

// checkTypes: indices are I32, data movement keeps its type, all else is the program's float.
func (p *Program) checkTypes(in *Instr) error {
	out := p.Values[in.Outs[0]].DType
	want := make([]DType, len(in.Args))
	for i := range want {
		want[i] = p.DType
	}
	res := p.DType
	switch in.Op {
	case Copy, Transpose, Slice, Pad, Concat, Assign:
		if out.Stored() {
			return fmt.Errorf("%v values are gathered, viewed and converted only", out)
		}
		fallthrough
	case View:
		res = out
		for i := range want {
			want[i] = out
		}
	case Gather:
		res, want[0], want[1] = out, out, I32
	case ScatterAdd:
		want[0] = I32
	case ToFloat:
		if want[0] = I32; p.Values[in.Args[0]].DType.Stored() {
			want[0] = p.Values[in.Args[0]].DType
		}
	case UniformRows:
		want[0] = I32
	case ToInt, BatchIndex:
		res = I32
	}
	if out != res {
		return fmt.Errorf("result of type %v, %v wanted", out, res)
	}
	for i, id := range in.Args {
		if got := p.Values[id].DType; got != want[i] {
			return fmt.Errorf("operand %d of type %v, %v wanted", i, got, want[i])
		}
	}
	return nil
}

// checkAliases: a view shares its argument's memory; an elementwise result or an assignment may
// cover an operand of its own size exactly; other results share nothing with what they are made from.
func (p *Program) checkAliases(in *Instr) error {
	out := in.Outs[0]
	for i, id := range in.Args {
		same := p.sameStart(id, out)
		inPlace := same && p.Bytes(id) == p.Bytes(out)
		switch {
		case in.Op == View && !same:
			return fmt.Errorf("view does not share its argument's memory")
		case in.Op != View && p.overlap(id, out) && !(inPlace && (in.Op.IsElementwise() || in.Op == Assign)):
			return fmt.Errorf("result overlaps operand %d", i)
		}
	}
	return nil
}

func (p *Program) sameStart(a, b ValueID) bool {
	x, y := &p.Values[a], &p.Values[b]
	return x.Home == y.Home && x.Slot == y.Slot && x.Offset == y.Offset
}

// overlap reports whether two values share bytes; distinct slots do not.
func (p *Program) overlap(a, b ValueID) bool {
	x, y := &p.Values[a], &p.Values[b]
	if x.Home != y.Home || p.Bytes(a) == 0 || p.Bytes(b) == 0 {
		return false
	}
	if x.Home != InScratch {
		return x.Slot == y.Slot
	}
	return x.Offset < y.Offset+p.Bytes(b) && y.Offset < x.Offset+p.Bytes(a)
}
