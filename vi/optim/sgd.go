package optim

import "elbo/graph"

// SGD is stochastic gradient descent, optionally with (Nesterov) momentum. The zero value
// is plain SGD.
type SGD struct {
	// Momentum μ in [0,1): v ← μ v + g, w ← w − lr v; 0 keeps no state.
	Momentum float64
	// Nesterov uses g + μ v in place of v (Sutskever et al. 2013).
	Nesterov bool
}

// Name returns "sgd".
func (SGD) Name() string { return "sgd" }

// Update emits w ← w − lr g.
func (r SGD) Update(c *graph.Code, params []graph.ParamGrad, lr graph.V) {
	for _, p := range params {
		move := p.Grad
		if r.Momentum != 0 {
			v := c.NewState("sgd/v/"+p.Name, nil, c.Shape(p.Param)...)
			next := c.Add(c.Scale(v, r.Momentum), p.Grad)
			c.SetState(v, next)
			if move = next; r.Nesterov {
				move = c.Add(p.Grad, c.Scale(next, r.Momentum))
			}
		}
		c.SetState(p.Param, c.Sub(p.Param, c.Mul(lr, move)))
	}
}
