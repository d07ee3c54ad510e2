package kernelstest

import (
	"fmt"

	"elbo/kernels"
)

// Generated is a program made by a seeded generator, with contents for its slots.
type Generated struct {
	Name    string
	Program *kernels.Program
	Slots   map[string][]float64
	// Reduces says that some output is a sum, whose order is the device's choice; all other
	// outputs are elementwise or random and equal bit for bit on devices that promise it.
	Reduces bool
}

// Programs returns generated programs in both float types: random elementwise graphs as one
// fused group and as single instructions, with and without sums, and random streams.
func Programs() []Generated {
	var out []Generated
	for _, dt := range dtypes {
		for seed := range uint64(24) {
			s := newSketch(seed, dt, seed%2 == 1)
			out = append(out, s.fused(), s.plain())
		}
		b := NewBuilder(fmt.Sprintf("random streams %v", dt), dt)
		b.Seed(7)
		for i, op := range []kernels.Op{kernels.RandUniform, kernels.RandNormal} {
			b.Output(op.String(), b.Apply(op, kernels.Attr{Shape: kernels.Shape{10007}, Site: uint32(i + 1)}))
		}
		out = append(out, Generated{b.p.Name, b.Program(), b.Feed, false})
	}
	return out
}

// sketch is a random elementwise graph over one space, kept abstract so that it can be
// written as one fused group or as single instructions.
type sketch struct {
	name  string
	dt    kernels.DType
	r     source
	space kernels.Shape
	ins   []sketchInput
	code  []kernels.FusedOp
	outs  []sketchOut
	bound []float64 // largest magnitude of each register, kept small so that errors stay small
}

// sketchInput is an operand: axes it varies along, its storage order, and its data.
type sketchInput struct {
	keep  []bool
	axes  []int // storage order of the axes
	state bool
	data  []float64
}

// sketchOut is a result: a register, the axes summed over, and the state it replaces in place or -1.
type sketchOut struct {
	reg    int
	summed []bool
	over   int
}

// extents the generator draws from: around vector and tile widths, and 1.
var extents = []int{1, 2, 3, 5, 8, 17, 31, 33, 64, 127, 130, 257}

func newSketch(seed uint64, dt kernels.DType, reduces bool) *sketch {
	s := &sketch{name: fmt.Sprintf("generated %d %v", seed, dt), dt: dt, r: newSource(seed)}
	for range 1 + s.r.IntN(4) {
		d := extents[s.r.IntN(len(extents))]
		if s.space.Size()*d <= 6000 {
			s.space = append(s.space, d)
		}
	}
	for range 1 + s.r.IntN(5) {
		s.addInput()
	}
	for range 3 + s.r.IntN(28) {
		s.addOp()
	}
	s.addOuts(reduces)
	return s
}

func (s *sketch) addInput() {
	in := sketchInput{keep: make([]bool, len(s.space)), axes: s.r.Perm(len(s.space))}
	mode := s.r.IntN(4)
	for i := range in.keep {
		in.keep[i] = mode < 2 || mode == 2 && s.r.IntN(2) == 0
	}
	if s.r.IntN(2) == 0 {
		for i := range in.axes {
			in.axes[i] = i
		}
	}
	in.state = mode == 0
	in.data = rounded(s.r.numbers(in.shape(s.space).Size()), s.dt)
	s.ins, s.bound = append(s.ins, in), append(s.bound, 2)
}

// shape returns the extents in storage order, 1 along axes that do not vary.
func (in *sketchInput) shape(space kernels.Shape) kernels.Shape {
	out := make(kernels.Shape, len(space))
	for i, a := range in.axes {
		out[i] = 1
		if in.keep[a] {
			out[i] = space[a]
		}
	}
	return out
}

// strides returns the element strides along the axes of the space.
func (in *sketchInput) strides(space kernels.Shape) []int {
	st := make([]int, len(space))
	n := 1
	for i := len(in.axes) - 1; i >= 0; i-- {
		if a := in.axes[i]; in.keep[a] {
			st[a] = n
			n *= space[a]
		}
	}
	return st
}

// addOuts picks registers to keep, the last one among them.
func (s *sketch) addOuts(reduces bool) {
	last := len(s.bound) - 1
	for i := range 1 + s.r.IntN(4) {
		o := sketchOut{reg: last, summed: make([]bool, len(s.space)), over: -1}
		if i > 0 {
			o.reg = s.r.IntN(last + 1)
		}
		if reduces {
			lo, hi := 0, s.r.IntN(len(s.space)+1)
			if s.r.IntN(2) == 0 {
				lo, hi = hi, len(s.space)
			}
			for a := lo; a < hi; a++ {
				o.summed[a] = true
			}
		}
		s.outs = append(s.outs, o)
	}
	for i := range s.ins {
		if s.ins[i].state {
			s.outs = append(s.outs, sketchOut{reg: s.r.IntN(last + 1), summed: make([]bool, len(s.space)), over: i})
		}
	}
}
