//go:build cgo

package cpu

// #include "exec.h"
import "C"

import (
	"fmt"
	"unsafe"

	"elbo/kernels"
)

// Limits of a group's layout.
const (
	rowPeriod   = 512     // longest row operand that is unrolled
	leadWidth   = 128     // accumulators a leading sum is widened to
	partialMost = 8 << 20 // bytes of partial sums of all chunks
)

// layout places a normalised group: scratch tiles, modes of operands and outs, chunks.
type layout struct {
	c *compiler
	g *group

	n       int // elements of the space
	modes   []C.enum_elbo_in_mode
	periods []int
	outs    []C.elbo_out
	entry   []int // pointer table entry of each register; inputs follow the tiles
	tiles   int
	direct  map[int]int // op to the direct out it writes
	copies  []int       // direct outs that are copied at the end
	offsets []int       // tls offset of each input's own tile
}

func (l *layout) emit() error {
	l.n = l.g.shape.Size()
	l.readModes()
	if err := l.writeModes(); err != nil {
		return err
	}
	l.chooseDirect()
	l.allocate()
	return l.build()
}

// readModes decides how each operand reaches its tiles.
func (l *layout) readModes() {
	for _, x := range l.g.ins {
		mode, period := C.enum_elbo_in_mode(C.ELBO_IN_STRIDED), rowLength(l.g.shape, x.strides)
		switch {
		case contiguous(l.g.shape, x.strides):
			mode = C.ELBO_IN_DIRECT
		case period == 1:
			mode = C.ELBO_IN_SCALAR
		case period > 1 && period <= rowPeriod:
			mode = C.ELBO_IN_ROW
		}
		l.modes, l.periods = append(l.modes, mode), append(l.periods, period)
	}
}

// rowLength returns the elements of a contiguous block that an operand repeats over leading axes,
// 0 where it is no such operand.
func rowLength(shape kernels.Shape, strides []int) int {
	n, repeats := 1, false
	for i := len(shape) - 1; i >= 0; i-- {
		switch {
		case shape[i] == 1:
		case strides[i] == 0:
			repeats = true
		case repeats || strides[i] != n:
			return 0
		default:
			n *= shape[i]
		}
	}
	return n
}

// writeModes decides how each out is stored or summed.
func (l *layout) writeModes() error {
	for _, o := range l.g.outs {
		f := kernels.FusedOut{Strides: o.strides}
		kept, lead, trail := f.Pattern(l.g.shape)
		x := C.elbo_out{value: C.int32_t(o.value), kept: C.long(kept)}
		for i, s := range o.strides {
			x.stride[i] = C.long(s)
		}
		switch {
		case kept == l.n && contiguous(l.g.shape, o.strides):
			x.mode = C.ELBO_OUT_DIRECT
		case kept == l.n:
			x.mode = C.ELBO_OUT_STRIDED
		case kept == 1:
			x.mode, x.width = C.ELBO_OUT_ALL, 1
		case lead:
			rows := min((leadWidth+kept-1)/kept, l.n/kept)
			x.mode, x.width = C.ELBO_OUT_LEAD, C.long(kept*rows)
		case trail:
			x.mode = C.ELBO_OUT_TRAIL
		default:
			return fmt.Errorf("cpu: out strides %v over %v: %w", o.strides, l.g.shape, kernels.ErrUnsupported)
		}
		if kept < l.n && !keptInOrder(l.g.shape, o.strides) {
			x.mapped = 1
		}
		l.outs = append(l.outs, x)
	}
	return nil
}

// keptInOrder reports whether the kept axes are laid out as a dense tensor in order.
func keptInOrder(shape kernels.Shape, strides []int) bool {
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		if shape[i] == 1 || strides[i] == 0 {
			continue
		}
		if strides[i] != n {
			return false
		}
		n *= shape[i]
	}
	return true
}

// chooseDirect lets the op that makes a dense out write it in place, unless a later reader needs an
// operand that lies there; such outs, and second outs of one register, are copied last.
func (l *layout) chooseDirect() {
	nin := len(l.g.ins)
	last := l.lastUses()
	l.direct = map[int]int{}
	for i := range l.outs {
		if l.outs[i].mode != C.ELBO_OUT_DIRECT {
			continue
		}
		op := l.g.outs[i].reg - nin
		_, taken := l.direct[op]
		free := op >= 0 && !taken
		for j, x := range l.g.ins {
			if free && l.c.overlap(x.value, l.g.outs[i].value) {
				free = last[j] <= op
			}
		}
		if free {
			l.direct[op] = i
		} else {
			l.copies = append(l.copies, i)
		}
	}
	for _, i := range l.copies {
		l.g.code = append(l.g.code, moveOp(int16(l.g.outs[i].reg)))
		l.direct[len(l.g.code)-1] = i
	}
}

// lastUses returns the last op that reads each register; outs read after all ops.
func (l *layout) lastUses() []int {
	last := make([]int, len(l.g.ins)+len(l.g.code))
	for i := range last {
		last[i] = -1
	}
	for i, op := range l.g.code {
		for j := range arity(op.Op) {
			last[op.Args[j]] = i
		}
	}
	for i, o := range l.g.outs {
		if o.reg < len(l.g.ins) || l.outs[i].mode != C.ELBO_OUT_DIRECT {
			last[o.reg] = len(l.g.code)
		}
	}
	return last
}

// allocate assigns pointer table entries: scratch tiles, reused after their last reader, then
// inputs, then direct outs.
func (l *layout) allocate() {
	nin := len(l.g.ins)
	last := l.lastUses()
	l.entry = make([]int, nin+len(l.g.code))
	var free []int
	for i, op := range l.g.code {
		for j := range arity(op.Op) {
			r := int(op.Args[j])
			if _, direct := l.direct[r-nin]; r >= nin && !direct && last[r] == i {
				free = append(free, l.entry[r])
				last[r] = -2 // freed once, also where an op reads it twice
			}
		}
		if _, direct := l.direct[i]; direct {
			continue
		}
		if len(free) == 0 {
			free = append(free, l.tiles)
			l.tiles++
		}
		l.entry[nin+i] = free[len(free)-1]
		free = free[:len(free)-1]
	}
	for i := range nin {
		l.entry[i] = l.tiles + i
	}
	for op, out := range l.direct {
		l.entry[nin+op] = l.tiles + nin + out
	}
}

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

// cost estimates the ns of one element from the op table's flops.
func (l *layout) cost() float64 {
	ns := 0.05 * float64(len(l.g.ins)+len(l.outs))
	for i, op := range l.g.code {
		ns += 0.04 + 0.02*float64(kernels.Info(l.g.code[i].Op).Flops)
		if op.Op == kernels.GammaGrad {
			ns += 50
		}
	}
	return ns * float64(l.c.p.DType.Size()) / 4
}

// chunk returns the elements of a chunk: some 8 µs of work, whole tiles, whole rows of trailing
// sums and of leading accumulators, and few enough that partial sums stay small.
func (l *layout) chunk(partials int) int {
	size, _ := chunksOf(l.n, l.cost())
	size = max(size, 4*C.ELBO_TILE)
	if partials > 0 {
		most := max(partialMost/(8*partials), 1)
		size = max(size, (l.n+most-1)/most)
	}
	unit := C.ELBO_TILE
	for i := range l.outs {
		switch o := &l.outs[i]; o.mode {
		case C.ELBO_OUT_LEAD:
			unit = lcm(unit, int(o.width))
		case C.ELBO_OUT_TRAIL:
			unit = lcm(unit, l.n/int(o.kept))
		}
		if unit >= l.n {
			return l.n
		}
	}
	return min(ceilTo(size, unit), ceilTo(l.n, unit))
}

func lcm(a, b int) int {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}
