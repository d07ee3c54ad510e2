//go:build elbo_cuda && linux

package cuda

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
	"elbo/kernels/ref"
)

// glm is a step of logistic regression in a mean-field Gaussian family: a batch of resident rows,
// noise, products both ways, Adam in one fused group.
func glm(dt kernels.DType) *kernelstest.Builder {
	const rows, batch, k = 300, 32, 8
	b := kernelstest.NewBuilder("glm "+dt.String(), dt)
	b.Seed(11)
	r := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float64, rows*k), make([]float64, rows)
	for i := range y {
		eta := 0.0
		for j := range k {
			x[i*k+j] = r.NormFloat64()
			eta += x[i*k+j] * math.Sin(float64(j))
		}
		if r.Float64() < 1/(1+math.Exp(-eta)) {
			y[i] = 1
		}
	}
	none := [2]float64{}
	data, target := b.Input("x", x, rows, k), b.Input("y", y, rows)
	mean, spread := b.State("mean", nil, k), b.State("spread", nil, k)
	idx := b.Apply(kernels.BatchIndex, kernels.Attr{N: rows, Shape: kernels.Shape{batch}})
	xb := b.Apply(kernels.Gather, kernels.Attr{}, data, idx)
	yb := b.Apply(kernels.Gather, kernels.Attr{}, target, idx)
	noise := b.Apply(kernels.RandNormal, kernels.Attr{Shape: kernels.Shape{k}, Site: 5})
	scale := b.Elem(kernels.Exp, none, spread)
	w := b.Elem(kernels.FMA, none, scale, noise, mean)
	eta := b.Apply(kernels.MatMul, kernels.Attr{}, xb, w)
	residual := b.Elem(kernels.Sub, none, b.Elem(kernels.Sigmoid, none, eta), yb)
	loss := b.Elem(kernels.Sub, none, b.Elem(kernels.Softplus, none, eta), b.Elem(kernels.Mul, none, eta, yb))
	b.Output("loss", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}}, loss))
	grad := b.Apply(kernels.MatMul, kernels.Attr{TransA: true}, xb, residual)
	each := [2]float64{1. / batch, 0}
	gradMean := b.Elem(kernels.Axpy, [2]float64{0.01}, mean, b.Elem(kernels.Affine, each, grad))
	gradSpread := b.Elem(kernels.FMA, none, b.Elem(kernels.Mul, none, gradMean, noise), scale,
		b.Const([]float64{-0.05}))
	adam(b, "mean", mean, gradMean, k)
	adam(b, "spread", spread, gradSpread, k)
	return b
}

// adam updates a state and its two moments in place.
func adam(b *kernelstest.Builder, name string, p, g kernels.ValueID, n int) {
	m, v := b.State(name+" m", nil, n), b.State(name+" v", nil, n)
	one := []int{1}
	f := &kernels.Fused{
		Shape: kernels.Shape{n}, Ins: []kernels.Operand{{Strides: one}, {Strides: one}, {Strides: one}, {Strides: one}},
		Code: []kernels.FusedOp{
			{Op: kernels.Affine, Args: [3]int16{1}, Imm0: 0.9},           // 4
			{Op: kernels.Axpy, Args: [3]int16{3, 4}, Imm0: 0.1},          // 5: m'
			{Op: kernels.Square, Args: [3]int16{3}},                      // 6
			{Op: kernels.Affine, Args: [3]int16{2}, Imm0: 0.999},         // 7
			{Op: kernels.Axpy, Args: [3]int16{6, 7}, Imm0: 0.001},        // 8: v'
			{Op: kernels.Sqrt, Args: [3]int16{8}},                        // 9
			{Op: kernels.Affine, Args: [3]int16{9}, Imm0: 1, Imm1: 1e-8}, // 10
			{Op: kernels.Div, Args: [3]int16{5, 10}},                     // 11
			{Op: kernels.Axpy, Args: [3]int16{11, 0}, Imm0: -0.01},       // 12: p'
		},
		Outs: []kernels.FusedOut{{Reg: 12, Strides: one}, {Reg: 5, Strides: one}, {Reg: 8, Strides: one}},
	}
	s := kernels.Shape{n}
	b.Fused(f, []kernelstest.Out{{Shape: s, Over: p}, {Shape: s, Over: m}, {Shape: s, Over: v}}, p, m, v, g)
}

// TestTrainingPath takes 200 steps here and on the reference device. The paths may part by what
// sums in another order make of 200 steps of a contraction: 1e-3 of the largest parameter.
func TestTrainingPath(t *testing.T) {
	for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
		dev := opened(t, Options{})
		b := glm(dt)
		p := b.Program()
		got, err := kernelstest.Exec(dev, p, b.Feed, 0, 200)
		if err != nil {
			t.Fatal(err)
		}
		want, err := kernelstest.Exec(ref.Open(), p, b.Feed, 0, 200)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"mean", "spread", "mean v", "loss"} {
			largest, off := 0.0, 0.0
			for i, w := range want[name] {
				largest, off = max(largest, math.Abs(w)), max(off, math.Abs(got[name][i]-w))
			}
			if !(off <= 1e-3*largest) || largest == 0 {
				t.Errorf("%v %s: off by %.3g of %.3g", dt, name, off, largest)
			}
		}
		closed(t, dev)
	}
	clean(t)
}

// TestStepsAtOnce: k steps in one call, in several, in a new executable and over other buffers have
// the same bits; so has a run that goes back to an earlier step.
func TestStepsAtOnce(t *testing.T) {
	dev := opened(t, Options{})
	b := glm(kernels.F32)
	p := b.Program()
	once, err := kernelstest.Exec(dev, p, b.Feed, 3, 20)
	if err != nil {
		t.Fatal(err)
	}
	s, err := kernelstest.NewSession(dev, p, b.Feed)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		if err := s.Set(b.Feed); err != nil {
			t.Fatal(err)
		}
		for step := uint64(3); step < 23; step += 5 {
			if err := s.Run(step, 5); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Get()
		if err != nil {
			t.Fatal(err)
		}
		if err := kernelstest.SameBits(once, got); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	closed(t, dev)
	clean(t)
}

// TestOneKernel: a program run as one cooperative kernel has the bits of its launches, in one launch of
// many steps or several; and so has a run that measures both ways and goes on with one.
func TestOneKernel(t *testing.T) {
	for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
		b := glm(dt)
		p := b.Program()
		results := map[wholeMode]map[string][]float64{}
		for _, mode := range []wholeMode{wholeNever, wholeAlways, wholeMeasured} {
			dev := opened(t, Options{whole: mode})
			s, err := kernelstest.NewSession(dev, p, b.Feed)
			must(t, err)
			for step := uint64(0); step < 400; step += 8 {
				must(t, s.Run(step, 8))
			}
			if x := only(dev); mode == wholeAlways && x.whole.now.blocks == 0 {
				t.Error("the program was not run as one kernel")
			}
			results[mode], err = s.Get()
			must(t, err)
			must(t, s.Close())
			closed(t, dev)
		}
		for mode, got := range results {
			if err := kernelstest.SameBits(results[wholeNever], got); err != nil {
				t.Errorf("%v, mode %d: %v", dt, mode, err)
			}
		}
	}
	clean(t)
}

func opened(t *testing.T, o Options) *Device {
	t.Helper()
	dev, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return dev.(*Device)
}

// only returns the executable of a device that has one.
func only(dev *Device) *executable {
	for x := range dev.exes {
		return x
	}
	return nil
}

func closed(t *testing.T, dev *Device) {
	t.Helper()
	must(t, dev.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", t.Name(), err))
	}
}
