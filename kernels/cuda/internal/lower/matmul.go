package lower

import "elbo/kernels"

// Products of up to smallFlops multiply-adds with up to smallTerms terms a result use a kernel of
// our own: there the time is that of a launch, and the library takes longer to start.
const (
	smallFlops = 1 << 20
	smallTerms = 256
)

// matmul makes products with a vector groups, small ones a launch, and leaves the rest to the library.
func (l *lowering) matmul(in *kernels.Instr) error {
	a, b, out := in.Args[0], in.Args[1], in.Outs[0]
	d, err := kernels.MatMulDims(in.Attr, l.shape(a), l.shape(b))
	switch {
	case err != nil:
		return err
	case d.Batch == 0 || d.M == 0 || d.N == 0:
		return nil
	case d.K == 0:
		l.zero(out)
		return nil
	case d.Batch == 1 && d.N == 1:
		return l.product(out, a, b, d.M, d.K, in.Attr.TransA)
	case d.Batch == 1 && d.M == 1:
		return l.product(out, b, a, d.N, d.K, !in.Attr.TransB)
	case d.K <= smallTerms && d.Batch*d.M*d.N*d.K <= smallFlops && d.Batch < 1<<16:
		l.small(in, d)
		return nil
	}
	l.plan.Nodes = append(l.plan.Nodes, Node{Instr: l.source, Gemm: &Gemm{DType: l.p.DType, A: a, B: b, C: out,
		TransA: in.Attr.TransA, TransB: in.Attr.TransB, MatDims: d}})
	return nil
}

// product is y (m) = A x for A (m, k), or for its transpose stored as (k, m): the sum of A·x over
// the trailing or the leading axis.
func (l *lowering) product(y, a, x kernels.ValueID, m, k int, trans bool) error {
	g := &group{
		shape: kernels.Shape{m, k},
		ins:   []operand{{value: a, strides: []int{k, 1}}, {value: x, strides: []int{0, 1}}},
		code:  []kernels.FusedOp{{Op: kernels.Mul, Args: [3]int16{0, 1}}},
		outs:  []result{{y, 2, []int{1, 0}, sum}},
	}
	if trans {
		g.shape = kernels.Shape{k, m}
		g.ins[0].strides, g.ins[1].strides = []int{m, 1}, []int{1, 0}
		g.outs[0].strides = []int{0, 1}
	}
	return l.group(g)
}

func (l *lowering) small(in *kernels.Instr, d kernels.MatDims) {
	aRow, aCol, bRow, bCol := d.K, 1, d.N, 1
	if in.Attr.TransA {
		aRow, aCol = 1, d.M
	}
	if in.Attr.TransB {
		bRow, bCol = 1, d.K
	}
	across := ceilDiv(d.N, 16)
	l.launch("gemm", "", [2]int{ceilDiv(d.M, 16) * across, d.Batch}, at(in.Outs[0]), at(in.Args[0]), at(in.Args[1]),
		number(d.M), number(d.N), number(d.K), number(aRow), number(aCol), number(bRow), number(bCol), number(across))
}
