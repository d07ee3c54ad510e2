package ref

import (
	"math"
	"slices"

	"elbo/kernels"
)

// split returns the axes of a tensor in the order kept, reduced with their extents and strides.
func split(s kernels.Shape, reduced []int) (kept, red kernels.Shape, keptSt, redSt []int) {
	st := rowMajor(s)
	for i, d := range s {
		if slices.Contains(reduced, i) {
			red, redSt = append(red, d), append(redSt, st[i])
		} else {
			kept, keptSt = append(kept, d), append(keptSt, st[i])
		}
	}
	return kept, red, keptSt, redSt
}

// makeSum is a fused group without code. A leading block of axes is summed where it lies;
// any other axes are walked last.
func makeSum[T float](e *executable, in *kernels.Instr) kernel {
	kept, red, keptSt, redSt := split(e.shape(in.Args[0]), in.Attr.Axes)
	space, read := slices.Concat(kept, red), slices.Concat(keptSt, redSt)
	write := slices.Concat(rowMajor(kept), make([]int, len(red)))
	if leads(in.Attr.Axes) {
		space, read = slices.Concat(red, kept), slices.Concat(redSt, keptSt)
		write = slices.Concat(make([]int, len(red)), rowMajor(kept))
	}
	return makeGroup[T](e, &kernels.Instr{Op: in.Op, Args: in.Args, Outs: in.Outs, Fused: &kernels.Fused{
		Shape: space, Ins: []kernels.Operand{{Strides: read}},
		Outs: []kernels.FusedOut{{Reg: 0, Strides: write, Reduce: true}},
	}})
}

// leads reports whether axes are the first ones of a tensor.
func leads(axes []int) bool {
	for i := range axes {
		if !slices.Contains(axes, i) {
			return false
		}
	}
	return true
}

// offsets lists the element offsets of the points of a strided view in row-major order.
func offsets(s kernels.Shape, strides []int) []int {
	at := []int{0}
	for i, d := range s {
		next := make([]int, 0, len(at)*d)
		for _, a := range at {
			for k := range d {
				next = append(next, a+k*strides[i])
			}
		}
		at = next
	}
	return at
}

// makeMax takes maxima; NaN wins, and the maximum of nothing is -Inf.
func makeMax[T float](e *executable, in *kernels.Instr) kernel {
	kept, red, keptSt, redSt := split(e.shape(in.Args[0]), in.Attr.Axes)
	bases, points := offsets(kept, keptSt), offsets(red, redSt)
	return func(uint64) error {
		src, dst := of[T](e, in.Args[0]), of[T](e, in.Outs[0])
		for i, base := range bases {
			m := T(math.Inf(-1))
			for _, p := range points {
				m = max(m, src[base+p])
			}
			dst[i] = m
		}
		return nil
	}
}

// makeCumSum sums along one axis in float64, from either end.
func makeCumSum[T float](e *executable, in *kernels.Instr) kernel {
	s := e.shape(in.Args[0])
	n, inner := s[in.Attr.Axis], s[in.Attr.Axis+1:].Size()
	acc := make([]float64, inner)
	return func(uint64) error {
		src, dst := of[T](e, in.Args[0]), of[T](e, in.Outs[0])
		for base := 0; base < len(src); base += n * inner {
			clear(acc)
			for k := range n {
				at := base + k*inner
				if in.Attr.Flag {
					at = base + (n-1-k)*inner
				}
				row, to := src[at:at+inner], dst[at:at+inner]
				for i, x := range row {
					acc[i] += float64(x)
					to[i] = T(acc[i])
				}
			}
		}
		return nil
	}
}
