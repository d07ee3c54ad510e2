package optim

import "elbo/graph"

// GradNorm returns the Euclidean norm of all gradients together (scalar).
func GradNorm(c *graph.Code, params []graph.ParamGrad) graph.V {
	var sum graph.V
	for i, p := range params {
		s := c.SumAll(c.Square(p.Grad))
		if i == 0 {
			sum = s
			continue
		}
		sum = c.Add(sum, s)
	}
	return c.Sqrt(sum)
}

// Clip returns the gradients scaled so that their common norm is at most limit (Pascanu,
// Mikolov & Bengio 2013). A NaN norm stays visible: NaN gradients are not hidden.
func Clip(c *graph.Code, params []graph.ParamGrad, norm graph.V, limit float64) []graph.ParamGrad {
	// limit / max(norm, limit) is 1 below the limit.
	factor := c.Div(c.Const(limit), c.Max(norm, c.Const(limit)))
	out := append([]graph.ParamGrad(nil), params...)
	for i := range out {
		out[i].Grad = c.Mul(out[i].Grad, factor)
	}
	return out
}
