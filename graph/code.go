package graph

import (
	"fmt"
	"math"

	"elbo/kernels"
)

// V is a value of a Code: the number of the instruction that makes it.
type V int32

// noValue marks the absence of a value.
const noValue V = -1

// Code is a program before fusion: a list of single-assignment values over fixed shapes.
// It is a Builder[V], so gradient rules and optimiser updates are written over it. Equal
// expressions yield equal values, constants fold and exact identities are applied as values
// are made; a value's arguments always come before it.
type Code struct {
	name    string
	dt      kernels.DType
	raw     bool // no simplification: the reference form of tests
	vals    []value
	slots   []slotDecl
	byName  map[string]V
	keys    map[string]V
	keyBuf  []byte
	updates []update
	outs    []namedValue // added by updates through Output
	site    string       // site of values made now
}

// value is one instruction or leaf.
type value struct {
	op    kernels.Op // OpNone: a slot or a constant
	imm   [2]float64
	attr  kernels.Attr
	args  []V
	shape kernels.Shape
	dtype kernels.DType
	slot  int       // leaf slots: index in Code.slots, else -1
	data  []float64 // constants
	site  string
}

// slotDecl is a slot with its value before the first run.
type slotDecl struct {
	kernels.Slot
	init []float64 // nil = zeros, length 1 = fill
	leaf V
}

// update is a new value of a state at the end of a run.
type update struct{ state, value V }

var _ Builder[V] = (*Code)(nil)

func newCode(name string, dt kernels.DType) *Code {
	return &Code{name: name, dt: dt, byName: map[string]V{}, keys: map[string]V{}}
}

// Shape returns the value's shape; the result must not be changed.
func (c *Code) Shape(v V) kernels.Shape { return c.vals[v].shape }

// DType returns the value's element type.
func (c *Code) DType(v V) kernels.DType { return c.vals[v].dtype }

// FloatType returns the program's float type.
func (c *Code) FloatType() kernels.DType { return c.dt }

// SetSite names the values made from now on in errors and dumps; it returns the former site.
func (c *Code) SetSite(site string) string {
	old := c.site
	c.site = site
	return old
}

// Input declares memory the host writes before a run, such as a learning rate. Asking for a
// declared name again returns the same value.
func (c *Code) Input(name string, shape ...int) V {
	return c.declare(kernels.SlotInput, c.dt, name, nil, shape)
}

// NewState declares memory that persists between runs, such as an optimiser's moments. A nil
// init is zeros, one number fills.
func (c *Code) NewState(name string, init []float64, shape ...int) V {
	return c.declare(kernels.SlotState, c.dt, name, init, shape)
}

// SetState gives a state its value after the run; all reads within the run see the old one.
func (c *Code) SetState(state, to V) {
	s := &c.vals[state]
	switch {
	case s.slot < 0 || c.slots[s.slot].Kind != kernels.SlotState:
		c.fail("SetState", fmt.Errorf("value %d is no state", state), state, to)
	case !s.shape.Equal(c.vals[to].shape) || s.dtype != c.vals[to].dtype:
		c.fail("SetState", fmt.Errorf("state %q has another shape or type than its value", c.slots[s.slot].Name), state, to)
	}
	for i := range c.updates {
		if c.updates[i].state == state {
			c.fail("SetState", fmt.Errorf("state %q is updated twice", c.slots[s.slot].Name), state, to)
		}
	}
	c.updates = append(c.updates, update{state, to})
}

// StepV is the step number as a float scalar, 0 at the first step.
func (c *Code) StepV() V { return c.Apply(kernels.Step, kernels.Attr{}, nil) }

// declare returns the leaf of a slot, made on first use.
func (c *Code) declare(kind kernels.SlotKind, dt kernels.DType, name string, init []float64, shape kernels.Shape) V {
	if v, ok := c.byName[name]; ok {
		s := &c.slots[c.vals[v].slot]
		if s.Kind != kind || s.DType != dt || !s.Shape.Equal(shape) {
			c.fail("slot "+name, fmt.Errorf("declared before as %v %v of shape %v", s.Kind, s.DType, s.Shape))
		}
		return v
	}
	if n := shape.Size(); name == "" || len(init) > 1 && len(init) != n {
		c.fail("slot "+name, fmt.Errorf("%d initial values; a name and 0, 1 or %d values wanted", len(init), n))
	}
	shape = shape.Clone()
	v := c.push(value{shape: shape, dtype: dt, slot: len(c.slots), site: name})
	slot := kernels.Slot{Name: name, Kind: kind, DType: dt, Shape: shape}
	c.slots = append(c.slots, slotDecl{Slot: slot, init: init, leaf: v})
	c.byName[name] = v
	return v
}

// Const returns a scalar constant of the program's float type.
func (c *Code) Const(x float64) V {
	if c.dt == kernels.F32 {
		x = float64(float32(x))
	}
	key := c.key(kernels.OpNone, [2]float64{x}, nil, nil, nil)
	if v, ok := c.keys[string(key)]; ok {
		return v
	}
	v := c.push(value{shape: kernels.Shape{}, dtype: c.dt, slot: -1, data: []float64{x}, site: "const"})
	c.keys[string(key)] = v
	return v
}

// ConstTensor returns a constant of the given shape, row-major.
func (c *Code) ConstTensor(x []float64, shape ...int) V {
	s := kernels.Shape(shape).Clone()
	if len(x) != s.Size() {
		c.fail("ConstTensor", fmt.Errorf("%d values for shape %v", len(x), s))
	}
	if allEqual(x) {
		return c.Apply(kernels.Copy, kernels.Attr{}, s, c.Const(x[0]))
	}
	data := make([]float64, len(x))
	for i, e := range x {
		if data[i] = e; c.dt == kernels.F32 {
			data[i] = float64(float32(e))
		}
	}
	return c.push(value{shape: s, dtype: c.dt, slot: -1, data: data, site: "const"})
}

func allEqual(x []float64) bool {
	for _, e := range x {
		if math.Float64bits(e) != math.Float64bits(x[0]) {
			return false
		}
	}
	return len(x) > 0
}

// Elem applies an elementwise op to broadcast operands; imm holds its immediates, if any.
func (c *Code) Elem(op kernels.Op, imm [2]float64, args ...V) V {
	if !op.IsElementwise() {
		c.fail(op.String(), fmt.Errorf("no elementwise op"), args...)
	}
	shape := c.infer(op, kernels.Attr{}, args)
	for _, a := range args {
		if c.vals[a].dtype != c.dt {
			c.fail(op.String(), fmt.Errorf("operand of type %v; use ToFloat", c.vals[a].dtype), args...)
		}
	}
	if !c.raw {
		if v := c.simplifyElem(op, imm, shape, args); v != noValue {
			return v
		}
	}
	return c.intern(value{op: op, imm: imm, args: args, shape: shape, dtype: c.dt})
}

// Apply applies a structural op with its attributes; shape is used by the ops whose result
// shape their arguments do not determine.
func (c *Code) Apply(op kernels.Op, attr kernels.Attr, shape kernels.Shape, args ...V) V {
	if op.IsElementwise() {
		return c.Elem(op, [2]float64{attr.Imm0, attr.Imm1}, args...)
	}
	if attr.Shape == nil && shapedByAttr(op) {
		attr.Shape = shape.Clone()
	}
	out := c.infer(op, attr, args)
	if !c.raw {
		if v := c.simplifyApply(op, attr, out, args); v != noValue {
			return v
		}
	}
	return c.intern(value{op: op, attr: attr, args: args, shape: out, dtype: c.resultType(op, args)})
}

// shapedByAttr reports whether the op's result shape is part of its attributes.
func shapedByAttr(op kernels.Op) bool {
	switch op {
	case kernels.Copy, kernels.View, kernels.Pad, kernels.ScatterAdd, kernels.Col2Im, kernels.Iota,
		kernels.RandUniform, kernels.RandNormal, kernels.BatchIndex:
		return true
	}
	return false
}

// resultType returns the element type of op(args) and refuses floats where indices belong.
func (c *Code) resultType(op kernels.Op, args []V) kernels.DType {
	in := make([]valueType, len(args))
	for i, a := range args {
		in[i] = valueType{c.vals[a].dtype, c.vals[a].shape}
	}
	dt, err := resultType(op, c.dt, in)
	if err != nil {
		c.fail(op.String(), err, args...)
	}
	return dt
}

func (c *Code) infer(op kernels.Op, attr kernels.Attr, args []V) kernels.Shape {
	shapes := make([]kernels.Shape, len(args))
	for i, a := range args {
		shapes[i] = c.vals[a].shape
	}
	s, err := kernels.InferShape(op, attr, shapes)
	if err != nil {
		c.fail(op.String(), err, args...)
	}
	return s
}

func (c *Code) push(v value) V {
	c.vals = append(c.vals, v)
	return V(len(c.vals) - 1)
}

// intern returns the value equal to v if there is one, else adds v.
func (c *Code) intern(v value) V {
	args := v.args
	if info := kernels.Info(v.op); info.Commute && args[0] > args[1] {
		args = []V{args[1], args[0]}
	}
	key := c.key(v.op, v.imm, &v.attr, v.shape, args)
	if old, ok := c.keys[string(key)]; ok {
		return old
	}
	v.slot, v.site = -1, c.site
	v.args = append([]V(nil), args...)
	id := c.push(v)
	c.keys[string(key)] = id
	return id
}

// fail panics with a *BuildError for op on args.
func (c *Code) fail(op string, err error, args ...V) {
	shapes := make([]kernels.Shape, len(args))
	for i, a := range args {
		shapes[i] = c.vals[a].shape
	}
	if c.site != "" {
		op = fmt.Sprintf("%s at %q", op, c.site)
	}
	panic(&BuildError{Op: op, Pos: callerPos(), Shapes: shapes, Cause: err})
}
