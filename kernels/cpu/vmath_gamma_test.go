//go:build cgo

package cpu

import (
	"math"
	"testing"

	"elbo/kernels"
)

// TestGammaGradSeam: at shape 1e5 the series and the fraction hand over to the expansion;
// the two sides agree to the expansion's error, z^4/a^2 at ten standard deviations.
func TestGammaGradSeam(t *testing.T) {
	for z := -10.0; z <= 10; z += 0.5 {
		a := 1e5
		x := a + z*math.Sqrt(a)
		above := math.Nextafter(a, 2*a)
		got := make([]float64, 2)
		callTile(0, kernels.GammaGrad, []float64{a, above}, []float64{x, x}, nil, got, 0, 0)
		if d := math.Abs(got[0]/got[1] - 1); !(d < 1e-6) {
			t.Errorf("z = %g: %.12g below the seam, %.12g above", z, got[0], got[1])
		}
	}
}

// TestGammaGradMean: E[dx/da] = d E[x]/da = 1, over midpoints of equal probabilities of a
// Gamma(1) draw; they miss the ends of the tail, less than 1e-3 of the mean.
func TestGammaGradMean(t *testing.T) {
	const n = 2000
	a, x, g := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		a[i], x[i] = 1, -math.Log1p(-(float64(i)+0.5)/n)
	}
	callTile(0, kernels.GammaGrad, a, x, nil, g, 0, 0)
	mean := 0.0
	for _, v := range g {
		mean += v / n
	}
	if math.Abs(mean-1) > 1e-3 {
		t.Errorf("mean of dx/da over Gamma(1) draws = %g, want 1", mean)
	}
}
