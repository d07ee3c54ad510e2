package regress

import "elbo/graph"

// priorExpansion evaluates value, gradient and Hessian of the log prior at ζ on a device.
type priorExpansion struct {
	in  *graph.Instance
	dim int
}

func (d *design) newPriorExpansion(dev graph.Device, priors *priorSet) (*priorExpansion, error) {
	lay := d.lay
	dim := lay.dim()
	spec := graph.Spec{Name: "prior"}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) {
		at := g.State(slotAt, nil, dim, 1)
		value := graph.Sum(priors.logProb(g, lay, at))
		grad := graph.Grad(value, at)[0]
		spec.Outputs = []graph.Output{{Name: "value", Node: value}, {Name: "grad", Node: grad}}
		// Row j of the Hessian is the gradient of component j; the prior couples few coordinates,
		// but the number of coordinates is moderate, so a dense Hessian by unit directions is fine:
		// Hessian times the identity, one column per particle.
		eye := graph.DiagEmbed(g.ConstTensor([]float64{1}, dim))
		wide := graph.BroadcastTo(at, dim, dim)
		gw := graph.Grad(graph.Sum(priors.logProb(g, lay, wide)), wide)[0]
		hv := graph.Grad(graph.Sum(graph.Mul(gw, eye)), wide)[0]
		spec.Outputs = append(spec.Outputs, graph.Output{Name: "hess", Node: hv})
	})
	if err != nil {
		return nil, err
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		return nil, err
	}
	in, err := prog.Load(dev)
	if err != nil {
		return nil, err
	}
	return &priorExpansion{in: in, dim: dim}, nil
}

func (e *priorExpansion) expand(at []float64) (*anchor, error) {
	if err := e.in.Set(slotAt, at); err != nil {
		return nil, err
	}
	if err := e.in.Run(0, 1); err != nil {
		return nil, err
	}
	a := &anchor{at: at}
	value, err := e.in.Get("value")
	if err != nil {
		return nil, err
	}
	a.value = value[0]
	if a.grad, err = e.in.Get("grad"); err != nil {
		return nil, err
	}
	a.hess, err = e.in.Get("hess")
	return a, err
}
