package nn

import "elbo/graph"

// Linear is the affine map y = x W + b of vectors: x (B, in), W (in, units), b (units) → (B, units).
type Linear struct {
	Units  int
	NoBias bool
	Init   Init // of the weight; empty means glorot_uniform
	Bias   Init // of the bias; empty means zeros
}

// Out returns (units) for vectors.
func (l Linear) Out(in []int) ([]int, error) {
	switch {
	case l.Units < 1:
		return nil, shapeError("linear", in, "units is %d, must be positive", l.Units)
	case len(in) != 1:
		return nil, shapeError("linear", in, "vectors are wanted; put a flatten layer before it")
	}
	return []int{l.Units}, nil
}

// Apply declares name/weight and name/bias.
func (l Linear) Apply(c *Context, name string, x *graph.Node) *graph.Node {
	_, in, _ := enter(l, name, x)
	w := c.Param(name+"/weight", l.Init.or(GlorotUniform), in[0], l.Units, in[0], l.Units)
	y := graph.MatMul(x, w)
	if l.NoBias {
		return y
	}
	return graph.Add(y, c.bias(name, l.Bias, in[0], l.Units))
}

// bias declares name/bias.
func (c *Context) bias(name string, rule Init, fanIn, n int) *graph.Node {
	return c.Param(name+"/bias", rule.or(Zeros), fanIn, n, n)
}
