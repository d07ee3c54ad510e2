package graph

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"elbo/kernels"
)

// NonFinite says where a value that is not a number or infinite first arises.
type NonFinite struct {
	Op    string        // op that made it from finite operands; "input" for a slot that held it
	Site  string        // node or site name, "gradient of ..." for derivatives, or the slot's name
	Shape kernels.Shape // shape of the value it is in
	Index int           // element in row-major order
	Row   int           // index along the first axis: the row of the batch in values that have one
	Value float64       // NaN, +Inf or -Inf
	Step  uint64
}

// String says it in one sentence.
func (n *NonFinite) String() string {
	return fmt.Sprintf("%v arises at step %d in %s of %q, element %d of shape %v (row %d)",
		n.Value, n.Step, n.Op, n.Site, n.Index, n.Shape, n.Row)
}

// tracer is a program that keeps every value of a code in an output slot and updates nothing.
type tracer struct {
	c      *Code
	b      *backend
	kernel *kernels.Program
	// results are what the traced program would have written.
	results []result
	slot    map[V]string // slot of each computed value and leaf
	bad     map[V]*NonFinite
}

// newTracer compiles the code of p once more, one instruction per value.
func newTracer(p *Program) *tracer {
	c := *p.code
	c.vals, c.slots = slices.Clone(c.vals), slices.Clone(c.slots)
	c.byName, c.keys = maps.Clone(c.byName), maps.Clone(c.keys)
	results := append(append([]result(nil), p.outputs...), c.stateResults()...)
	t := &tracer{c: &c, b: newBackend(&c, plainMode, results), results: results}
	t.slot, t.bad = map[V]string{}, map[V]*NonFinite{}
	t.b.emitPlain()
	for v := range t.b.users {
		switch x := &c.vals[v]; {
		case t.b.users[v] == 0:
		case x.slot >= 0:
			t.slot[V(v)] = c.slots[x.slot].Name
		case t.b.needsStep(V(v)):
			name := fmt.Sprintf("trace/%d", v)
			leaf := c.declare(kernels.SlotOutput, c.vals[v].dtype, name, nil, c.vals[v].shape)
			t.b.homes[V(v)] = c.vals[leaf].slot
			t.slot[V(v)] = name
		}
	}
	t.b.plan()
	t.kernel = t.b.program(p.seed)
	return t
}

// Locate runs one step again, unfused, with the slots as they are now and without updating
// any state, and returns the first non-finite value that a result depends on, or nil if all
// are finite. To explain a failed step, restore the states from before it first.
func (in *Instance) Locate(step uint64) (*NonFinite, error) {
	t := newTracer(in.p)
	q := &Program{kernel: t.kernel, init: map[string][]float64{}}
	run, err := q.loadAround(in)
	if err != nil {
		return nil, fmt.Errorf("graph: locate: %w", err)
	}
	found, err := t.search(run, step)
	if err = errors.Join(err, run.Close()); err != nil {
		return nil, fmt.Errorf("graph: locate: %w", err)
	}
	return found, nil
}

// loadAround loads p with the memory of in for all slots that in has.
func (p *Program) loadAround(in *Instance) (*Instance, error) {
	exec, err := in.dev.Compile(p.kernel)
	if err != nil {
		return nil, err
	}
	out := &Instance{p: p, dev: in.dev, exec: exec, slots: make([]boundSlot, len(p.kernel.Slots))}
	for i := range out.slots {
		s := &p.kernel.Slots[i]
		if b := in.Buffer(s.Name); b != nil {
			err = out.bind(i, boundSlot{buf: b})
		} else {
			err = out.openSlot(i, loadConfig{})
		}
		if err != nil {
			return nil, errors.Join(err, out.Close())
		}
	}
	return out, nil
}

// search runs the step and follows non-finite values from the results back to their origin.
func (t *tracer) search(run *Instance, step uint64) (*NonFinite, error) {
	if err := run.Run(step, 1); err != nil {
		return nil, err
	}
	if err := run.Sync(); err != nil {
		return nil, err
	}
	for v := range t.b.users {
		name, ok := t.slot[V(v)]
		if !ok || !run.Has(name) || t.c.vals[v].dtype != t.c.dt {
			continue
		}
		x, err := run.Get(name)
		if err != nil {
			return nil, err
		}
		t.inspect(V(v), x, step)
	}
	var first V = noValue
	t.follow(func(v V) {
		if first == noValue || v < first {
			first = v
		}
	})
	return t.bad[first], nil
}

// inspect notes the first non-finite element of v, if any.
func (t *tracer) inspect(v V, x []float64, step uint64) {
	i := slices.IndexFunc(x, func(e float64) bool { return math.IsNaN(e) || math.IsInf(e, 0) })
	if i < 0 {
		return
	}
	a := &t.c.vals[v]
	n := &NonFinite{Op: a.op.String(), Site: a.site, Shape: a.shape, Index: i, Value: x[i], Step: step}
	if a.op == kernels.OpNone {
		n.Op = "input"
	}
	if len(a.shape) > 0 {
		n.Row = i / (len(x) / a.shape[0])
	}
	t.bad[v] = n
}

// follow calls origin for every non-finite value with finite operands that the results
// reach through non-finite values alone; what a mask hides is not reached.
func (t *tracer) follow(origin func(V)) {
	seen := map[V]bool{}
	var stack []V
	push := func(v V) {
		if r := t.b.base[v]; t.bad[r] != nil && !seen[r] {
			seen[r] = true
			stack = append(stack, r)
		}
	}
	for _, r := range t.results {
		push(r.value)
	}
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		clean := true
		for _, a := range t.c.vals[v].args {
			clean = clean && t.bad[t.b.base[a]] == nil
			push(a)
		}
		if clean {
			origin(v)
		}
	}
}
