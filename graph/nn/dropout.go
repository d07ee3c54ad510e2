package nn

import "elbo/graph"

// Dropout sets each value to 0 with probability Rate while training and divides the others by
// 1 − Rate, so that the mean stays (Srivastava et al. 2014, inverted form). It is the identity
// when Context.Train is false. The noise site is the layer's name; every step and every
// application draws anew.
type Dropout struct {
	Rate float64 // in [0, 1)
}

// Out returns in.
func (l Dropout) Out(in []int) ([]int, error) {
	if !(l.Rate >= 0 && l.Rate < 1) {
		return nil, shapeError("dropout", in, "rate is %g, must be in [0, 1)", l.Rate)
	}
	return in, nil
}

// Apply multiplies by the mask.
func (l Dropout) Apply(c *Context, name string, x *graph.Node) *graph.Node {
	enter(l, name, x)
	if !c.Train || l.Rate == 0 {
		return x
	}
	u := c.G.Uniform01(c.site(name), graph.ShapeOf(x)...)
	keep := graph.Ge(u, c.G.Const(l.Rate))
	return graph.Mul(x, graph.MulC(keep, 1/(1-l.Rate)))
}
