package lower

import "elbo/kernels"

func (l *lowering) iota(in *kernels.Instr) error {
	s := l.shape(in.Outs[0])
	l.launch("iota", "", over(s.Size()), at(in.Outs[0]), number(s.Size()), number(s[len(s)-1]))
	return nil
}

func (l *lowering) step(in *kernels.Instr) error {
	l.launch("step", "", over(1), at(in.Outs[0]), l.state(), l.offset())
	return nil
}

// random fills with one thread per counter; a counter has four elements, a group of 32 of them 128.
func (l *lowering) random(in *kernels.Instr) error {
	kernel := "normal"
	if in.Op == kernels.RandUniform {
		kernel = "uniform"
	}
	n := l.shape(in.Outs[0]).Size()
	l.launch(kernel, "", over(32*ceilDiv(n, 128)), at(in.Outs[0]), number(n), number(int(in.Attr.Site)),
		Arg{Word: l.p.Seed}, l.state(), l.offset())
	return nil
}

// uniformRows fills every row from its own step of the stream.
func (l *lowering) uniformRows(in *kernels.Instr) error {
	s := l.shape(in.Outs[0])
	counters := 32 * ceilDiv(s[1], 128)
	l.launch("uniform_rows", "", over(s[0]*counters), at(in.Outs[0]), at(in.Args[0]), number(s[0]), number(s[1]),
		number(counters), number(int(in.Attr.Site)), Arg{Word: l.p.Seed})
	return nil
}

func (l *lowering) batchIndex(in *kernels.Instr) error {
	b := l.shape(in.Outs[0])[0]
	l.launch("batch_rows", "", over(b), at(in.Outs[0]), number(b), number(in.Attr.N), Arg{Word: l.p.Seed}, l.state(),
		l.offset())
	return nil
}

func (l *lowering) convert(in *kernels.Instr) error {
	kernel, elem := "to_float", "elbo_i32"
	switch from := l.p.Values[in.Args[0]].DType; {
	case in.Op == kernels.ToInt:
		kernel, elem = "to_int", ""
	case from == kernels.U8:
		elem = "elbo_u8"
	case from == kernels.BF16:
		elem = "elbo_bf16"
	}
	n := l.shape(in.Outs[0]).Size()
	l.launch(kernel, elem, over(n), at(in.Outs[0]), at(in.Args[0]), number(n))
	return nil
}
