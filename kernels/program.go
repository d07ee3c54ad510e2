package kernels

// ValueID indexes Program.Values.
type ValueID int32

// SlotKind says who writes a slot and when.
type SlotKind uint8

// The slot kinds.
const (
	// SlotInput is written by the host before a run (a batch, a learning rate).
	SlotInput SlotKind = iota
	// SlotState persists between runs; the program may update it.
	SlotState
	// SlotData is resident read-only data.
	SlotData
	// SlotOutput is written by every run and read by the host when it likes.
	SlotOutput
)

// String returns "input", "state", "data" or "output".
func (k SlotKind) String() string { return [...]string{"input", "state", "data", "output"}[k] }

// Written reports whether programs may write slots of the kind.
func (k SlotKind) Written() bool { return k == SlotState || k == SlotOutput }

// Slot is memory a program shares with its host, addressed by name.
type Slot struct {
	Name  string
	Kind  SlotKind
	DType DType
	Shape Shape
}

// Bytes returns the slot's size.
func (s *Slot) Bytes() int { return s.DType.Size() * s.Shape.Size() }

// Home says where a value lives.
type Home uint8

// The homes.
const (
	// InScratch: at byte offset Value.Offset of the scratch arena.
	InScratch Home = iota
	// InSlot: the whole of slot Value.Slot.
	InSlot
	// InConst: constant data, Program.Consts[Value.Slot].
	InConst
)

// Value is the result of an instruction, a slot or a constant. View results alias their argument's home.
type Value struct {
	DType  DType
	Shape  Shape
	Home   Home
	Slot   int
	Offset int
}

// Attr carries the parameters of structural ops; unused fields are zero.
type Attr struct {
	Axis, Start, N int
	Axes           []int
	TransA, TransB bool
	Flag           bool
	Imm0, Imm1     float64 // immediates of elementwise ops
	Site           uint32  // random stream of RandUniform, RandNormal, UniformRows
	Window         Window  // of Im2Col, Col2Im
	Shape          Shape   // result shape where InferShape cannot know it; devices read Value.Shape instead
}

// Instr computes Outs from Args. All ops but OpFused have one result.
type Instr struct {
	Op    Op
	Args  []ValueID
	Outs  []ValueID
	Attr  Attr
	Fused *Fused
	Site  string // where it comes from: node or site name, for errors and dumps
}

// Fused is an elementwise program over one iteration space, run tile by tile. Registers
// hold one element per point of the space: register r < len(Ins) is input r, register
// len(Ins)+i the result of Code[i].
type Fused struct {
	Shape Shape // iteration space after collapsing, rank 1 to 4
	Ins   []Operand
	Code  []FusedOp
	Outs  []FusedOut
}

// Operand reads Instr.Args[i] at every point: element strides per axis of Fused.Shape, 0 = broadcast.
type Operand struct {
	Strides []int
}

// FusedOp is one elementwise op on registers.
type FusedOp struct {
	Op         Op
	Args       [3]int16
	Imm0, Imm1 float64
}

// FusedOut writes register Reg to Instr.Outs[i] at element strides per axis. Axes of stride
// 0 and extent > 1 are summed over; the fuser emits only three patterns: nothing reduced,
// a leading block of axes reduced, or a trailing block (all axes is both). An unreduced out may alias an input
// read at the same points (in-place update).
type FusedOut struct {
	Reg     int16
	Strides []int
	Reduce  bool
}

// Program is straight-line code a device compiles: a training step or a pass.
type Program struct {
	Name    string
	DType   DType // the float type
	Seed    uint64
	Slots   []Slot
	Consts  [][]float64 // converted to Value.DType by the device
	Values  []Value
	Instrs  []Instr
	Scratch int // bytes of the scratch arena; offsets are multiples of 64
}

// Bytes returns a value's size.
func (p *Program) Bytes(v ValueID) int {
	x := &p.Values[v]
	return x.DType.Size() * x.Shape.Size()
}

// SlotIndex returns the index of the named slot, or -1.
func (p *Program) SlotIndex(name string) int {
	for i := range p.Slots {
		if p.Slots[i].Name == name {
			return i
		}
	}
	return -1
}
