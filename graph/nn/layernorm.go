package nn

import "elbo/graph"

// defaultEpsilon is added to variances under the root unless a layer says otherwise.
const defaultEpsilon = 1e-5

// LayerNorm normalises every vector along the last axis by its own mean and variance, then
// scales and shifts: y = scale (x − m)/√(v + ε) + shift, v biased (Ba, Kiros & Hinton 2016). For
// images that is over the channels of each pixel.
type LayerNorm struct {
	Epsilon float64 // ε; 0 means 1e-5
	Plain   bool    // no scale and shift
}

// Out returns in.
func (l LayerNorm) Out(in []int) ([]int, error) {
	switch {
	case len(in) == 0:
		return nil, shapeError("layer_norm", in, "an axis to normalise is wanted")
	case !(l.Epsilon >= 0):
		return nil, shapeError("layer_norm", in, "epsilon is %g, must not be negative", l.Epsilon)
	}
	return in, nil
}

// Apply declares name/scale (ones) and name/shift (zeros).
func (l LayerNorm) Apply(c *Context, name string, x *graph.Node) *graph.Node {
	_, in, _ := enter(l, name, x)
	d := graph.Sub(x, meanKeep(x, -1))
	y := graph.Mul(d, inverseRoot(meanKeep(graph.Square(d), -1), l.Epsilon))
	if l.Plain {
		return y
	}
	return c.scaleShift(name, y, in[len(in)-1])
}

// scaleShift declares name/scale and name/shift over the last axis and applies them.
func (c *Context) scaleShift(name string, x *graph.Node, n int) *graph.Node {
	return graph.FMA(x, c.Param(name+"/scale", Ones, 1, 1, n), c.Param(name+"/shift", Zeros, 1, 1, n))
}

// inverseRoot returns 1/√(v + ε).
func inverseRoot(v *graph.Node, epsilon float64) *graph.Node {
	if epsilon == 0 {
		epsilon = defaultEpsilon
	}
	return graph.Rsqrt(graph.AddC(v, epsilon))
}

// meanKeep averages over axes and keeps them with extent 1.
func meanKeep(x *graph.Node, axes ...int) *graph.Node {
	y := graph.SumKeep(x, axes...)
	return graph.MulC(y, float64(graph.ShapeOf(y).Size())/float64(graph.ShapeOf(x).Size()))
}
