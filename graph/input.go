package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"elbo/kernels"
)

// InputKind says what a leaf of the graph is.
type InputKind uint8

// The input kinds.
const (
	InputParam    InputKind = iota // trainable state
	InputState                     // persistent state that is not trained
	InputData                      // written by the host for every run
	InputResident                  // resident read-only data
	InputConst                     // a constant; Init holds its elements
	InputStep                      // the step number
)

// Input describes a leaf of the graph.
type Input struct {
	Name  string
	Kind  InputKind
	DType kernels.DType
	Shape kernels.Shape
	Init  []float64 // initial elements of Param and State, elements of Const, else nil
}

// stepName is the input name kept for the step number.
const stepName = "step"

// Param declares trainable state. A nil init means zeros, one element fills the shape.
func (g *Graph) Param(name string, init []float64, shape ...int) *Node {
	init = fill("Param", init, shape)
	return g.declare("Param", &Input{Name: name, Kind: InputParam, DType: g.dt, Shape: shape, Init: init})
}

// State declares state that persists between runs and is not trained; init as for Param.
func (g *Graph) State(name string, init []float64, shape ...int) *Node {
	init = fill("State", init, shape)
	return g.declare("State", &Input{Name: name, Kind: InputState, DType: g.dt, Shape: shape, Init: init})
}

// Data declares a float input the host writes for every run.
func (g *Graph) Data(name string, shape ...int) *Node {
	return g.declare("Data", &Input{Name: name, Kind: InputData, DType: g.dt, Shape: shape})
}

// DataInt declares an integer input the host writes for every run.
func (g *Graph) DataInt(name string, shape ...int) *Node {
	return g.declare("DataInt", &Input{Name: name, Kind: InputData, DType: kernels.I32, Shape: shape})
}

// Resident declares float data that stays on the device.
func (g *Graph) Resident(name string, shape ...int) *Node {
	return g.declare("Resident", &Input{Name: name, Kind: InputResident, DType: g.dt, Shape: shape})
}

// ResidentInt declares integer data that stays on the device.
func (g *Graph) ResidentInt(name string, shape ...int) *Node {
	return g.declare("ResidentInt", &Input{Name: name, Kind: InputResident, DType: kernels.I32, Shape: shape})
}

// ResidentBytes declares bytes that stay on the device, such as the pixels of images: Gather rows
// of them, or Reshape, and convert what is needed with ToFloat.
func (g *Graph) ResidentBytes(name string, shape ...int) *Node {
	return g.declare("ResidentBytes", &Input{Name: name, Kind: InputResident, DType: kernels.U8, Shape: shape})
}

// DataBytes declares bytes the host writes for every run, otherwise as ResidentBytes.
func (g *Graph) DataBytes(name string, shape ...int) *Node {
	return g.declare("DataBytes", &Input{Name: name, Kind: InputData, DType: kernels.U8, Shape: shape})
}

// ResidentBF16 declares numbers that stay on the device as bfloat16 (kernels.BFloat16), two bytes
// each and exact to 2⁻⁸ of themselves: as ResidentBytes, Gather rows and convert these with
// ToFloat, so that only a batch of floats exists. Converting all of it at once takes scratch
// memory for as many floats, and saves nothing.
func (g *Graph) ResidentBF16(name string, shape ...int) *Node {
	return g.declare("ResidentBF16", &Input{Name: name, Kind: InputResident, DType: kernels.BF16, Shape: shape})
}

// DataBF16 declares bfloat16 numbers the host writes for every run, otherwise as ResidentBF16.
func (g *Graph) DataBF16(name string, shape ...int) *Node {
	return g.declare("DataBF16", &Input{Name: name, Kind: InputData, DType: kernels.BF16, Shape: shape})
}

// Const returns a scalar constant of the graph's float type; equal bits are one node.
func (g *Graph) Const(v float64) *Node {
	name := fmt.Sprintf("const %g (%016x)", v, math.Float64bits(v))
	if n := g.names[name]; n != nil {
		return n
	}
	return g.declare("Const", &Input{Name: name, Kind: InputConst, DType: g.dt, Init: []float64{v}})
}

// ConstTensor returns a constant of the given shape; v holds its elements in row-major
// order, or one element that fills it.
func (g *Graph) ConstTensor(v []float64, shape ...int) *Node {
	if len(v) == 0 {
		fail("ConstTensor", []kernels.Shape{shape}, "no elements")
	}
	g.serial++
	name := fmt.Sprintf("const %v #%d", kernels.Shape(shape), g.serial)
	v = fill("ConstTensor", v, shape)
	return g.declare("ConstTensor", &Input{Name: name, Kind: InputConst, DType: g.dt, Shape: shape, Init: v})
}

// Step returns the step number of the run as a float scalar; the first step is 0.
func (g *Graph) Step() *Node {
	if g.step == nil {
		g.step = g.addInput("Step", &Input{Name: stepName, Kind: InputStep, DType: g.dt})
	}
	return g.step
}

// Input returns the description of leaf n, or nil where n is the result of an op.
func (g *Graph) Input(n *Node) *Input { return g.inputs[n] }

// Inputs returns the declared inputs in order; constants and the step number are left out.
func (g *Graph) Inputs() []*Node { return g.order }

// Lookup returns the declared input of that name, or nil.
func (g *Graph) Lookup(name string) *Node {
	if n := g.names[name]; n != nil && g.inputs[n].Kind != InputConst {
		return n
	}
	return nil
}

// declare checks the name and shape of an input and adds it.
func (g *Graph) declare(fn string, in *Input) *Node {
	shapes := []kernels.Shape{in.Shape}
	switch {
	case in.Name == "":
		fail(fn, shapes, "an input needs a name")
	case in.Name == stepName:
		fail(fn, shapes, "the name %q is kept for the step number", in.Name)
	case g.names[in.Name] != nil:
		fail(fn, shapes, "an input named %q exists already; names are unique within a graph", in.Name)
	case len(in.Shape) > kernels.MaxRank:
		fail(fn, shapes, "input %q has rank %d, above %d", in.Name, len(in.Shape), kernels.MaxRank)
	}
	for _, d := range in.Shape {
		if d < 1 {
			fail(fn, shapes, "input %q has extent %d; extents are positive", in.Name, d)
		}
	}
	return g.addInput(fn, in)
}

func (g *Graph) addInput(fn string, in *Input) *Node {
	in.Shape = in.Shape.Clone()
	opts := []gorgonia.NodeConsOpt{
		gorgonia.WithType(typeOf(in.DType, in.Shape)), gorgonia.In(g.expr),
		gorgonia.WithName(in.Name), gorgonia.WithShape(in.Shape...),
	}
	if in.Init != nil {
		opts = append(opts, gorgonia.WithValue(toValue(in.Init, in.DType, in.Shape)))
	}
	n := gorgonia.NewUniqueNode(opts...)
	if g.inputs[n] != nil {
		fail(fn, []kernels.Shape{in.Shape}, "input %q merged with input %q", in.Name, g.inputs[n].Name)
	}
	g.inputs[n] = in
	g.names[in.Name] = n
	if in.Kind != InputConst && in.Kind != InputStep {
		g.order = append(g.order, n)
	}
	return n
}

// fill expands initial elements to a shape: nil to zeros, one element to all.
func fill(fn string, init []float64, shape kernels.Shape) []float64 {
	n := shape.Size()
	if n < 0 {
		fail(fn, []kernels.Shape{shape}, "negative extent")
	}
	switch len(init) {
	case n:
		return append([]float64(nil), init...)
	case 0, 1:
		out := make([]float64, n)
		for i := range out {
			if len(init) == 1 {
				out[i] = init[0]
			}
		}
		return out
	}
	fail(fn, []kernels.Shape{shape}, "%d initial elements given, %d wanted", len(init), n)
	return nil
}

// dtypeOf returns Gorgonia's element type for ours. It has no bfloat16; float32 holds all of these.
func dtypeOf(dt kernels.DType) tensor.Dtype {
	switch dt {
	case kernels.F32, kernels.BF16:
		return gorgonia.Float32
	case kernels.F64:
		return gorgonia.Float64
	case kernels.U8:
		return gorgonia.Byte
	}
	return gorgonia.Int32
}
