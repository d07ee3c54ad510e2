package regress

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestStepSizes checks particles and step size against the rule a D/S ≤ 0.4 of full rank, and what is asked for.
func TestStepSizes(t *testing.T) {
	for _, c := range []struct {
		columns, particles int
		lr                 float64
		wantS              int
		wantLR             float64
	}{
		{4, 0, 0, 8, 0.1},
		{30, 0, 0, 8, 0.1},
		{122, 0, 0, 32, 0.1},
		{122, 8, 0, 8, 0.4 * 8 / 124},
		{122, 2, 0.05, 2, 0.05},
		{318, 0, 0, 64, 0.4 * 64 / 320},
	} {
		header, row := "y", "1"
		for j := range c.columns {
			header += ",x" + itoa(j)
			row += "," + itoa(j*j%7)
		}
		text := header + "\n" + row + "\n" + strings.Replace(row, "1", "2", 1) + "\n0" + strings.Repeat(",1", c.columns) + "\n"
		p := prepare(t, text, Options{Formula: "y ~ .", Family: "gaussian", Guide: "fullrank", Particles: c.particles, LR: c.lr})
		if s, lr := p.particles(), p.rate(nil); s != c.wantS || math.Abs(lr-c.wantLR) > 1e-15 {
			t.Errorf("D = %d: %d particles at %.4g, want %d at %.4g", p.Dim(), s, lr, c.wantS, c.wantLR)
		}
	}
}

// TestLargestEigenvalue has d variables of equal correlation r, whose correlation matrix has eigenvalues 1 + (d−1) r
// and 1 − r, in arbitrary units.
func TestLargestEigenvalue(t *testing.T) {
	for _, r := range []float64{0, 0.3, 0.9, -0.2} {
		const d = 5
		m := mat.NewSymDense(d, nil)
		for i := range d {
			for j := range i + 1 {
				v := math.Pow(10, float64(i+j))
				if i != j {
					v *= r
				}
				m.SetSym(i, j, v)
			}
		}
		near(t, "eigenvalue", largestEigenvalue(m), math.Max(1+(d-1)*r, 1-r), 1e-9)
	}
}
