//go:build cgo

package cpu

import (
	"fmt"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// exactProducts are extents batch, m, n, k beyond every block of the matrix product: panels of one column
// more than a vector, more rows of A, columns and terms of B than are packed at once, terms and rows
// split among chunks.
var exactProducts = [][4]int{
	{1, 13, 5, 7}, {1, 13, 9, 7}, {1, 13, 17, 7}, {1, 5, 530, 40}, {1, 14, 1030, 40}, {1, 600, 33, 20},
	{1, 160, 70, 300}, {1, 3, 5, 9000}, {3, 5, 1, 3000}, {3, 3000, 1, 5}, {2, 14, 17, 20},
}

// TestProductsAreExact: of small whole numbers every sum is exact, so that one term too many, too
// few or in a wrong place shows, whatever the order of the terms.
func TestProductsAreExact(t *testing.T) {
	for _, isa := range Levels() {
		dev, err := openAt(isa, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer dev.Close()
		for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
			for _, d := range exactProducts {
				for mask := range 4 {
					attr := kernels.Attr{TransA: mask&1 == 1, TransB: mask&2 == 2}
					checkProduct(t, dev, dt, d, attr)
				}
			}
		}
	}
}

func checkProduct(t *testing.T, dev kernels.Device, dt kernels.DType, d [4]int, attr kernels.Attr) {
	t.Helper()
	batch, m, n, k := d[0], d[1], d[2], d[3]
	a, b := whole(batch*m*k, 7), whole(batch*k*n, 5)
	as, bs, ai, bi := []int{batch, m, k}, []int{batch, k, n}, [2]int{k, 1}, [2]int{n, 1}
	if attr.TransA {
		as, ai = []int{batch, k, m}, [2]int{1, m}
	}
	if attr.TransB {
		bs, bi = []int{batch, n, k}, [2]int{1, k}
	}
	if batch == 1 {
		as, bs = as[1:], bs[1:]
	}
	build := kernelstest.NewBuilder(fmt.Sprint(d, attr.TransA, attr.TransB), dt)
	build.Output("c", build.Apply(kernels.MatMul, attr, build.Input("a", a, as...), build.Input("b", b, bs...)))
	got, err := kernelstest.Exec(dev, build.Program(), build.Feed, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range got["c"] {
		row, column, from := i/n%m, i%n, i/(m*n)*k
		want := 0.0
		for p := range k {
			want += a[from*m+row*ai[0]+p*ai[1]] * b[from*n+p*bi[0]+column*bi[1]]
		}
		if g != want {
			t.Errorf("%s %v, batch, m, n, k %v, transposed %v %v: element %d is %v, want %v", dev.Report().ISA, dt, d,
				attr.TransA, attr.TransB, i, g, want)
			return
		}
	}
}

// whole returns n whole numbers of at most 3 that do not repeat along any short period.
func whole(n, seed int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64((i*i+seed*i)/seed%7 - 3)
	}
	return x
}
