//go:build cgo

package cpu

import (
	"fmt"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// BenchmarkWindow times Im2Col and Col2Im for a batch of 128 under 3×3 windows two apart: bytes
// count the matrix and the images once.
func BenchmarkWindow(b *testing.B) {
	attr := kernels.Attr{Window: kernels.Window{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [2]int{1, 1}}}
	for _, image := range []kernels.Shape{{128, 28, 28, 1}, {128, 14, 14, 32}, {128, 28, 28, 3}} {
		attr.Shape = image
		matrix, err := kernels.InferShape(kernels.Im2Col, attr, []kernels.Shape{image})
		if err != nil {
			b.Fatal(err)
		}
		bytes := 4 * float64(image.Size()+matrix.Size())
		for op, from := range map[kernels.Op]kernels.Shape{kernels.Im2Col: image, kernels.Col2Im: matrix} {
			b.Run(fmt.Sprintf("%v/%v", op, image), func(b *testing.B) {
				g := kernelstest.NewBuilder("window", kernels.F32)
				g.Output("y", g.Apply(op, attr, g.Input("x", ramp(from.Size()), from...)))
				benchmark(b, g, 0, bytes)
			})
		}
	}
}
