package ref

import (
	"fmt"
	"math"

	"elbo/kernels"
)

// outside is the error of an index that is no row of a table.
func outside(at int, index int32, rows int) error {
	return fmt.Errorf("index %d at position %d, table of %d rows: %w", index, at, rows, kernels.ErrIndex)
}

func makeGather[T float](e *executable, in *kernels.Instr) kernel {
	switch e.prog.Values[in.Outs[0]].DType.Size() {
	case 8:
		return gather[uint64](e, in)
	case 2:
		return gather[uint16](e, in)
	case 1:
		return gather[uint8](e, in)
	}
	return gather[uint32](e, in)
}

func gather[E uint8 | uint16 | uint32 | uint64](e *executable, in *kernels.Instr) kernel {
	table := e.shape(in.Args[0])
	rows, width := table[0], table[1:].Size()
	return func(uint64) error {
		src, idx, dst := of[E](e, in.Args[0]), of[int32](e, in.Args[1]), of[E](e, in.Outs[0])
		for i, r := range idx {
			if uint(r) >= uint(rows) {
				return outside(i, r, rows)
			}
			copy(dst[i*width:(i+1)*width], src[int(r)*width:])
		}
		return nil
	}
}

// makeScatterAdd adds rows in index order, in float64.
func makeScatterAdd[T float](e *executable, in *kernels.Instr) kernel {
	out := e.shape(in.Outs[0])
	rows, width := out[0], out[1:].Size()
	acc := make([]float64, out.Size())
	return func(uint64) error {
		idx, src, dst := of[int32](e, in.Args[0]), of[T](e, in.Args[1]), of[T](e, in.Outs[0])
		clear(acc)
		for i, r := range idx {
			if uint(r) >= uint(rows) {
				return outside(i, r, rows)
			}
			row := acc[int(r)*width : (int(r)+1)*width]
			for j, x := range src[i*width : (i+1)*width] {
				row[j] += float64(x)
			}
		}
		for i, x := range acc {
			dst[i] = T(x)
		}
		return nil
	}
}

func makeToFloat[T float](e *executable, in *kernels.Instr) kernel {
	switch e.prog.Values[in.Args[0]].DType {
	case kernels.U8:
		return toFloat(e, in, func(x uint8) T { return T(x) })
	case kernels.BF16:
		return toFloat(e, in, func(x uint16) T { return T(kernels.BFloat16Value(x)) })
	}
	return toFloat(e, in, func(x int32) T { return T(x) })
}

func toFloat[T float, E int32 | uint16 | uint8](e *executable, in *kernels.Instr, value func(E) T) kernel {
	return func(uint64) error {
		dst := of[T](e, in.Outs[0])
		for i, x := range of[E](e, in.Args[0]) {
			dst[i] = value(x)
		}
		return nil
	}
}

// makeToInt rounds toward zero; values beyond int32 become its nearest end.
func makeToInt[T float](e *executable, in *kernels.Instr) kernel {
	return func(uint64) error {
		dst := of[int32](e, in.Outs[0])
		for i, v := range of[T](e, in.Args[0]) {
			switch x := float64(v); {
			case x != x:
				dst[i] = -1
			default:
				dst[i] = int32(math.Trunc(min(max(x, math.MinInt32), math.MaxInt32)))
			}
		}
		return nil
	}
}

func makeIota[T float](e *executable, in *kernels.Instr) kernel {
	s := e.shape(in.Outs[0])
	n := s[len(s)-1]
	return func(uint64) error {
		dst := of[T](e, in.Outs[0])
		for i := range dst {
			dst[i] = T(i % n)
		}
		return nil
	}
}

func makeStep[T float](e *executable, in *kernels.Instr) kernel {
	return func(step uint64) error {
		of[T](e, in.Outs[0])[0] = T(step)
		return nil
	}
}

func makeBatchIndex[T float](e *executable, in *kernels.Instr) kernel {
	return func(step uint64) error {
		kernels.BatchRows(of[int32](e, in.Outs[0]), in.Attr.N, e.prog.Seed, step)
		return nil
	}
}
