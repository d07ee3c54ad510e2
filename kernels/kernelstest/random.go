package kernelstest

import (
	"math"
	"testing"

	"elbo/kernels"
)

// randomNumbers checks that streams differ by site, step and seed, that a run of several
// steps counts them, and the moments of 10⁵ numbers (the structural cases compare the
// numbers themselves).
func randomNumbers(t *testing.T, dev kernels.Device) {
	const n = 1 << 17
	for _, dt := range dtypes {
		b := NewBuilder("streams "+dt.String(), dt)
		b.Seed(99)
		shape := kernels.Shape{n}
		b.Output("uniform", b.Apply(kernels.RandUniform, kernels.Attr{Shape: shape, Site: 1}))
		b.Output("normal", b.Apply(kernels.RandNormal, kernels.Attr{Shape: shape, Site: 1}))
		b.Output("other", b.Apply(kernels.RandNormal, kernels.Attr{Shape: shape, Site: 2}))
		first := mustExec(t, dev, b, 3, 1)
		last := mustExec(t, dev, b, 1, 3)
		if err := SameBits(first, last); err != nil {
			t.Errorf("step 3 alone and as the last of steps 1 to 3: %v", err)
		}
		next := mustExec(t, dev, b, 4, 1)
		b.Seed(100)
		seeded := mustExec(t, dev, b, 3, 1)
		for _, pair := range [][2][]float64{
			{first["normal"], first["other"]}, {first["normal"], next["normal"]}, {first["uniform"], seeded["uniform"]},
		} {
			if c := correlation(pair[0], pair[1]); math.Abs(c) > 5/math.Sqrt(n) {
				t.Errorf("%v streams that should differ correlate: %.3g", dt, c)
			}
		}
		// Standard errors of the mean are sd/√n, of the second moment √(E x⁴ - 1)/√n; 5 of them are allowed.
		checkMoments(t, "uniform", first["uniform"], 0.5, 1./3, math.Sqrt(1./12), math.Sqrt(1./5-1./9))
		checkMoments(t, "normal", first["normal"], 0, 1, 1, math.Sqrt2)
		for _, u := range first["uniform"] {
			if !(u > 0 && u < 1) {
				t.Errorf("uniform %v is outside (0, 1)", u)
			}
		}
	}
}

func mustExec(t *testing.T, dev kernels.Device, b *Builder, step uint64, k int) map[string][]float64 {
	t.Helper()
	out, err := Exec(dev, b.Program(), b.Feed, step, k)
	if err != nil {
		t.Fatalf("%s: %v", b.p.Name, err)
	}
	return out
}

func correlation(x, y []float64) float64 {
	var mx, my, xx, yy, xy float64
	n := float64(len(x))
	for i := range x {
		mx, my = mx+x[i]/n, my+y[i]/n
	}
	for i := range x {
		a, b := x[i]-mx, y[i]-my
		xx, yy, xy = xx+a*a, yy+b*b, xy+a*b
	}
	return xy / math.Sqrt(xx*yy)
}

func checkMoments(t *testing.T, name string, x []float64, mean, square, sd, squareSD float64) {
	t.Helper()
	var m, s float64
	n := float64(len(x))
	for _, v := range x {
		m, s = m+v/n, s+v*v/n
	}
	if math.Abs(m-mean) > 5*sd/math.Sqrt(n) || math.Abs(s-square) > 5*squareSD/math.Sqrt(n) {
		t.Errorf("%s: mean %.5f and mean square %.5f, want %.5f and %.5f", name, m, s, mean, square)
	}
}

// deterministic checks that a program with every kind of work gives the same bits again, in a
// new executable and in one that has run before, and for k steps at once or one by one.
func deterministic(t *testing.T, dev kernels.Device) {
	for _, dt := range dtypes {
		b := stepProgram(dt)
		p := b.Program()
		once := mustExec(t, dev, b, 10, 4)
		if err := SameBits(once, mustExec(t, dev, b, 10, 4)); err != nil {
			t.Errorf("%v twice: %v", dt, err)
		}
		s, err := NewSession(dev, p, b.Feed)
		if err != nil {
			t.Fatal(err)
		}
		for round := range 2 {
			if err := s.Set(b.Feed); err != nil {
				t.Fatal(err)
			}
			for step := range uint64(4) {
				if err := s.Run(10+step, 1); err != nil {
					t.Fatal(err)
				}
			}
			got, err := s.Get()
			if err != nil {
				t.Fatal(err)
			}
			if err := SameBits(once, got); err != nil {
				t.Errorf("%v in four runs, round %d: %v", dt, round, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// stepProgram is a minibatch step of logistic regression by stochastic gradient: batch of
// resident rows, noise, products both ways, fused middle, update in place.
func stepProgram(dt kernels.DType) *Builder {
	const rows, batch, k = 1000, 128, 33
	b := NewBuilder("step "+dt.String(), dt)
	b.Seed(4)
	r := newSource(4)
	x := b.random(r, "x", rows, k)
	y := b.random(r, "y", rows)
	w := b.State("w", nil, k)
	none := [2]float64{}
	idx := b.Apply(kernels.BatchIndex, kernels.Attr{N: rows, Shape: kernels.Shape{batch}})
	xb, yb := b.Apply(kernels.Gather, kernels.Attr{}, x, idx), b.Apply(kernels.Gather, kernels.Attr{}, y, idx)
	noise := b.Apply(kernels.RandNormal, kernels.Attr{Shape: kernels.Shape{k}, Site: 3})
	draw := b.Elem(kernels.Axpy, [2]float64{0.1}, noise, w)
	eta := b.Apply(kernels.MatMul, kernels.Attr{}, xb, draw)
	loss := b.Elem(kernels.Softplus, none, b.Elem(kernels.Mul, none, eta, yb))
	b.Output("loss", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}}, loss))
	res := b.Elem(kernels.Mul, none, yb, b.Elem(kernels.Sigmoid, none, b.Elem(kernels.Mul, none, eta, yb)))
	grad := b.Apply(kernels.MatMul, kernels.Attr{TransA: true}, xb, res)
	b.Update(w, b.Elem(kernels.Axpy, [2]float64{-0.01}, grad, w))
	return b
}
