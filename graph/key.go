package graph

import (
	"encoding/binary"
	"math"

	"elbo/kernels"
)

// key writes an exact identity of op(args) with its immediates and attributes to a buffer
// that the next call reuses: equal keys mean equal expressions, nothing is hashed away.
func (c *Code) key(op kernels.Op, imm [2]float64, attr *kernels.Attr, shape kernels.Shape, args []V) []byte {
	b := c.keyBuf[:0]
	b = binary.AppendUvarint(b, uint64(op))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(imm[0]))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(imm[1]))
	b = appendInts(b, shape)
	b = binary.AppendUvarint(b, uint64(len(args)))
	for _, a := range args {
		b = binary.AppendUvarint(b, uint64(a))
	}
	if attr != nil {
		b = appendInts(b, []int{attr.Axis, attr.Start, attr.N, int(attr.Site)})
		b = appendInts(b, attr.Axes)
		flags := byte(0)
		for i, f := range []bool{attr.TransA, attr.TransB, attr.Flag} {
			if f {
				flags |= 1 << i
			}
		}
		b = append(b, flags)
		if op == kernels.Im2Col || op == kernels.Col2Im {
			w := attr.Window
			for _, pair := range [][2]int{w.Kernel, w.Stride, w.Pad, w.PadEnd} {
				b = appendInts(b, pair[:])
			}
		}
	}
	c.keyBuf = b
	return b
}

func appendInts(b []byte, xs []int) []byte {
	b = binary.AppendUvarint(b, uint64(len(xs)))
	for _, x := range xs {
		b = binary.AppendVarint(b, int64(x))
	}
	return b
}
