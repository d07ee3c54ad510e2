package train

import (
	"fmt"

	"elbo/graph"
	"elbo/vi"
	"elbo/vi/optim"
)

// StepSpec is the recipe of a training step whose graph an application builds itself; Plan
// is the one of a target, a family and an objective.
type StepSpec struct {
	// Name names the program in errors and dumps.
	Name string
	// DType is the float type of the step.
	DType graph.DType
	// Seed keys every random stream of the step.
	Seed uint64
	// Build adds parameters and bound to the graph and returns what the step is made of.
	Build func(g *graph.Graph) StepParts
	// Rule is the optimiser.
	Rule vi.Rule
	// ClipNorm bounds the Euclidean norm of the gradient the rule sees; 0 means no bound.
	ClipNorm float64
	// Schedule multiplies the learning rate as a function of the step; nil means constant.
	Schedule optim.Schedule
	// Rows is N where the bound is that of all N rows: the loss is −bound/N, so that its size does not
	// grow with the data, and the rule sees the gradient of −bound. 0 means 1, for bounds per datum.
	Rows int64
	// Average sums all parameters over the block, so that averaged iterates are known; it costs
	// two more passes over the parameters per step.
	Average bool
	// EMA, where not 0, keeps an exponential moving average of each parameter in state slot
	// AverageSlot(name): m ← m + (1−d)(w − m) with d = min(EMA, (1+t)/(10+t)) at step t, so that
	// early averages follow fast. Averages see less noise of the gradients than the parameters.
	EMA float64
}

// AverageSlot names the state slot of a parameter's moving average.
func AverageSlot(param string) string { return "ema/" + param }

// StepParts is what Build returns.
type StepParts struct {
	// Bound is the scalar to maximise, nats: of all data, or per datum with StepSpec.Rows 0.
	Bound *graph.Node
	// Outputs are averaged over a block or epoch, in state slots "sum/" + name, and reported by
	// name; the one named "elbo" is reported in place of Bound, whose value may be a surrogate's.
	Outputs []graph.Output
	// Assign updates further state.
	Assign []graph.Assign
}

// Slot names every step program has.
const (
	SlotLR       = "lr"        // input: base learning rate
	SlotElbo     = "elbo"      // output: this step's estimate of the bound, nats
	SlotGradNorm = "grad_norm" // output: norm of this step's gradient of the bound
	SlotElboSum  = "sum/elbo"  // state: sum of the bound over the block
	sumPrefix    = "sum/"      // state: sums over the block
)

// Step is a compiled training step.
type Step struct {
	Program *graph.Program
	Graph   *graph.Graph
	Params  []string // parameter slots, in graph order
	Means   []string // what is averaged over a block beside parameters: "elbo" first, then Outputs

	average bool
}

// Compile builds the step's graph and its program.
func (s StepSpec) Compile() (*Step, error) {
	if s.Build == nil || s.Rule == nil {
		return nil, fmt.Errorf("train: step %q needs both Build and Rule", s.Name)
	}
	step := &Step{average: s.Average}
	var spec graph.Spec
	g, err := graph.Build(s.DType, func(g *graph.Graph) { spec = s.parts(g, step) })
	if err != nil {
		return nil, err
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		return nil, err
	}
	step.Program, step.Graph = prog, g
	return step, nil
}

// parts builds the graph and adds the sums.
func (s StepSpec) parts(g *graph.Graph, step *Step) graph.Spec {
	parts := s.Build(g)
	shown := parts.Bound
	for _, o := range parts.Outputs {
		if o.Name == SlotElbo {
			shown = o.Node
		}
	}
	params := paramsOf(g)
	spec := graph.Spec{
		Name: s.Name, Seed: s.Seed, Loss: graph.MulC(parts.Bound, -1/s.rows()), Wrt: params,
		Outputs: []graph.Output{{Name: SlotElbo, Node: shown}},
		Assign:  append(parts.Assign, accumulate(g, SlotElboSum, shown)),
		Update:  s.update,
	}
	step.Means = []string{SlotElbo}
	for _, o := range parts.Outputs {
		if o.Name != SlotElbo {
			step.Means = append(step.Means, o.Name)
			spec.Assign = append(spec.Assign, accumulate(g, sumPrefix+o.Name, o.Node))
		}
	}
	for _, w := range params {
		step.Params = append(step.Params, w.Name())
		if s.Average {
			spec.Assign = append(spec.Assign, accumulate(g, sumPrefix+w.Name(), w))
		}
	}
	if s.EMA > 0 {
		spec.Assign = append(spec.Assign, s.averages(g, params)...)
	}
	return spec
}

// averages returns the updates of the moving averages.
func (s StepSpec) averages(g *graph.Graph, params []*graph.Node) []graph.Assign {
	t := g.Step()
	d := graph.Min(g.Const(s.EMA), graph.Div(graph.AddC(t, 1), graph.AddC(t, 10)))
	rate := graph.AddC(graph.Neg(d), 1)
	var out []graph.Assign
	for _, w := range params {
		m := g.State(AverageSlot(w.Name()), g.Input(w).Init, graph.ShapeOf(w)...)
		out = append(out, graph.Assign{State: m, Value: graph.Add(m, graph.Mul(rate, graph.Sub(w, m)))})
	}
	return out
}

func (s StepSpec) rows() float64 { return float64(max(s.Rows, 1)) }

// accumulate returns the update of a running sum of n.
func accumulate(g *graph.Graph, name string, n *graph.Node) graph.Assign {
	sum := g.State(name, nil, graph.ShapeOf(n)...)
	return graph.Assign{State: sum, Value: graph.Add(sum, n)}
}

// update emits clipping, schedule and rule. The rule sees the gradient of −bound, so learning
// rates do not depend on N.
func (s StepSpec) update(c *graph.Code, params []graph.ParamGrad) {
	if n := s.rows(); n != 1 {
		for i := range params {
			params[i].Grad = c.Scale(params[i].Grad, n)
		}
	}
	norm := optim.GradNorm(c, params)
	c.Output(SlotGradNorm, norm)
	if s.ClipNorm > 0 {
		params = optim.Clip(c, params, norm, s.ClipNorm)
	}
	lr := c.Input(SlotLR)
	if s.Schedule != nil {
		lr = c.Mul(lr, s.Schedule(c, c.StepV()))
	}
	s.Rule.Update(c, params, lr)
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
