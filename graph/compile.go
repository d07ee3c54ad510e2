package graph

import (
	"errors"
	"fmt"

	"elbo/kernels"
)

// Spec says what a compiled program computes: a training step (Loss, Update), a pass
// (Outputs, Assign) or both.
type Spec struct {
	Name string
	Seed uint64
	// Loss is the scalar that is minimised; nil for passes.
	Loss *Node
	// Wrt lists the parameters differentiated; nil means all Params the loss depends on.
	Wrt []*Node
	// Update is the optimiser: it calls SetState on code values; nil means no update.
	Update func(c *Code, p []ParamGrad)
	// Outputs are small results the host reads after a run.
	Outputs []Output
	// Assign lists states that take a new value once everything has been read.
	Assign []Assign
	// GradOutputs adds an output "grad/<name>" for each parameter differentiated.
	GradOutputs bool
}

// Output is a named result of a program.
type Output struct {
	Name string
	Node *Node
}

// Assign gives a State node a new value at the end of a run.
type Assign struct{ State, Value *Node }

// ParamGrad is a parameter with the derivative of the loss by it.
type ParamGrad struct {
	Name        string
	Param, Grad V
}

// Program is a compiled graph: what a device runs and what a dump shows.
type Program struct {
	kernel  *kernels.Program
	code    *Code
	outputs []result
	seed    uint64
	graph   *Graph
	roots   []*Node
	init    map[string][]float64
}

// Compile turns a graph into a program that runs as s says.
func Compile(g *Graph, s Spec) (p *Program, err error) {
	misuse := guard(func() { p, err = compileGraph(g, s, newCode(s.Name, g.dt), fusedMode) })
	if err = errors.Join(misuse, err); err != nil {
		return nil, fmt.Errorf("graph: compile %q: %w", s.Name, err)
	}
	return p, nil
}

// compileGraph is Compile into a given code and mode.
func compileGraph(g *Graph, s Spec, c *Code, m mode) (*Program, error) {
	if err := s.check(g); err != nil {
		return nil, err
	}
	roots := s.roots()
	l, err := lower(g, c, roots...)
	if err != nil {
		return nil, err
	}
	wrt := s.Wrt
	if wrt == nil && s.Loss != nil {
		wrt = l.params(s.Loss)
	}
	r := lowered{c: c, loss: noValue}
	if s.Loss != nil {
		r.loss = l.vs[s.Loss]
	}
	for _, n := range wrt {
		in := g.Input(n)
		r.params = append(r.params, ParamGrad{Name: in.Name, Param: l.input(in)})
	}
	for _, o := range s.Outputs {
		r.outputs = append(r.outputs, namedValue{o.Name, l.vs[o.Node]})
	}
	for _, a := range s.Assign {
		c.SetState(l.input(g.Input(a.State)), l.vs[a.Value])
	}
	p, err := r.compile(s, m)
	if err != nil {
		return nil, err
	}
	p.graph, p.roots = g, roots
	return p, nil
}

// roots returns the nodes the spec names, in a fixed order.
func (s *Spec) roots() []*Node {
	var roots []*Node
	if s.Loss != nil {
		roots = append(roots, s.Loss)
	}
	for _, o := range s.Outputs {
		roots = append(roots, o.Node)
	}
	for _, a := range s.Assign {
		roots = append(roots, a.Value)
	}
	return roots
}

// check refuses nodes of other graphs and specs that name what is not there.
func (s *Spec) check(g *Graph) error {
	for _, n := range s.roots() {
		if n == nil {
			return fmt.Errorf("an output or assignment has no node")
		}
		if GraphOf(n) != g {
			return fmt.Errorf("node %v belongs to another graph", n.Name())
		}
	}
	if s.Loss != nil && len(g.Shape(s.Loss)) != 0 {
		return fmt.Errorf("the loss has shape %v; a scalar wanted, see Sum", g.Shape(s.Loss))
	}
	if s.Loss == nil && (s.Update != nil || s.GradOutputs || s.Wrt != nil) {
		return fmt.Errorf("gradients wanted of no loss")
	}
	for _, n := range s.Wrt {
		if in := g.Input(n); in == nil || in.DType != g.dt {
			return fmt.Errorf("%q is not a float input of the graph and cannot be differentiated by", n.Name())
		}
	}
	for _, a := range s.Assign {
		if in := g.Input(a.State); in == nil || in.Kind != InputState && in.Kind != InputParam {
			return fmt.Errorf("assignment to %q, which is no state", a.State.Name())
		}
	}
	return nil
}

// lowered is a forward code with what is to be compiled from it, whatever it was lowered from.
type lowered struct {
	c       *Code
	loss    V // or noValue
	params  []ParamGrad
	outputs []namedValue
}

type namedValue struct {
	name  string
	value V
}

// compile differentiates, adds updates and outputs, and makes the program.
func (r *lowered) compile(s Spec, m mode) (*Program, error) {
	c := r.c
	if r.loss != noValue && (s.Update != nil || s.GradOutputs) {
		r.differentiate()
	}
	if s.Update != nil {
		c.SetSite("update")
		s.Update(c, r.params)
		c.SetSite("")
	}
	if s.GradOutputs {
		for _, p := range r.params {
			r.outputs = append(r.outputs, namedValue{"grad/" + p.Name, p.Grad})
		}
	}
	r.outputs = append(r.outputs, c.outs...)
	p := &Program{code: c, seed: s.Seed, init: map[string][]float64{}}
	for _, o := range r.outputs {
		if _, ok := c.byName[o.name]; ok {
			return nil, fmt.Errorf("output %q has the name of another slot", o.name)
		}
		leaf := c.declare(kernels.SlotOutput, c.vals[o.value].dtype, o.name, nil, c.vals[o.value].shape)
		p.outputs = append(p.outputs, result{leaf, o.value})
	}
	if len(p.outputs)+len(c.updates) == 0 {
		return nil, fmt.Errorf("the program has no result: no outputs, no updates, no assignments")
	}
	p.kernel = compileCode(c, p.outputs, s.Seed, m)
	for _, d := range c.slots {
		p.init[d.Name] = d.init
	}
	return p, nil
}

// differentiate fills in the gradients of the loss by reverse accumulation over the code.
func (r *lowered) differentiate() {
	c := r.c
	wrt := make([]V, len(r.params))
	for i, p := range r.params {
		wrt[i] = p.Param
	}
	grads := reverse(c, c.applications(), r.loss, c.Const(1), wrt)
	for i := range r.params {
		r.params[i].Grad = grads[i]
	}
}

// applications returns every op application of the code, in order.
func (c *Code) applications() []Application[V] {
	var out []Application[V]
	for v := range c.vals {
		if x := &c.vals[v]; x.op != kernels.OpNone {
			out = append(out, Application[V]{Op: x.op, Imm: x.imm, Attr: x.attr, Args: x.args, Out: V(v), Site: x.site})
		}
	}
	return out
}

// Kernel returns the program devices run; it must not be changed.
func (p *Program) Kernel() *kernels.Program { return p.kernel }

// Slots returns the memory the program shares with its host; it must not be changed.
func (p *Program) Slots() []kernels.Slot { return p.kernel.Slots }

// Slot returns the named slot, or nil.
func (p *Program) Slot(name string) *kernels.Slot {
	if i := p.kernel.SlotIndex(name); i >= 0 {
		return &p.kernel.Slots[i]
	}
	return nil
}

// Init returns the elements of a state before the first run, or nil for an unknown name.
func (p *Program) Init(name string) []float64 {
	s := p.Slot(name)
	if s == nil {
		return nil
	}
	out := make([]float64, s.Shape.Size())
	switch x := p.init[name]; len(x) {
	case 1:
		for i := range out {
			out[i] = x[0]
		}
	default:
		copy(out, x)
	}
	return out
}
