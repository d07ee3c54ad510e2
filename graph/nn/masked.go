package nn

import "elbo/graph"

// MaskedLinear is a linear layer without some of its connections: y = x (M ∘ W) + b, where
// output j hears input i only if InDegree[i] ≤ OutDegree[j], or InDegree[i] < OutDegree[j]
// when Strict. Chains of such layers whose degrees are handed on make output j a function of
// the inputs of lower degree only (Germain et al. 2015, eqs. 12 and 13).
type MaskedLinear struct {
	InDegree  []int // one per input
	OutDegree []int // one per output
	Strict    bool  // for the last layer of a chain
	NoBias    bool
	Init      Init // of the weight; empty means glorot_uniform with the mean fans the mask leaves
	Bias      Init // of the bias; empty means zeros
}

// Out returns (len(OutDegree)) for vectors of len(InDegree).
func (l MaskedLinear) Out(in []int) ([]int, error) {
	switch {
	case len(l.OutDegree) == 0:
		return nil, shapeError("masked_linear", in, "no outputs")
	case len(in) != 1 || in[0] != len(l.InDegree):
		return nil, shapeError("masked_linear", in, "vectors of %d are wanted", len(l.InDegree))
	}
	return []int{len(l.OutDegree)}, nil
}

// Apply declares name/weight (in, out) and name/bias. Weights the mask removes start at 0 and
// stay there.
func (l MaskedLinear) Apply(c *Context, name string, x *graph.Node) *graph.Node {
	enter(l, name, x)
	n, m := len(l.InDegree), len(l.OutDegree)
	mask, open := l.mask()
	fanIn, fanOut := max(open/m, 1), max(open/n, 1)
	w := c.declared(name+"/weight", graph.InputParam, []int{n, m}, func() *graph.Node {
		v, err := l.Init.or(GlorotUniform).Values(c.Seed, name+"/weight", []int{n, m}, fanIn, fanOut)
		if err != nil {
			graph.Fail("nn.MaskedLinear", nil, "%w", err)
		}
		for i := range v {
			v[i] *= mask[i]
		}
		return c.G.Param(name+"/weight", v, n, m)
	})
	y := graph.MatMul(x, graph.Mul(w, c.G.ConstTensor(mask, n, m)))
	if l.NoBias {
		return y
	}
	return graph.Add(y, c.bias(name, l.Bias, fanIn, m))
}

// mask returns M (in, out) and how many of its elements are 1.
func (l MaskedLinear) mask() (mask []float64, open int) {
	mask = make([]float64, len(l.InDegree)*len(l.OutDegree))
	for i, from := range l.InDegree {
		for j, to := range l.OutDegree {
			if from < to || from == to && !l.Strict {
				mask[i*len(l.OutDegree)+j] = 1
				open++
			}
		}
	}
	return mask, open
}
