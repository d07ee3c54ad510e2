//go:build cgo

package cpu

// #include "exec.h"
import "C"

import "unsafe"

// build writes the C structures and emits the instruction.
func (l *layout) build() error {
	groups, err := array[C.elbo_group](l.c.mem, 1)
	if err != nil {
		return err
	}
	g := &groups[0]
	g.n, g.tiles = C.long(l.n), C.int32_t(l.tiles)
	g.nreg = C.int32_t(l.tiles + len(l.g.ins) + len(l.outs))
	for i, n := range l.g.shape {
		g.dim[i] = C.long(n)
	}
	tls, err := l.buildIns(g)
	if err == nil {
		tls, err = l.buildOuts(g, tls)
	}
	if err == nil {
		err = l.buildOps(g)
	}
	if err != nil {
		return err
	}
	size := l.c.p.DType.Size()
	g.scratch = C.long(tls)
	in := instr{kernel: C.ELBO_K_FUSED, dtype: l.c.p.DType, ext: unsafe.Pointer(g),
		tls: tls + l.tiles*C.ELBO_TILE*size + 64, cost: l.cost() * float64(l.n)}
	chunk := l.chunk(int(g.partials))
	g.chunk, in.chunks = C.long(chunk), (l.n+chunk-1)/chunk
	in.partial = in.chunks * int(g.partials) * 8
	l.c.emit(in)
	return nil
}

func (l *layout) buildIns(g *C.elbo_group) (tls int, err error) {
	ins, err := array[C.elbo_in](l.c.mem, len(l.g.ins))
	if err != nil {
		return 0, err
	}
	for i, x := range l.g.ins {
		ins[i].value, ins[i].reg = C.int32_t(x.value), C.int32_t(l.entry[i])
		ins[i].mode, ins[i].period = C.int32_t(l.modes[i]), C.int32_t(l.periods[i])
		for k, s := range x.strides {
			ins[i].stride[k] = C.long(s)
		}
		if l.modes[i] == C.ELBO_IN_DIRECT {
			continue
		}
		ins[i].offset = C.long(tls)
		elems := C.ELBO_TILE
		if l.modes[i] == C.ELBO_IN_ROW {
			elems += l.periods[i]
		}
		tls += ceilTo(elems*l.c.p.DType.Size()+128, 64)
	}
	g.in, g.nin = unsafe.SliceData(ins), C.int32_t(len(ins))
	return tls, nil
}

func (l *layout) buildOuts(g *C.elbo_group, tls int) (int, error) {
	outs, err := array[C.elbo_out](l.c.mem, len(l.outs))
	if err != nil {
		return 0, err
	}
	for i := range l.outs {
		o := &l.outs[i]
		o.reg = C.int32_t(l.entry[l.g.outs[i].reg])
		switch o.mode {
		case C.ELBO_OUT_DIRECT:
			o.reg = C.int32_t(l.tiles + len(l.g.ins) + i)
		case C.ELBO_OUT_ALL, C.ELBO_OUT_LEAD:
			o.offset = g.partials
			g.partials += o.width
		}
		if o.mode == C.ELBO_OUT_LEAD {
			o.scratch = C.long(tls)
			tls += ceilTo(int(o.width)*4+128, 64)
		}
		outs[i] = *o
	}
	g.out, g.nout = unsafe.SliceData(outs), C.int32_t(len(outs))
	return tls, nil
}

func (l *layout) buildOps(g *C.elbo_group) error {
	ops, err := array[C.elbo_op](l.c.mem, len(l.g.code))
	if err != nil {
		return err
	}
	patterns, n := l.g.patterns(), 0
	for i, op := range l.g.code {
		if p := patterns[i]; p != nil {
			if p.last() != i {
				continue // the last op's place is the pattern's
			}
			wide, err := l.wide(p)
			if err != nil {
				return err
			}
			ops[n] = C.elbo_op{fn: l.c.level.pattern(p.kind, l.c.p.DType), wide: wide}
			n++
			continue
		}
		var at [3]C.int32_t
		for j := range arity(op.Op) {
			at[j] = C.int32_t(l.entry[op.Args[j]])
		}
		ops[n] = C.elbo_op{fn: l.c.level.tile(op.Op, l.c.p.DType), a: at[0], b: at[1], c: at[2],
			out: C.int32_t(l.entry[len(l.g.ins)+i]), imm0: C.double(op.Imm0), imm1: C.double(op.Imm1)}
		n++
	}
	g.op, g.nop = unsafe.SliceData(ops), C.int32_t(n)
	return nil
}
