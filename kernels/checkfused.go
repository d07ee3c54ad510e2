package kernels

import "fmt"

// checkFused checks a fused group: registers, reach of the strides, reduction patterns, aliases.
func (p *Program) checkFused(in *Instr) error {
	f := in.Fused
	switch {
	case f == nil:
		return fmt.Errorf("no fused program")
	case len(f.Shape) < 1 || len(f.Shape) > MaxRank:
		return fmt.Errorf("iteration space of rank %d, 1 to %d wanted", len(f.Shape), MaxRank)
	case len(f.Ins) != len(in.Args) || len(f.Outs) != len(in.Outs):
		return fmt.Errorf("%d inputs and %d outs for %d operands and %d results",
			len(f.Ins), len(f.Outs), len(in.Args), len(in.Outs))
	}
	for i, id := range in.Args {
		if p.Values[id].DType != p.DType {
			return fmt.Errorf("operand %d of type %v, %v wanted", i, p.Values[id].DType, p.DType)
		}
		if err := reach(f.Shape, f.Ins[i].Strides, p.Values[id].Shape.Size()); err != nil {
			return fmt.Errorf("operand %d: %w", i, err)
		}
	}
	for i, c := range f.Code {
		if !c.Op.IsElementwise() {
			return fmt.Errorf("step %d: op %v is not elementwise", i, c.Op)
		}
		for j := range Info(c.Op).Arity {
			if r := int(c.Args[j]); r < 0 || r >= len(f.Ins)+i {
				return fmt.Errorf("step %d: register %d of %d", i, r, len(f.Ins)+i)
			}
		}
	}
	for i := range f.Outs {
		if err := p.checkFusedOut(in, i); err != nil {
			return fmt.Errorf("out %d: %w", i, err)
		}
	}
	return nil
}

// reach checks that strides address only [0, size) over a space.
func reach(space Shape, strides []int, size int) error {
	if len(strides) != len(space) {
		return fmt.Errorf("%d strides for rank %d", len(strides), len(space))
	}
	last := 0
	for i, d := range space {
		if strides[i] < 0 {
			return fmt.Errorf("negative stride %d", strides[i])
		}
		last += max(d-1, 0) * strides[i]
	}
	if space.Size() > 0 && last >= size {
		return fmt.Errorf("strides %v over %v reach element %d of %d", strides, space, last, size)
	}
	return nil
}

func (p *Program) checkFusedOut(in *Instr, i int) error {
	f, id := in.Fused, in.Outs[i]
	o := &f.Outs[i]
	if o.Reg < 0 || int(o.Reg) >= len(f.Ins)+len(f.Code) {
		return fmt.Errorf("register %d of %d", o.Reg, len(f.Ins)+len(f.Code))
	}
	if p.Values[id].DType != p.DType {
		return fmt.Errorf("type %v, %v wanted", p.Values[id].DType, p.DType)
	}
	if err := reach(f.Shape, o.Strides, p.Values[id].Shape.Size()); err != nil {
		return err
	}
	kept, lead, trail := o.Pattern(f.Shape)
	if reduced := f.Shape.Size() != kept; (reduced || !lead && !trail) && !o.Reduce {
		return fmt.Errorf("strides %v over %v sum, but Reduce is not set", o.Strides, f.Shape)
	}
	if !lead && !trail {
		return fmt.Errorf("strides %v over %v reduce neither a leading nor a trailing block", o.Strides, f.Shape)
	}
	if o.Reduce && !denseKept(f.Shape, o.Strides) {
		return fmt.Errorf("strides %v over %v: the axes a sum keeps are not dense and in order", o.Strides, f.Shape)
	}
	if n := p.Values[id].Shape.Size(); n != kept {
		return fmt.Errorf("%d points kept for %d elements", kept, n)
	}
	for j, a := range in.Args {
		inPlace := p.sameStart(a, id) && !o.Reduce && equalStrides(f.Shape, f.Ins[j].Strides, o.Strides)
		if p.overlap(a, id) && !inPlace {
			return fmt.Errorf("overlaps operand %d, which is read at other points", j)
		}
	}
	for j := range i {
		if p.overlap(in.Outs[j], id) {
			return fmt.Errorf("overlaps out %d", j)
		}
	}
	return nil
}

// Pattern returns how the out walks over a space: the number of points kept, and whether the
// axes summed over (stride 0, extent not 1) form a leading or a trailing block. Nothing summed
// is both; so is everything.
func (o *FusedOut) Pattern(space Shape) (kept int, leading, trailing bool) {
	kept, leading, trailing = 1, true, true
	seenKept, seenSum := false, false
	for i, d := range space {
		switch {
		case d == 1:
		case o.Strides[i] == 0:
			leading = leading && !seenKept
			seenSum = true
		default:
			trailing = trailing && !seenSum
			seenKept = true
			kept *= d
		}
	}
	return kept, leading, trailing
}

// denseKept reports whether the axes of stride other than 0 walk a dense tensor in order.
func denseKept(space Shape, strides []int) bool {
	n := 1
	for i := len(space) - 1; i >= 0; i-- {
		if d := space[i]; d != 1 && strides[i] != 0 {
			if strides[i] != n {
				return false
			}
			n *= d
		}
	}
	return true
}

// equalStrides reports whether two operands visit the same elements; axes of extent 1 do not matter.
func equalStrides(space Shape, a, b []int) bool {
	for i, d := range space {
		if d > 1 && a[i] != b[i] {
			return false
		}
	}
	return true
}
