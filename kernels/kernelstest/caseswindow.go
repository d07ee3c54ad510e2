package kernelstest

import (
	"fmt"

	"elbo/kernels"
)

// windowCases: the windows of images as rows and back, over strides below and above the
// kernel, odd sizes, padding on one or both sides, channels around vector widths, no images.
func windowCases() []structuralCase {
	type W = kernels.Window
	three, two := [2]int{3, 3}, [2]int{2, 2}
	var out []structuralCase
	for _, c := range []struct {
		h, w   int
		window W
	}{
		{1, 1, W{Kernel: [2]int{1, 1}}}, {5, 4, W{Kernel: [2]int{1, 1}}}, {5, 4, W{Kernel: [2]int{5, 4}}},
		{5, 4, W{Kernel: [2]int{1, 1}, Stride: [2]int{2, 3}}}, {14, 14, W{Kernel: three, Stride: two, Pad: [2]int{1, 1}}},
		{7, 9, W{Kernel: three}}, {7, 9, W{Kernel: three, Pad: [2]int{1, 1}}}, {8, 7, W{Kernel: two, Stride: two}},
		{9, 6, W{Kernel: two, Stride: [2]int{3, 4}}}, {6, 6, W{Kernel: [2]int{5, 3}, Pad: [2]int{4, 2}}},
		{6, 5, W{Kernel: two, PadEnd: [2]int{1, 1}}},
		{2, 3, W{Kernel: [2]int{4, 5}, Pad: [2]int{2, 1}, PadEnd: [2]int{1, 3}}},
		{1, 40, W{Kernel: [2]int{1, 7}, Stride: [2]int{1, 3}, Pad: [2]int{0, 3}}},
	} {
		for _, nc := range [][2]int{{1, 1}, {3, 2}, {2, 17}, {1, 64}, {0, 3}, {2, 0}} {
			out = append(out, windowPair(kernels.Shape{nc[0], c.h, c.w, nc[1]}, c.window)...)
		}
	}
	wide := W{Kernel: three, Stride: two, Pad: [2]int{1, 1}}
	return append(out, windowPair(kernels.Shape{32, 28, 28, 5}, wide)...)
}

// windowPair is Im2Col of an image and Col2Im back to its shape.
func windowPair(image kernels.Shape, w kernels.Window) []structuralCase {
	name := fmt.Sprintf("%v window %v", image, w)
	attr := kernels.Attr{Window: w, Shape: image}
	patches, err := kernels.InferShape(kernels.Im2Col, attr, []kernels.Shape{image})
	if err != nil {
		panic(err)
	}
	return []structuralCase{
		{op: kernels.Im2Col, name: name, build: func(b *Builder, r source) {
			b.Output("y", b.Apply(kernels.Im2Col, attr, b.random(r, "x", image...)))
		}},
		{op: kernels.Col2Im, name: name, linear: true, build: func(b *Builder, r source) {
			b.Output("y", b.Apply(kernels.Col2Im, attr, b.random(r, "x", patches...)))
		}},
	}
}

// uniformRowCases: repeated and negative row numbers, widths around the groups of 128.
func uniformRowCases() []structuralCase {
	var out []structuralCase
	for _, d := range []int{0, 1, 127, 128, 129, 784} {
		for _, n := range []int{0, 1, 5, 40} {
			out = append(out, structuralCase{op: kernels.UniformRows, name: fmt.Sprint(n, " by ", d), steps: []uint64{0, 9},
				build: func(b *Builder, r source) {
					rows := r.rows(n, 1<<20)
					for i := range rows {
						rows[i] *= float64(1 - 2*(i%3%2))
					}
					idx := b.Index("idx", rows, n)
					b.Output("u", b.Apply(kernels.UniformRows, kernels.Attr{N: d, Site: kernels.StreamID("rows")}, idx))
				}})
		}
	}
	return out
}
