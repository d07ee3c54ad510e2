package graph

import (
	"math"

	"elbo/kernels"
)

// Convolution and pooling of images (N, H, W, C), channels last. A convolution is one matrix
// product over the windows laid out as rows: its result (N·OH·OW, OC) is the image (N, OH, OW,
// OC) already, so nothing is ever transposed.

// Window is a two-dimensional sliding window: height, width. Zero Stride means 1.
type Window = kernels.Window

// Im2ColB lays out the windows of images as rows, see Im2Col.
func Im2ColB[V any](b Builder[V], x V, w Window) V {
	return b.Apply(kernels.Im2Col, kernels.Attr{Window: w}, nil, x)
}

// Col2ImB adds rows of windows up to images of the given shape, see Col2Im.
func Col2ImB[V any](b Builder[V], cols V, w Window, image kernels.Shape) V {
	return b.Apply(kernels.Col2Im, kernels.Attr{Window: w}, given(image), cols)
}

// Im2Col lays out the windows of images as rows: (N,H,W,C) → (N·OH·OW, KH·KW·C), zeros
// outside the image.
func Im2Col(x *Node, w Window) *Node { return Im2ColB(builderOf(x), x, w) }

// Col2Im is the adjoint of Im2Col: (N·OH·OW, KH·KW·C) → (n, h, wd, c). Every pixel is the sum
// of its places in all windows, in a fixed order.
func Col2Im(cols *Node, w Window, n, h, wd, c int) *Node {
	return Col2ImB(builderOf(cols), cols, w, kernels.Shape{n, h, wd, c})
}

// Conv2D convolves (strictly: correlates) images x (N,H,W,C) with weight (KH·KW·C, OC), whose
// row (i·KW + j)·C + c belongs to pixel (i, j) and channel c of the window: (N,OH,OW,OC) with
// y[n,y,x,o] = Σ x[n, y·stride − pad + i, x·stride − pad + j, c] weight[(i,j,c), o].
func Conv2D(x, weight *Node, w Window) *Node {
	n, oh, ow := windowed("Conv2D", x, w)
	rows := w.Size() * ShapeOf(x)[3]
	if k := ShapeOf(weight); len(k) != 2 || k[0] != rows {
		fail("Conv2D", shapesOf(x, weight), "a weight of shape (%d, channels out) wanted for window %v", rows, w)
	}
	return Reshape(MatMul(Im2Col(x, w), weight), n, oh, ow, ShapeOf(weight)[1])
}

// ConvTranspose2D is the adjoint of Conv2D in its images: x (N,H,W,C), weight (C, KH·KW·OC) →
// (N, oh, ow, OC), where the window must take images of oh by ow to H by W. Every input pixel
// adds its window, weighted, to the result.
func ConvTranspose2D(x, weight *Node, w Window, oh, ow int) *Node {
	s, k := ShapeOf(x), ShapeOf(weight)
	if len(s) != 4 {
		fail("ConvTranspose2D", shapesOf(x, weight), "images (N, H, W, C) wanted")
	}
	h, wd, err := w.Out(oh, ow)
	switch {
	case err != nil:
		fail("ConvTranspose2D", shapesOf(x, weight), "to images of %d by %d: %w", oh, ow, err)
	case h != s[1] || wd != s[2]:
		fail("ConvTranspose2D", shapesOf(x, weight),
			"window %v takes images of %d by %d to %d by %d, not to x's %d by %d", w, oh, ow, h, wd, s[1], s[2])
	case len(k) != 2 || k[0] != s[3] || k[1]%w.Size() != 0:
		fail("ConvTranspose2D", shapesOf(x, weight),
			"a weight of shape (%d, %d times the channels out) wanted", s[3], w.Size())
	}
	cols := MatMul(Reshape(x, s[0]*s[1]*s[2], s[3]), weight)
	return Col2Im(cols, w, s[0], oh, ow, k[1]/w.Size())
}

// MaxPool2D takes the maximum of every window and channel: (N,H,W,C) → (N,OH,OW,C). Padding
// never wins; equal maxima share the gradient, as in MaxAxis; NaN wins.
func MaxPool2D(x *Node, w Window) *Node {
	n, oh, ow := windowed("MaxPool2D", x, w)
	cols, inside := pooled(x, w, n, oh, ow)
	if inside != nil {
		g := GraphOf(x)
		cols = Where(g.ConstTensor(inside, oh*ow, w.Size(), 1), cols, g.Const(math.Inf(-1)))
	}
	return Reshape(MaxAxis(cols, 2), n, oh, ow, ShapeOf(x)[3])
}

// AvgPool2D averages every window and channel over its pixels inside the image: (N,H,W,C) →
// (N,OH,OW,C).
func AvgPool2D(x *Node, w Window) *Node {
	n, oh, ow := windowed("AvgPool2D", x, w)
	cols, inside := pooled(x, w, n, oh, ow)
	sum := Sum(cols, 2)
	if inside == nil {
		return Reshape(MulC(sum, 1/float64(w.Size())), n, oh, ow, ShapeOf(x)[3])
	}
	share := make([]float64, oh*ow)
	for i := range share {
		count := 0.0
		for _, in := range inside[i*w.Size() : (i+1)*w.Size()] {
			count += in
		}
		share[i] = 1 / count
	}
	return Reshape(Mul(sum, GraphOf(x).ConstTensor(share, oh*ow, 1)), n, oh, ow, ShapeOf(x)[3])
}

// pooled returns the windows of x as (N, OH·OW, KH·KW, C) and, where there is padding, 1 for
// every pixel of (OH·OW, KH·KW) inside the image and 0 for those outside.
func pooled(x *Node, w Window, n, oh, ow int) (cols *Node, inside []float64) {
	s := ShapeOf(x)
	cols = Reshape(Im2Col(x, w), n, oh*ow, w.Size(), s[3])
	if w.Pad == [2]int{} && w.PadEnd == [2]int{} {
		return cols, nil
	}
	inside = make([]float64, oh*ow*w.Size())
	eachPatch(kernels.Shape{1, s[1], s[2], 1}, w, func(at, from int) {
		if from >= 0 {
			inside[at] = 1
		}
	})
	return cols, inside
}

// windowed returns the extents of the result of sliding w over x.
func windowed(fn string, x *Node, w Window) (n, oh, ow int) {
	s := ShapeOf(x)
	if len(s) != 4 {
		fail(fn, []kernels.Shape{s}, "images (N, H, W, C) wanted")
	}
	oh, ow, err := w.Out(s[1], s[2])
	if err != nil {
		fail(fn, []kernels.Shape{s}, "%w", err)
	}
	return s[0], oh, ow
}

func shapesOf(ns ...*Node) []kernels.Shape {
	out := make([]kernels.Shape, len(ns))
	for i, n := range ns {
		out[i] = ShapeOf(n)
	}
	return out
}
