package formula

import "math"

// polyColumns evaluates the orthonormal polynomials p₁..p_k of a Poly variable for n inputs x into out[0..k−1], by
// the three-term recurrence on z = (x − center)/scale:
//
//	p₀ = 1, p₁ = z − α₀, p_{j+1} = (z − α_j) p_j − (‖p_j‖²/‖p_{j−1}‖²) p_{j−1}, column j = p_j/‖p_j‖
//
// (Kennedy & Gentle 1980, as R's poly()). Shift and scale cancel in the columns; they keep the recurrence in range.
func polyColumns(v *Variable, x []float64, out [][]float64) {
	n := len(x)
	scale := divisor(v.Scale)
	for r := range x {
		out[0][r] = (x[r]-v.Center)/scale - v.Alpha[0]
	}
	for j := 1; j < len(v.Alpha); j++ {
		ratio := v.Norm[j] / v.Norm[j-1]
		p, next := out[j-1][:n], out[j][:n]
		for r := range x {
			before := 1.0
			if j > 1 {
				before = out[j-2][r]
			}
			next[r] = ((x[r]-v.Center)/scale-v.Alpha[j])*p[r] - ratio*before
		}
	}
	for j := range v.Alpha {
		root := math.Sqrt(v.Norm[j+1])
		for r := range x {
			out[j][r] /= root
		}
	}
}

// divisor reads a stored scale: 0 means 1.
func divisor(scale float64) float64 {
	if scale == 0 {
		return 1
	}
	return scale
}

// polyFit learns α and ‖p_j‖² one degree a pass over the data.
type polyFit struct {
	v      *Variable
	degree int
	sumXPP float64 // Σ z p_j²
	sumPP  float64 // Σ p_j²
}

// add takes a block of inputs into the sums of the highest polynomial known so far. Blocks are summed on their own
// first, which keeps the rounding error of long sums small.
func (f *polyFit) add(x []float64) {
	var xpp, pp float64
	scale := divisor(f.v.Scale)
	for _, xr := range x {
		z := (xr - f.v.Center) / scale
		p, before := 1.0, 0.0
		for j, a := range f.v.Alpha {
			ratio := 0.0
			if j > 0 {
				ratio = f.v.Norm[j] / f.v.Norm[j-1]
			}
			p, before = (z-a)*p-ratio*before, p
		}
		pp += p * p
		xpp += z * p * p
	}
	f.sumXPP += xpp
	f.sumPP += pp
}

// next closes a pass; it is false when the polynomial vanishes on the data, which happens when x has too few
// distinct values.
func (f *polyFit) next() bool {
	j := len(f.v.Norm)
	if !(f.sumPP > 1e-14*f.v.Norm[j-1]) {
		return false
	}
	f.v.Norm = append(f.v.Norm, f.sumPP)
	if j < f.degree {
		f.v.Alpha = append(f.v.Alpha, f.sumXPP/f.sumPP)
	}
	f.sumXPP, f.sumPP = 0, 0
	return true
}
