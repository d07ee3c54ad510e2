package kernelstest

import (
	"math"
	"testing"

	"elbo/kernels"
)

func TestDistance(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name             string
		got, want, scale []float64
		far              float64
	}{
		{"equal", []float64{1, nan, inf}, []float64{1, nan, inf}, nil, 0},
		{"below one the unit is one", []float64{0.5}, []float64{0.25}, nil, 0.25},
		{"above one it is the value", []float64{5}, []float64{4}, nil, 0.25},
		{"or the scale", []float64{5}, []float64{4}, []float64{-10}, 0.1},
		{"a NaN too many", []float64{nan}, []float64{4}, nil, inf},
		{"an infinity too few", []float64{4}, []float64{-inf}, nil, inf},
		{"overflow of float32 is an infinity", []float64{inf}, []float64{1e300}, nil, 0},
		{"lengths", []float64{1}, []float64{1, 2}, nil, inf},
	} {
		if far := distance(c.got, c.want, c.scale, kernels.F32); far != c.far {
			t.Errorf("%s: %v, want %v", c.name, far, c.far)
		}
	}
}
