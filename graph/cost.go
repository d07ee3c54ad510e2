package graph

import "elbo/kernels"

// Flops returns the floating-point operations of one run; transcendental functions count by
// the length of their polynomial, as the op table says.
func (p *Program) Flops() int64 {
	total := int64(0)
	for i := range p.kernel.Instrs {
		total += instrFlops(p.kernel, &p.kernel.Instrs[i])
	}
	return total
}

// ProductFlops returns the part of Flops that is matrix products.
func (p *Program) ProductFlops() int64 {
	total := int64(0)
	for i := range p.kernel.Instrs {
		if in := &p.kernel.Instrs[i]; in.Op == kernels.MatMul {
			total += instrFlops(p.kernel, in)
		}
	}
	return total
}

// Bytes returns the compulsory memory traffic of one run: every slot and constant that is
// read counts once, every slot that is written once more, a table that is gathered from or
// scattered to by the rows touched. Scratch memory is left out, for caches can hold it.
func (p *Program) Bytes() int64 {
	k := p.kernel
	read, written := map[[2]int]int{}, map[[2]int]int{}
	note := func(set map[[2]int]int, in *kernels.Instr, id kernels.ValueID) {
		if v := &k.Values[id]; v.Home != kernels.InScratch {
			key := [2]int{int(v.Home), v.Slot}
			set[key] = max(set[key], instrBytes(k, in, id))
		}
	}
	for i := range k.Instrs {
		in := &k.Instrs[i]
		if in.Op == kernels.View {
			continue
		}
		for _, id := range in.Args {
			note(read, in, id)
		}
		for _, id := range in.Outs {
			note(written, in, id)
		}
	}
	total := int64(0)
	for _, set := range []map[[2]int]int{read, written} {
		for _, n := range set {
			total += int64(n)
		}
	}
	return total
}

// instrBytes returns the bytes of operand or result id that the instruction touches.
func instrBytes(k *kernels.Program, in *kernels.Instr, id kernels.ValueID) int {
	switch {
	case in.Op == kernels.View:
		return 0
	case in.Op == kernels.Gather && id == in.Args[0]:
		return min(k.Bytes(id), k.Bytes(in.Outs[0]))
	}
	return k.Bytes(id)
}

// instrFlops returns the floating-point operations of one instruction.
func instrFlops(k *kernels.Program, in *kernels.Instr) int64 {
	size := func(ids []kernels.ValueID, i int) int64 { return int64(k.Values[ids[i]].Shape.Size()) }
	switch in.Op {
	case kernels.OpFused:
		return fusedFlops(in.Fused)
	case kernels.MatMul:
		d, err := kernels.MatMulDims(in.Attr, k.Values[in.Args[0]].Shape, k.Values[in.Args[1]].Shape)
		if err != nil {
			return 0 // the device refuses the program
		}
		return 2 * int64(d.Batch) * int64(d.M) * int64(d.K) * int64(d.N)
	case kernels.Cholesky:
		s := k.Values[in.Outs[0]].Shape
		n := int64(s[len(s)-1])
		return size(in.Outs, 0) * n / 3
	case kernels.TriSolve:
		return size(in.Outs, 0) * int64(k.Values[in.Args[0]].Shape[0])
	case kernels.SumReduce, kernels.MaxReduce, kernels.CumSum, kernels.Col2Im:
		return size(in.Args, 0)
	case kernels.ScatterAdd:
		return size(in.Args, 1)
	case kernels.RandNormal:
		return normalFlops * size(in.Outs, 0)
	case kernels.RandUniform, kernels.UniformRows:
		return uniformFlops * size(in.Outs, 0)
	}
	if in.Op.IsElementwise() {
		return int64(kernels.Info(in.Op).Flops) * size(in.Outs, 0)
	}
	return 0
}

// Operations per random number: ten Philox rounds shared by four numbers, and Box–Muller's
// logarithm, root, sine and cosine shared by two.
const (
	uniformFlops = 26
	normalFlops  = 46
)

func fusedFlops(f *kernels.Fused) int64 {
	perPoint := 0
	for _, c := range f.Code {
		perPoint += kernels.Info(c.Op).Flops
	}
	for _, o := range f.Outs {
		if o.Reduce {
			perPoint++
		}
	}
	return int64(perPoint) * int64(f.Shape.Size())
}
