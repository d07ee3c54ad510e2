package kernelstest

import (
	"math"
	"reflect"
	"testing"

	"elbo/kernels"
)

// The comparator must see what a careless one misses: NaN, infinities, lengths, zero tolerance.
func TestMismatch(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name             string
		got, want, scale []float64
		tol              float64
		dt               kernels.DType
		match            bool
	}{
		{"equal", []float64{1, nan, inf, 0}, []float64{1, nan, inf, math.Copysign(0, -1)}, nil, 0, kernels.F64, true},
		{"NaN got", []float64{nan}, []float64{1}, nil, 1e9, kernels.F64, false},
		{"NaN wanted", []float64{1}, []float64{nan}, nil, 1e9, kernels.F64, false},
		{"other infinity", []float64{-inf}, []float64{inf}, nil, 1e9, kernels.F64, false},
		{"infinite got", []float64{inf}, []float64{1e308}, nil, 1e9, kernels.F64, false},
		{"overflow in float32", []float64{inf}, []float64{1e39}, nil, 0, kernels.F32, true},
		{"shorter", []float64{1}, []float64{1, 2}, nil, 1, kernels.F64, false},
		{"absolute below one", []float64{1e-7}, []float64{0}, nil, 1e-6, kernels.F64, true},
		{"relative above one", []float64{1000.001}, []float64{1000}, nil, 1e-5, kernels.F64, true},
		{"off", []float64{1000.1}, []float64{1000}, nil, 1e-5, kernels.F64, false},
		{"scaled", []float64{0.5}, []float64{0}, []float64{1e6}, 1e-6, kernels.F64, true},
		{"last of many", []float64{1, 1, 2}, []float64{1, 1, 1}, nil, 1e-3, kernels.F64, false},
	}
	for _, tc := range tests {
		if diff := Mismatch(tc.got, tc.want, tc.scale, tc.tol, tc.dt); (diff == "") != tc.match {
			t.Errorf("%s: %q", tc.name, diff)
		}
	}
}

// mpmath 1.3.0 at 60 digits: digamma, psi(1), psi(2), log ncdf, quantile by root finding, and
// -diff(gammainc(a, 0, x, regularized=True), a)/pdf.
func TestOracleGoldens(t *testing.T) {
	tests := []struct {
		name      string
		got, want float64
		tol       float64
	}{
		{"digamma(0.3)", digamma(0.3), -3.5025242222001331249, 1e-14},
		{"trigamma(0.3)", trigamma(0.3), 12.245364546107731301, 1e-14},
		{"tetragamma(0.3)", tetragamma(0.3), -75.272536588726038917, 1e-14},
		{"logNormCDF(-40)", logNormCDF(-40), -804.60844201375378817, 1e-14},
		{"logNormCDF(-2)", logNormCDF(-2), -3.7831843336820319488, 1e-13},
		{"normInv(0.001)", normInv(0.001), -3.0902323061678135354, 1e-14},
		{"gammaGrad(0.3, 5)", gammaGrad([2]float64{0.3, 5}), 4.6998244156798339036, 1e-9},
		{"gammaGrad(0.3, 20)", gammaGrad([2]float64{0.3, 20}), 6.3327338693569498838, 1e-9},
		{"gammaGrad(20, 0.3)", gammaGrad([2]float64{20, 0.3}), 0.064295689961351490961, 1e-9},
		{"gammaGrad(20, 20)", gammaGrad([2]float64{20, 20}), 1.0083737883634059567, 1e-9},
		{"log 1e-310", logarithm(1e-310), -713.80137882815416, 1e-15},
	}
	for _, tc := range tests {
		if d := math.Abs(tc.got - tc.want); !(d <= tc.tol*math.Abs(tc.want)) {
			t.Errorf("%s = %.17g, want %.17g", tc.name, tc.got, tc.want)
		}
	}
}

// Small programs whose results are plain to see.
func TestEvalByHand(t *testing.T) {
	b := NewBuilder("by hand", kernels.F64)
	x := b.Input("x", []float64{1, 2, 3, 4, 5, 6}, 2, 3)
	b.Output("sum0", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}}, x))
	b.Output("gram", b.Apply(kernels.MatMul, kernels.Attr{TransB: true}, x, x))
	b.Output("back", b.Apply(kernels.CumSum, kernels.Attr{Axis: 1, Flag: true}, x))
	b.Output("t", b.Apply(kernels.Transpose, kernels.Attr{Axes: []int{1, 0}}, x))
	b.Output("pad", b.Apply(kernels.Pad, kernels.Attr{Axis: 0, Start: 1, Shape: kernels.Shape{3, 3}}, x))
	idx := b.Index("i", []float64{1, 1}, 2)
	b.Output("scatter", b.Apply(kernels.ScatterAdd, kernels.Attr{Shape: kernels.Shape{2, 3}}, idx, x))
	l := b.Input("l", []float64{2, 9, 1, 4}, 2, 2)
	b.Output("solve", b.Apply(kernels.TriSolve, kernels.Attr{TransA: true}, l, b.Input("r", []float64{4, 8}, 2)))
	got := Eval(b.Program(), b.Feed, 0)
	for name, want := range map[string][]float64{
		"sum0": {5, 7, 9}, "gram": {14, 32, 32, 77}, "back": {6, 5, 3, 15, 11, 6}, "t": {1, 4, 2, 5, 3, 6},
		"pad": {0, 0, 0, 1, 2, 3, 4, 5, 6}, "scatter": {0, 0, 0, 5, 7, 9}, "solve": {1, 2},
	} {
		if diff := Mismatch(got[name], want, nil, 1e-15, kernels.F64); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Generated programs are the same every time, pass Check, and have no two live values in one place.
func TestProgramsAreSound(t *testing.T) {
	again := Programs()
	fusedOps := map[kernels.Op]bool{}
	for i, g := range Programs() {
		if err := g.Program.Check(); err != nil {
			t.Errorf("%s: %v", g.Name, err)
		}
		other := again[i]
		if g.Name != other.Name || SameBits(g.Slots, other.Slots) != nil ||
			!reflect.DeepEqual(g.Program, other.Program) {
			t.Errorf("%s differs the second time", g.Name)
		}
		checkPlan(t, g.Program)
		for _, in := range g.Program.Instrs {
			if in.Op == kernels.OpFused {
				for _, c := range in.Fused.Code {
					fusedOps[c.Op] = true
				}
			}
		}
	}
	for _, c := range choices {
		if !fusedOps[c.op] {
			t.Errorf("no generated group holds %v", c.op)
		}
	}
}

// checkPlan marks the bytes of each scratch value when it is made; whoever reads it must find its mark.
func checkPlan(t *testing.T, p *kernels.Program) {
	t.Helper()
	owner := make([]kernels.ValueID, p.Scratch)
	for i, in := range p.Instrs {
		for _, id := range in.Args {
			v := &p.Values[id]
			if v.Home != kernels.InScratch || p.Bytes(id) == 0 || in.Op == kernels.View {
				continue
			}
			if owner[v.Offset] != id {
				t.Errorf("%s: instruction %d reads value %d from memory of value %d", p.Name, i, id, owner[v.Offset])
			}
		}
		for _, id := range in.Outs {
			if v := &p.Values[id]; v.Home == kernels.InScratch {
				for k := range p.Bytes(id) {
					owner[v.Offset+k] = id
				}
			}
		}
	}
}
