package train

import (
	"elbo/graph"
	"elbo/vi"
	"elbo/vi/optim"
)

// Plan is the recipe of one training step.
type Plan struct {
	// Name names the program in errors and dumps.
	Name string
	// DType is the float type of the step.
	DType graph.DType
	// Seed keys every random stream of the step.
	Seed uint64
	// Target, Family, Objective and Rule are the four joints of variational inference.
	Target    vi.Target
	Family    vi.Family
	Objective vi.Objective
	Rule      vi.Rule
	// Particles says how many draws a step averages over.
	Particles vi.Particles
	// Rows is N: the loss is −bound/N, so its size does not grow with the data. 0 means 1.
	Rows int64
	// ClipNorm bounds the Euclidean norm of the gradient of the bound (not per datum); 0 means no bound.
	ClipNorm float64
	// Schedule multiplies the learning rate as a function of the step; nil means constant.
	Schedule optim.Schedule
}

// Slot names every step program has.
const (
	SlotLR       = "lr"        // input: base learning rate, for the bound (not per datum)
	SlotElbo     = "elbo"      // output: this step's estimate of the bound, nats
	SlotGradNorm = "grad_norm" // output: norm of this step's gradient of the bound
	SlotElboSum  = "sum/elbo"  // state: sum of the bound over the block
	sumPrefix    = "sum/"      // state: sums of parameters over the block
)

// Step is a compiled plan.
type Step struct {
	Program *graph.Program
	Graph   *graph.Graph
	Params  []string // parameter slots, in graph order
}

// Compile builds the step's graph and its program.
func (p Plan) Compile() (*Step, error) {
	var spec graph.Spec
	var params []*graph.Node
	g, err := graph.Build(p.DType, func(g *graph.Graph) {
		guide := p.Family.Guide(g, p.Target.Dim(), p.Particles)
		bound := g.Name(p.Objective.Bound(g, p.Target, guide), SlotElbo)
		params = paramsOf(g)
		loss := graph.MulC(bound, -1/p.rows())
		spec = graph.Spec{
			Name: p.Name, Seed: p.Seed, Loss: loss, Wrt: params,
			Outputs: []graph.Output{{Name: SlotElbo, Node: bound}},
			Assign:  []graph.Assign{accumulate(g, SlotElboSum, bound)},
			Update:  p.update,
		}
		for _, w := range params {
			spec.Assign = append(spec.Assign, accumulate(g, sumPrefix+w.Name(), w))
		}
	})
	if err != nil {
		return nil, err
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		return nil, err
	}
	s := &Step{Program: prog, Graph: g}
	for _, w := range params {
		s.Params = append(s.Params, w.Name())
	}
	return s, nil
}

func (p Plan) rows() float64 { return float64(max(p.Rows, 1)) }

// accumulate returns the update of a running sum of n.
func accumulate(g *graph.Graph, name string, n *graph.Node) graph.Assign {
	sum := g.State(name, nil, graph.ShapeOf(n)...)
	return graph.Assign{State: sum, Value: graph.Add(sum, n)}
}

// update emits clipping, schedule and rule. The loss is per datum; the rule sees the
// gradient of −bound, so learning rates do not depend on N.
func (p Plan) update(c *graph.Code, params []graph.ParamGrad) {
	for i := range params {
		params[i].Grad = c.Scale(params[i].Grad, p.rows())
	}
	norm := optim.GradNorm(c, params)
	c.Output(SlotGradNorm, norm)
	if p.ClipNorm > 0 {
		params = optim.Clip(c, params, norm, p.ClipNorm)
	}
	lr := c.Input(SlotLR)
	if p.Schedule != nil {
		lr = c.Mul(lr, p.Schedule(c, c.StepV()))
	}
	p.Rule.Update(c, params, lr)
}

// paramsOf returns the trainable inputs of g in order of declaration.
func paramsOf(g *graph.Graph) []*graph.Node {
	var out []*graph.Node
	for _, n := range g.Inputs() {
		if g.Input(n).Kind == graph.InputParam {
			out = append(out, n)
		}
	}
	return out
}
