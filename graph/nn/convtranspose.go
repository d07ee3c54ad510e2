package nn

import (
	"fmt"
	"strings"

	"elbo/graph"
)

// ConvTranspose2D is the adjoint of Conv2D without its bias, which enlarges images: x (B,H,W,C) →
// (B,OH,OW,Channels) with OH = (H−1) s₀ + k₀ − 2p₀ + OutPad₀. Every pixel of x adds its
// product with a k₀ × k₁ stamp of weights. The weight is the matrix (C, k₀·k₁·Channels).
type ConvTranspose2D struct {
	Channels int
	Kernel   Pair // k
	Stride   Pair // s; zero means 1
	Pad      Pair // p, rows and columns cut from each side
	OutPad   Pair // rows and columns kept at the end, below the stride: a strided Conv2D maps several sizes to one
	NoBias   bool
	Init     Init // of the weight; empty means glorot_uniform
	Bias     Init // of the bias; empty means zeros
}

// Out returns (OH, OW, Channels).
func (l ConvTranspose2D) Out(in []int) ([]int, error) {
	const layer = "conv_transpose2d"
	if l.Channels < 1 {
		return nil, shapeError(layer, in, "channels is %d, must be positive", l.Channels)
	}
	if len(in) != 3 {
		return nil, shapeError(layer, in, "%s", imagesWanted)
	}
	w := l.window()
	sy, sx := w.Steps()
	stride, out := Pair{sy, sx}, []int{0, 0, l.Channels}
	for i := range stride {
		if l.OutPad[i] < 0 || l.OutPad[i] >= stride[i] {
			return nil, shapeError(layer, in, "out_pad is %v, must be below the stride %v", l.OutPad, stride)
		}
		out[i] = (in[i]-1)*stride[i] + l.Kernel[i] - 2*l.Pad[i] + l.OutPad[i]
	}
	// The convolution that this is the adjoint of must map the result's size back to in.
	oh, ow, err := w.Out(out[0], out[1])
	if err == nil && (oh != in[0] || ow != in[1]) {
		err = fmt.Errorf("window %v maps %v back to (%d, %d)", w, out[:2], oh, ow)
	}
	if err != nil {
		return nil, shapeError(layer, in, "%s", strings.TrimPrefix(err.Error(), "kernels: "))
	}
	return out, nil
}

func (l ConvTranspose2D) window() graph.Window {
	return graph.Window{Kernel: l.Kernel, Stride: l.Stride, Pad: l.Pad}
}

// Apply declares name/weight and name/bias. On average a pixel of the result sums
// k₀·k₁·C/(s₀·s₁) terms, which is the fan-in; the fan-out is k₀·k₁·Channels.
func (l ConvTranspose2D) Apply(c *Context, name string, x *graph.Node) *graph.Node {
	_, in, out := enter(l, name, x)
	sy, sx := l.window().Steps()
	cells := l.Kernel[0] * l.Kernel[1]
	fanIn := max(cells*in[2]/(sy*sx), 1)
	weight := c.Param(name+"/weight", l.Init.or(GlorotUniform), fanIn, cells*l.Channels, in[2], cells*l.Channels)
	y := graph.ConvTranspose2D(x, weight, l.window(), out[0], out[1])
	if l.NoBias {
		return y
	}
	return graph.Add(y, c.bias(name, l.Bias, fanIn, l.Channels))
}
