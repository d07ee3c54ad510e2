package kernels

import "fmt"

// Window is a two-dimensional sliding window over images (N, H, W, C), channels last. Entries
// are [height, width]. Output pixel (y, x) sees the input pixels (y·Stride − Pad + i,
// x·Stride − Pad + j) for 0 ≤ i < Kernel[0], 0 ≤ j < Kernel[1]; those outside the image are zeros.
type Window struct {
	Kernel [2]int // extent, at least 1
	Stride [2]int // distance of neighbouring windows, 0 means 1
	Pad    [2]int // zeros on both sides of the image, below Kernel
	PadEnd [2]int // zeros after the last row and column, in addition to Pad
}

// Steps returns the strides, 1 where none was given.
func (w Window) Steps() (sy, sx int) { return max(w.Stride[0], 1), max(w.Stride[1], 1) }

// Size returns the pixels of one window.
func (w Window) Size() int { return w.Kernel[0] * w.Kernel[1] }

// Out returns how many windows fit in an image of h rows and wd columns, or why none does:
// ⌊(extent + 2 Pad + PadEnd − Kernel) / Stride⌋ + 1 along each axis. Padding stays below the
// kernel on either side, so that every window sees at least one pixel of the image.
func (w Window) Out(h, wd int) (oh, ow int, err error) {
	var out [2]int
	for i, n := range [2]int{h, wd} {
		k, s, p, e := w.Kernel[i], max(w.Stride[i], 1), w.Pad[i], w.PadEnd[i]
		switch {
		case k < 1 || w.Stride[i] < 0:
			return 0, 0, fmt.Errorf("kernels: window of kernel %v and stride %v; both must be positive", w.Kernel, w.Stride)
		case p < 0 || e < 0 || p >= k || p+e >= k:
			return 0, 0, fmt.Errorf("kernels: window of kernel %v padded by %v and %v at the end; "+
				"padding of one side must be 0 to one less than the kernel", w.Kernel, w.Pad, w.PadEnd)
		case n < 1 || n+2*p+e < k:
			return 0, 0, fmt.Errorf("kernels: window of kernel %v padded by %v does not fit in an image of %d by %d",
				w.Kernel, w.Pad, h, wd)
		}
		out[i] = (n+2*p+e-k)/s + 1
	}
	return out[0], out[1], nil
}

// Whole reports whether the windows of an image of h rows and wd columns tile it in memory
// order, so that Im2Col and Col2Im move nothing: single pixels, or one window over the image.
func (w Window) Whole(h, wd int) bool {
	none := [2]int{}
	if w.Pad != none || w.PadEnd != none {
		return false
	}
	sy, sx := w.Steps()
	return w.Kernel == [2]int{1, 1} && sy == 1 && sx == 1 || w.Kernel == [2]int{h, wd}
}

// ints returns the fields in order.
func (w Window) ints() [8]int {
	return [8]int{w.Kernel[0], w.Kernel[1], w.Stride[0], w.Stride[1], w.Pad[0], w.Pad[1], w.PadEnd[0], w.PadEnd[1]}
}

// String prints the window as 3x3/2x2+1x1, leaving out strides of 1 and absent padding.
func (w Window) String() string {
	v := w.ints()
	s := fmt.Sprintf("%dx%d", v[0], v[1])
	if sy, sx := w.Steps(); sy > 1 || sx > 1 {
		s += fmt.Sprintf("/%dx%d", sy, sx)
	}
	if w.Pad != [2]int{} || w.PadEnd != [2]int{} {
		s += fmt.Sprintf("+%dx%d", v[4], v[5])
	}
	if w.PadEnd != [2]int{} {
		s += fmt.Sprintf("+%dx%d", v[6], v[7])
	}
	return s
}

// im2colShape: (N, H, W, C) → (N·OH·OW, KH·KW·C).
func im2colShape(attr *Attr, args []Shape) (Shape, error) {
	return patches(attr.Window, args[0])
}

// col2imShape: (N·OH·OW, KH·KW·C) → (N, H, W, C), the shape being given.
func col2imShape(attr *Attr, args []Shape) (Shape, error) {
	want, err := patches(attr.Window, attr.Shape)
	if err != nil {
		return nil, fmt.Errorf("to images %v: %w", attr.Shape, err)
	}
	if !want.Equal(args[0]) {
		return nil, fmt.Errorf("images %v under window %v have patches %v", attr.Shape, attr.Window, want)
	}
	return attr.Shape.Clone(), nil
}

// patches returns the shape of the matrix of an image's windows.
func patches(w Window, image Shape) (Shape, error) {
	if len(image) != 4 {
		return nil, fmt.Errorf("images (N, H, W, C) wanted")
	}
	oh, ow, err := w.Out(image[1], image[2])
	if err != nil {
		return nil, err
	}
	return Shape{image[0] * oh * ow, w.Size() * image[3]}, nil
}

// uniformRowsShape: indices (n) → (n, N).
func uniformRowsShape(attr *Attr, args []Shape) (Shape, error) {
	if len(args[0]) != 1 || attr.N < 0 {
		return nil, fmt.Errorf("a vector of indices and a width of at least 0 wanted, width %d given", attr.N)
	}
	return Shape{args[0][0], attr.N}, nil
}
