package kernelstest

import (
	"fmt"

	"elbo/kernels"
)

// NoValue stands for an absent value.
const NoValue kernels.ValueID = -1

// Builder makes small programs by hand. Misuse panics: it is for tests. Feed holds the data
// of the slots made so far.
type Builder struct {
	Feed map[string][]float64
	p    *kernels.Program
	root []kernels.ValueID // value whose memory this one uses
}

// NewBuilder starts an empty program of a float type.
func NewBuilder(name string, dt kernels.DType) *Builder {
	return &Builder{p: &kernels.Program{Name: name, DType: dt}, Feed: map[string][]float64{}}
}

// Seed sets the program's seed.
func (b *Builder) Seed(seed uint64) { b.p.Seed = seed }

// DType returns the program's float type.
func (b *Builder) DType() kernels.DType { return b.p.DType }

// Shape returns the shape of a value.
func (b *Builder) Shape(v kernels.ValueID) kernels.Shape { return b.p.Values[v].Shape }

func (b *Builder) value(v kernels.Value) kernels.ValueID {
	id := kernels.ValueID(len(b.p.Values))
	b.p.Values, b.root = append(b.p.Values, v), append(b.root, id)
	return id
}

// slot adds a slot with its data, zeros when nil, and returns the value that reads it.
func (b *Builder) slot(
	name string, kind kernels.SlotKind, dt kernels.DType, data []float64, s kernels.Shape,
) kernels.ValueID {
	if b.p.SlotIndex(name) >= 0 {
		panic(fmt.Sprintf("kernelstest: slot %q is there already", name))
	}
	if data == nil {
		data = make([]float64, s.Size())
	}
	if len(data) != s.Size() {
		panic(fmt.Sprintf("kernelstest: %d numbers for slot %q of shape %v", len(data), name, s))
	}
	b.Feed[name] = data
	b.p.Slots = append(b.p.Slots, kernels.Slot{Name: name, Kind: kind, DType: dt, Shape: s})
	return b.value(kernels.Value{DType: dt, Shape: s, Home: kernels.InSlot, Slot: len(b.p.Slots) - 1})
}

// Input adds a float input slot.
func (b *Builder) Input(name string, data []float64, shape ...int) kernels.ValueID {
	return b.slot(name, kernels.SlotInput, b.p.DType, data, shape)
}

// Index adds an I32 data slot.
func (b *Builder) Index(name string, data []float64, shape ...int) kernels.ValueID {
	return b.slot(name, kernels.SlotData, kernels.I32, data, shape)
}

// Bytes adds a U8 data slot.
func (b *Builder) Bytes(name string, data []float64, shape ...int) kernels.ValueID {
	return b.slot(name, kernels.SlotData, kernels.U8, data, shape)
}

// BFloats adds a BF16 data slot; data is rounded when it is written.
func (b *Builder) BFloats(name string, data []float64, shape ...int) kernels.ValueID {
	return b.slot(name, kernels.SlotData, kernels.BF16, data, shape)
}

// State adds a float state slot.
func (b *Builder) State(name string, data []float64, shape ...int) kernels.ValueID {
	return b.slot(name, kernels.SlotState, b.p.DType, data, shape)
}

// Const adds a float constant.
func (b *Builder) Const(data []float64, shape ...int) kernels.ValueID {
	b.p.Consts = append(b.p.Consts, data)
	return b.value(kernels.Value{DType: b.p.DType, Shape: shape, Home: kernels.InConst, Slot: len(b.p.Consts) - 1})
}

// Elem applies an elementwise op to broadcast operands.
func (b *Builder) Elem(op kernels.Op, imm [2]float64, args ...kernels.ValueID) kernels.ValueID {
	return b.Apply(op, kernels.Attr{Imm0: imm[0], Imm1: imm[1]}, args...)
}

// Apply applies an op; attr.Shape gives the result's shape where the arguments do not.
func (b *Builder) Apply(op kernels.Op, attr kernels.Attr, args ...kernels.ValueID) kernels.ValueID {
	shapes := make([]kernels.Shape, len(args))
	for i, a := range args {
		shapes[i] = b.p.Values[a].Shape
	}
	s, err := kernels.InferShape(op, attr, shapes)
	if err != nil {
		panic(err)
	}
	v := kernels.Value{DType: b.resultType(op, args), Shape: s}
	if op == kernels.View {
		v.Home, v.Slot = b.p.Values[args[0]].Home, b.p.Values[args[0]].Slot
	}
	out := b.value(v)
	if op == kernels.View {
		b.root[out] = b.root[args[0]]
	}
	b.emit(kernels.Instr{Op: op, Args: args, Outs: []kernels.ValueID{out}, Attr: attr})
	return out
}

func (b *Builder) resultType(op kernels.Op, args []kernels.ValueID) kernels.DType {
	switch op {
	case kernels.BatchIndex, kernels.ToInt:
		return kernels.I32
	case kernels.Copy, kernels.View, kernels.Transpose, kernels.Slice, kernels.Pad, kernels.Concat, kernels.Assign,
		kernels.Gather:
		return b.p.Values[args[0]].DType
	}
	return b.p.DType
}

func (b *Builder) emit(in kernels.Instr) {
	in.Site = fmt.Sprintf("site%d", len(b.p.Instrs))
	b.p.Instrs = append(b.p.Instrs, in)
}

// Out is one result of a fused group: its shape, and the value whose memory it takes over, or NoValue.
type Out struct {
	Shape kernels.Shape
	Over  kernels.ValueID
}

// Fused adds a fused group and returns its results.
func (b *Builder) Fused(f *kernels.Fused, outs []Out, args ...kernels.ValueID) []kernels.ValueID {
	ids := make([]kernels.ValueID, len(outs))
	for i, o := range outs {
		v := kernels.Value{DType: b.p.DType, Shape: o.Shape}
		if o.Over != NoValue {
			v.Home, v.Slot = b.p.Values[o.Over].Home, b.p.Values[o.Over].Slot
		}
		ids[i] = b.value(v)
		if o.Over != NoValue {
			b.root[ids[i]] = b.root[o.Over]
		}
	}
	b.emit(kernels.Instr{Op: kernels.OpFused, Args: args, Outs: ids, Fused: f})
	return ids
}

// Output makes v readable under a name. A result in memory of its own moves its home to the
// slot; anything else is copied there.
func (b *Builder) Output(name string, v kernels.ValueID) {
	x := b.p.Values[v]
	b.p.Slots = append(b.p.Slots, kernels.Slot{Name: name, Kind: kernels.SlotOutput, DType: x.DType, Shape: x.Shape})
	slot := len(b.p.Slots) - 1
	alone := x.Home == kernels.InScratch
	for i, r := range b.root {
		alone = alone && (r == v) == (kernels.ValueID(i) == v)
	}
	if alone {
		b.p.Values[v].Home, b.p.Values[v].Slot = kernels.InSlot, slot
		return
	}
	b.assign(v, slot)
}

// Update sets the slot of state to v.
func (b *Builder) Update(state, v kernels.ValueID) { b.assign(v, b.p.Values[state].Slot) }

func (b *Builder) assign(v kernels.ValueID, slot int) {
	x := b.p.Values[v]
	out := b.value(kernels.Value{DType: x.DType, Shape: x.Shape, Home: kernels.InSlot, Slot: slot})
	b.emit(kernels.Instr{Op: kernels.Assign, Args: []kernels.ValueID{v}, Outs: []kernels.ValueID{out}})
}
