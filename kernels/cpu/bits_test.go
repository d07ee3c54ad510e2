//go:build cgo

package cpu

import (
	"fmt"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// outputs runs a program for three steps on a device of the given options.
func outputs(t *testing.T, o Options, p *kernels.Program, feed map[string][]float64) map[string][]float64 {
	t.Helper()
	dev, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	got, err := kernelstest.Exec(dev, p, feed, 0, 3)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// large is a program with every kind of parallel region: groups with all reductions, products, rows by
// index, noise, general reductions.
func large(dt kernels.DType) *kernelstest.Builder {
	b := kernelstest.NewBuilder(fmt.Sprintf("large %v", dt), dt)
	const n, m = 3000, 70
	x := b.Apply(kernels.RandNormal, kernels.Attr{Shape: kernels.Shape{n, m}, Site: 1})
	w := b.Apply(kernels.RandUniform, kernels.Attr{Shape: kernels.Shape{m, 90}, Site: 2})
	h := b.Apply(kernels.MatMul, kernels.Attr{}, x, w)
	s := b.Elem(kernels.Tanh, [2]float64{}, h)
	b.Output("all", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0, 1}}, s))
	b.Output("lead", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}}, s))
	b.Output("trail", b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{1}}, s))
	b.Output("max", b.Apply(kernels.MaxReduce, kernels.Attr{Axes: []int{1}}, h))
	b.Output("gram", b.Apply(kernels.MatMul, kernels.Attr{TransA: true}, s, s))
	one := b.Apply(kernels.RandNormal, kernels.Attr{Shape: kernels.Shape{n}, Site: 3})
	b.Output("gemv", b.Apply(kernels.MatMul, kernels.Attr{TransA: true}, s, one))
	idx := b.Apply(kernels.BatchIndex, kernels.Attr{Shape: kernels.Shape{2000}, N: n})
	rows := b.Apply(kernels.Gather, kernels.Attr{}, s, idx)
	b.Output("rows", b.Apply(kernels.ScatterAdd, kernels.Attr{Shape: kernels.Shape{n, 90}}, idx, rows))
	b.Output("cumsum", b.Apply(kernels.CumSum, kernels.Attr{Axis: 1}, s))
	b.Output("transposed", b.Apply(kernels.Transpose, kernels.Attr{Axes: []int{1, 0}}, s))
	image := kernels.Attr{Shape: kernels.Shape{30, 50, 70, 2},
		Window: kernels.Window{Kernel: [2]int{5, 3}, Stride: [2]int{2, 1}, Pad: [2]int{2, 1}}}
	windows := b.Apply(kernels.Im2Col, image, b.Apply(kernels.View, image, x))
	b.Output("windows", windows)
	b.Output("images", b.Apply(kernels.Col2Im, image, windows))
	b.Output("uniforms of rows", b.Apply(kernels.UniformRows, kernels.Attr{N: 50, Site: 4}, idx))
	bytes := make([]float64, n*100)
	for i := range bytes {
		bytes[i] = float64(i * 31 % 256)
	}
	pixels := b.Apply(kernels.Gather, kernels.Attr{}, b.Bytes("pixels", bytes, n, 100), idx)
	b.Output("pixels of rows", b.Apply(kernels.ToFloat, kernels.Attr{}, pixels))
	return b
}

// TestThreadsDoNotChangeBits compares one thread with many, workers beyond the cores included.
func TestThreadsDoNotChangeBits(t *testing.T) {
	for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
		b := large(dt)
		p := b.Program()
		want := outputs(t, Options{Threads: 1}, p, b.Feed)
		for _, threads := range []int{2, 8} {
			dev, err := openThreads(threads)
			if err != nil {
				t.Fatal(err)
			}
			got, err := kernelstest.Exec(dev, p, b.Feed, 0, 3)
			if err != nil {
				t.Fatal(err)
			}
			if err := kernelstest.SameBits(want, got); err != nil {
				t.Errorf("%v, %d threads: %v", dt, threads, err)
			}
			if err := dev.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// openThreads opens a device with the given threads, also where there are fewer cores.
func openThreads(n int) (*Device, error) { return openAt("", n) }

func openAt(isa string, threads int) (*Device, error) {
	d, err := Open(Options{ISA: isa, Threads: 1})
	if err != nil {
		return nil, err
	}
	dev := d.(*Device)
	dev.threads, dev.pool = threads, newPool(threads-1)
	return dev, nil
}

// TestLevelsAgreeOnElementwise compares every elementwise op and the random fills between levels.
// Sums and products may differ in rounding and are left out.
func TestLevelsAgreeOnElementwise(t *testing.T) {
	for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
		b := kernelstest.NewBuilder(fmt.Sprintf("levels %v", dt), dt)
		shape := kernels.Shape{37, 29}
		x := b.Apply(kernels.RandNormal, kernels.Attr{Shape: shape, Site: 1})
		u := b.Apply(kernels.RandUniform, kernels.Attr{Shape: kernels.Shape{29}, Site: 2})
		c := b.Const([]float64{1.7})
		for _, row := range kernels.Elementwise() {
			args := []kernels.ValueID{x, u, c}[:row.Arity]
			b.Output(row.Name, b.Elem(row.Op, [2]float64{0.3, 1.1}, args...))
			if row.Arity > 1 { // constants fold where the level has a fused multiply-add
				b.Output(row.Name+" const", b.Elem(row.Op, [2]float64{0.3, 1.1}, []kernels.ValueID{u, c, x}[:row.Arity]...))
			}
		}
		p := b.Program()
		levels := Levels()
		want := outputs(t, Options{ISA: levels[0], Threads: 1}, p, b.Feed)
		for _, isa := range levels[1:] {
			if err := kernelstest.SameBits(want, outputs(t, Options{ISA: isa, Threads: 1}, p, b.Feed)); err != nil {
				t.Errorf("%v: %s and %s differ: %v", dt, levels[0], isa, err)
			}
		}
	}
}
