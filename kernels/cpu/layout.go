//go:build cgo

package cpu

// #include "exec.h"
import "C"

import (
	"fmt"

	"elbo/kernels"
)

// rowPeriod is the length of the longest row operand that is unrolled; leadWidth the number of
// accumulators a leading sum is widened to.
const rowPeriod, leadWidth = 512, 128

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
		l.outs = append(l.outs, x)
	}
	return nil
}
