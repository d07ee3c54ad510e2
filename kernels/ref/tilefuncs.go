package ref

import "math"

func negTile[T float](dst, a, _, _ []T, _, _ float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = -a[i]
	}
}

func absTile[T float](dst, a, _, _ []T, _, _ float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Abs(float64(a[i])))
	}
}

func squareTile[T float](dst, a, _, _ []T, _, _ float64) {
	a = a[:len(dst)]
	for i, x := range a {
		dst[i] = x * x
	}
}

func recipTile[T float](dst, a, _, _ []T, _, _ float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = 1 / a[i]
	}
}

func sqrtTile[T float](dst, a, _, _ []T, _, _ float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Sqrt(float64(a[i])))
	}
}

func rsqrtTile[T float](dst, a, _, _ []T, _, _ float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = T(1 / math.Sqrt(float64(a[i])))
	}
}

func affineTile[T float](dst, a, _, _ []T, imm0, imm1 float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = T(math.FMA(imm0, float64(a[i]), imm1))
	}
}

// clampTile relies on max and min keeping NaN.
func clampTile[T float](dst, a, _, _ []T, imm0, imm1 float64) {
	a = a[:len(dst)]
	lo, hi := T(imm0), T(imm1)
	for i := range dst {
		dst[i] = min(max(a[i], lo), hi)
	}
}

func powImmTile[T float](dst, a, _, _ []T, imm0, _ float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Pow(float64(a[i]), imm0))
	}
}

func addTile[T float](dst, a, b, _ []T, _, _ float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

func subTile[T float](dst, a, b, _ []T, _, _ float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

func mulTile[T float](dst, a, b, _ []T, _, _ float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

func divTile[T float](dst, a, b, _ []T, _, _ float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] / b[i]
	}
}

func maxTile[T float](dst, a, b, _ []T, _, _ float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = max(a[i], b[i])
	}
}

func minTile[T float](dst, a, b, _ []T, _, _ float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = min(a[i], b[i])
	}
}

func powTile[T float](dst, a, b, _ []T, _, _ float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Pow(float64(a[i]), float64(b[i])))
	}
}

func gammaGradTile[T float](dst, a, b, _ []T, _, _ float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = T(gammaGrad(float64(a[i]), float64(b[i])))
	}
}

func axpyTile[T float](dst, a, b, _ []T, imm0, _ float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = T(math.FMA(imm0, float64(a[i]), float64(b[i])))
	}
}

// whereTile picks b where a is not zero; NaN is not zero.
func whereTile[T float](dst, a, b, c []T, _, _ float64) {
	a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
	for i := range dst {
		if a[i] != 0 {
			dst[i] = b[i]
		} else {
			dst[i] = c[i]
		}
	}
}

func fmaTile[T float](dst, a, b, c []T, _, _ float64) {
	a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
	for i := range dst {
		dst[i] = T(math.FMA(float64(a[i]), float64(b[i]), float64(c[i])))
	}
}
