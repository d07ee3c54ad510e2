package nn

import "elbo/graph"

// Conv2D slides a window over images: x (B,H,W,C) → (B,OH,OW,Channels) with
//
//	y[b,i,j,o] = bias[o] + Σ_{u,v,c} x[b, i·s₀+u−p₀, j·s₁+v−p₁, c] weight[(u,v,c), o]
//
// where x is 0 outside the image and OH = ⌊(H + 2p₀ − k₀)/s₀⌋ + 1. The weight is the matrix
// (k₀·k₁·C, Channels).
type Conv2D struct {
	Channels int
	Kernel   Pair // k
	Stride   Pair // s; zero means 1
	Pad      Pair // p, zeros on each side
	NoBias   bool
	Init     Init // of the weight; empty means glorot_uniform
	Bias     Init // of the bias; empty means zeros
}

// Out returns (OH, OW, Channels).
func (l Conv2D) Out(in []int) ([]int, error) {
	if l.Channels < 1 {
		return nil, shapeError("conv2d", in, "channels is %d, must be positive", l.Channels)
	}
	oh, ow, err := places("conv2d", in, l.window())
	if err != nil {
		return nil, err
	}
	return []int{oh, ow, l.Channels}, nil
}

// Apply declares name/weight and name/bias. The fans count cells of the window times channels.
func (l Conv2D) Apply(c *Context, name string, x *graph.Node) *graph.Node {
	_, in, _ := enter(l, name, x)
	cells := l.Kernel[0] * l.Kernel[1]
	fanIn := cells * in[2]
	w := c.Param(name+"/weight", l.Init.or(GlorotUniform), fanIn, cells*l.Channels, fanIn, l.Channels)
	y := graph.Conv2D(x, w, l.window())
	if l.NoBias {
		return y
	}
	return graph.Add(y, c.bias(name, l.Bias, fanIn, l.Channels))
}

func (l Conv2D) window() graph.Window {
	return graph.Window{Kernel: l.Kernel, Stride: l.Stride, Pad: l.Pad}
}
