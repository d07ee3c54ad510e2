package nn

import "elbo/graph"

// MaxPool takes the largest value under a sliding window, per channel: (B,H,W,C) →
// (B,OH,OW,C), sizes as for Conv2D. Padding never wins.
type MaxPool struct {
	Kernel Pair
	Stride Pair // zero means the kernel: windows side by side
	Pad    Pair
}

// Out returns (OH, OW, C).
func (l MaxPool) Out(in []int) ([]int, error) {
	return pooled("max_pool", in, poolWindow(l.Kernel, l.Stride, l.Pad))
}

// Apply adds the op.
func (l MaxPool) Apply(_ *Context, name string, x *graph.Node) *graph.Node {
	enter(l, name, x)
	return graph.MaxPool2D(x, poolWindow(l.Kernel, l.Stride, l.Pad))
}

// AvgPool averages the values under a sliding window, per channel: (B,H,W,C) → (B,OH,OW,C),
// sizes as for Conv2D. Padding is not counted.
type AvgPool struct {
	Kernel Pair
	Stride Pair // zero means the kernel: windows side by side
	Pad    Pair
}

// Out returns (OH, OW, C).
func (l AvgPool) Out(in []int) ([]int, error) {
	return pooled("avg_pool", in, poolWindow(l.Kernel, l.Stride, l.Pad))
}

// Apply adds the op.
func (l AvgPool) Apply(_ *Context, name string, x *graph.Node) *graph.Node {
	enter(l, name, x)
	return graph.AvgPool2D(x, poolWindow(l.Kernel, l.Stride, l.Pad))
}

// poolWindow puts the kernel in place of a zero stride.
func poolWindow(kernel, stride, pad Pair) graph.Window {
	for i := range stride {
		if stride[i] == 0 {
			stride[i] = kernel[i]
		}
	}
	return graph.Window{Kernel: kernel, Stride: stride, Pad: pad}
}

func pooled(layer string, in []int, w graph.Window) ([]int, error) {
	oh, ow, err := places(layer, in, w)
	if err != nil {
		return nil, err
	}
	return []int{oh, ow, in[2]}, nil
}
