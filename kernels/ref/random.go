package ref

import (
	"math"

	"elbo/kernels"
)

// makeUniform fills with uniforms of the instruction's stream, kept below 1 in float32 too.
func makeUniform[T float](e *executable, in *kernels.Instr) kernel {
	below := T(1)
	if x := T(1 - 1./(1<<24)); e.prog.DType == kernels.F32 {
		below = x
	}
	return fill(e, in, func(w [4]uint32, out *[4]T) {
		for j := range out {
			out[j] = min(T(unit[T](w[j])), below)
		}
	})
}

// makeNormal fills with standard normals: Box–Muller on word pairs (0,1) and (2,3), in float64.
func makeNormal[T float](e *executable, in *kernels.Instr) kernel {
	return fill(e, in, func(w [4]uint32, out *[4]T) {
		for j := 0; j < 4; j += 2 {
			r := math.Sqrt(-2 * math.Log(unit[T](w[j])))
			s, c := math.Sincos(2 * math.Pi * unit[T](w[j+1]))
			out[j], out[j+1] = T(r*c), T(r*s)
		}
	})
}

// unit maps a word into (0,1) at the resolution of T.
func unit[T float](w uint32) float64 {
	var zero T
	if _, ok := any(zero).(float32); ok {
		return (float64(w>>8) + 0.5) / (1 << 24)
	}
	return (float64(w) + 0.5) / (1 << 32)
}

// fill runs over the counters of a stream, 32 to a group of 128 elements; f turns the four
// words of one counter into four elements, 32 apart.
func fill[T float](e *executable, in *kernels.Instr, f func([4]uint32, *[4]T)) kernel {
	key := kernels.Key(e.prog.Seed)
	return func(step uint64) error {
		dst := of[T](e, in.Outs[0])
		var out [4]T
		for base := 0; base < len(dst); base += 128 {
			for lane := range min(32, len(dst)-base) {
				f(kernels.Philox(key, kernels.Counter(in.Attr.Site, step, uint32(base/4+lane))), &out)
				for j, x := range out {
					if at := base + 32*j + lane; at < len(dst) {
						dst[at] = x
					}
				}
			}
		}
		return nil
	}
}
