package ref

import "elbo/kernels"

// tileSize is the number of points a fused group handles at a time: 2 KiB of float64 a register.
const tileSize = 256

// group is a fused program ready to run over tiles of one iteration space.
type group[T float] struct {
	e     *executable
	in    *kernels.Instr
	space kernels.Shape // collapsed
	n     int           // points
	ins   []input[T]
	steps []step[T]
	outs  []output[T]
	regs  [][]T // registers of the current tile, inputs first
}

// input says how one operand's register is filled.
type input[T float] struct {
	strides []int
	direct  bool // dense: the register is a window of the operand
	scalar  bool // one element: filled once a run
	buf     []T  // tile, unless direct
}

// step is one elementwise op on registers.
type step[T float] struct {
	fn         tile[T]
	args       [3]int
	arity      int
	imm0, imm1 float64
	buf        []T
}

// makeElementwise makes a lone elementwise instruction: a group of one step.
func makeElementwise[T float](e *executable, in *kernels.Instr) kernel {
	out := e.shape(in.Outs[0])
	f := &kernels.Fused{Shape: out, Outs: []kernels.FusedOut{{Reg: int16(len(in.Args)), Strides: rowMajor(out)}}}
	code := kernels.FusedOp{Op: in.Op, Imm0: in.Attr.Imm0, Imm1: in.Attr.Imm1}
	for i, id := range in.Args {
		f.Ins = append(f.Ins, kernels.Operand{Strides: broadcastStrides(e.shape(id), out)})
		code.Args[i] = int16(i)
	}
	f.Code = []kernels.FusedOp{code}
	return makeGroup[T](e, &kernels.Instr{Op: in.Op, Args: in.Args, Outs: in.Outs, Fused: f})
}

func makeFused[T float](e *executable, in *kernels.Instr) kernel { return makeGroup[T](e, in) }

func makeGroup[T float](e *executable, in *kernels.Instr) kernel {
	f := in.Fused
	strides := make([][]int, 0, len(f.Ins)+len(f.Outs))
	for i := range f.Ins {
		strides = append(strides, f.Ins[i].Strides)
	}
	for i := range f.Outs {
		strides = append(strides, f.Outs[i].Strides)
	}
	g := &group[T]{e: e, in: in, n: f.Shape.Size()}
	g.space, strides = collapse(f.Shape, strides)
	size := min(g.n, tileSize)
	for i := range f.Ins {
		g.ins = append(g.ins, newInput[T](g.space, strides[i], size, passed(f, i)))
	}
	g.addSteps(f, size)
	for i := range f.Outs {
		o := kernels.FusedOut{Reg: f.Outs[i].Reg, Strides: strides[len(f.Ins)+i], Reduce: f.Outs[i].Reduce}
		g.outs = append(g.outs, newOutput[T](g.space, o))
	}
	g.regs = make([][]T, len(f.Ins)+len(f.Code))
	return g.run
}

// passed reports whether input i is an out of a group of several: its tile must be copied
// before another out may overwrite it.
func passed(f *kernels.Fused, i int) bool {
	for j := range f.Outs {
		if int(f.Outs[j].Reg) == i && len(f.Outs) > 1 {
			return true
		}
	}
	return false
}

func newInput[T float](space kernels.Shape, strides []int, size int, copied bool) input[T] {
	in := input[T]{strides: strides, direct: !copied, scalar: true}
	for i, dense := range rowMajor(space) {
		in.direct = in.direct && (strides[i] == dense || space[i] == 1)
		in.scalar = in.scalar && strides[i] == 0
	}
	if !in.direct {
		in.buf = make([]T, size)
	}
	return in
}

// addSteps lays the registers of the code out in as few tiles as their last uses allow.
func (g *group[T]) addSteps(f *kernels.Fused, size int) {
	last := make([]int, len(f.Ins)+len(f.Code))
	for i, c := range f.Code {
		for j := range kernels.Info(c.Op).Arity {
			last[c.Args[j]] = i
		}
	}
	for i := range f.Outs {
		last[f.Outs[i].Reg] = len(f.Code)
	}
	var free [][]T
	table := tilesOf[T]()
	for i, c := range f.Code {
		s := step[T]{fn: table[c.Op], arity: kernels.Info(c.Op).Arity, imm0: float64(T(c.Imm0)), imm1: float64(T(c.Imm1))}
		if len(free) == 0 {
			free = append(free, make([]T, size))
		}
		s.buf, free = free[len(free)-1], free[:len(free)-1]
		for j := range s.arity {
			r := int(c.Args[j])
			s.args[j] = r
			if k := r - len(f.Ins); k >= 0 && last[r] == i {
				free = append(free, g.steps[k].buf)
				last[r] = len(f.Code) + 1 // freed
			}
		}
		if r := len(f.Ins) + i; last[r] == 0 { // never read
			free = append(free, s.buf)
		}
		g.steps = append(g.steps, s)
	}
}

// run walks the space tile by tile.
func (g *group[T]) run(uint64) error {
	for i := range g.outs {
		g.outs[i].begin(of[T](g.e, g.in.Outs[i]))
	}
	for lo := 0; lo < g.n; lo += tileSize {
		hi := min(lo+tileSize, g.n)
		g.load(lo, hi)
		for i := range g.steps {
			g.apply(i, hi-lo)
		}
		for i := range g.outs {
			o := &g.outs[i]
			o.put(g.regs[o.reg], lo)
		}
	}
	for i := range g.outs {
		g.outs[i].end()
	}
	return nil
}

// load fills the input registers with points [lo, hi).
func (g *group[T]) load(lo, hi int) {
	for i := range g.ins {
		in := &g.ins[i]
		data := of[T](g.e, g.in.Args[i])
		switch {
		case in.direct:
			g.regs[i] = data[lo:hi]
			continue
		case !in.scalar:
			strided(g.space, in.strides, lo, hi, func(tile, at, n, stride int) {
				runRow(in.buf[tile:], data[at:], n, 1, stride)
			})
		case lo == 0:
			runRow(in.buf, data, hi, 1, 0)
		}
		g.regs[i] = in.buf[:hi-lo]
	}
}

// apply runs step i on the first n elements of its registers.
func (g *group[T]) apply(i, n int) {
	s := &g.steps[i]
	var args [3][]T
	for j := range s.arity {
		args[j] = g.regs[s.args[j]]
	}
	dst := s.buf[:n]
	s.fn(dst, args[0], args[1], args[2], s.imm0, s.imm1)
	g.regs[len(g.ins)+i] = dst
}

// strided cuts points [lo, hi) of a space into runs along its last axis and calls f with each
// run's place in the tile, first element, length and element stride.
func strided(space kernels.Shape, strides []int, lo, hi int, f func(tile, at, n, stride int)) {
	last := len(space) - 1
	for p := lo; p < hi; {
		at, rest := 0, p
		for i := last; i >= 0; i-- {
			at += rest % space[i] * strides[i]
			rest /= space[i]
		}
		n := min(space[last]-p%space[last], hi-p)
		f(p-lo, at, n, strides[last])
		p += n
	}
}
