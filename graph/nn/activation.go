package nn

import (
	"elbo/graph"
)

// defaultSlope is the slope of leaky ReLU below 0 unless Activation.Slope says otherwise
// (Maas, Hannun & Ng 2013).
const defaultSlope = 0.01

// activations are the functions by name, in the order they are listed.
var activations = []struct {
	name  string
	apply func(x *graph.Node) *graph.Node
}{
	{"identity", func(x *graph.Node) *graph.Node { return x }},
	{"relu", relu},
	{"leaky", func(x *graph.Node) *graph.Node { return leaky(x, defaultSlope) }},
	{"elu", elu},
	{"gelu", func(x *graph.Node) *graph.Node { return graph.Mul(x, graph.NormCDF(x)) }},
	{"silu", func(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Sigmoid(x)) }},
	{"softplus", graph.Softplus},
	{"sigmoid", graph.Sigmoid},
	{"tanh", graph.Tanh},
}

// relu is max(0, x). The constant comes first so that a tie sends the gradient there: the
// derivative at 0 is 0.
func relu(x *graph.Node) *graph.Node { return graph.Max(graph.GraphOf(x).Const(0), x) }

// leaky is x above 0 and slope·x below.
func leaky(x *graph.Node, slope float64) *graph.Node {
	return graph.Where(graph.Gt(x, graph.GraphOf(x).Const(0)), x, graph.MulC(x, slope))
}

// elu is x above 0 and eˣ − 1 below; the exponential sees no positive argument, so that
// nothing overflows in the branch not taken.
func elu(x *graph.Node) *graph.Node {
	zero := graph.GraphOf(x).Const(0)
	return graph.Where(graph.Gt(x, zero), x, graph.Expm1(graph.Min(x, zero)))
}

// ActivationNames lists the activations:
//
//	identity   x
//	relu       max(0, x), derivative 0 at 0
//	leaky      x for x > 0, else 0.01 x
//	elu        x for x > 0, else eˣ − 1
//	gelu       x Φ(x), with the exact normal distribution function (Hendrycks & Gimpel 2016)
//	silu       x / (1 + e⁻ˣ)
//	softplus   log(1 + eˣ)
//	sigmoid    1 / (1 + e⁻ˣ)
//	tanh
func ActivationNames() []string {
	names := make([]string, len(activations))
	for i, a := range activations {
		names[i] = a.name
	}
	return names
}

// CheckActivation returns an *UnknownError unless name is one of ActivationNames.
func CheckActivation(name string) error {
	for _, a := range activations {
		if a.name == name {
			return nil
		}
	}
	return &UnknownError{What: "activation", Name: name, Known: ActivationNames()}
}

// Activate applies the activation of that name elementwise. An unknown name panics with a
// *graph.BuildError; see CheckActivation.
func Activate(name string, x *graph.Node) *graph.Node {
	for _, a := range activations {
		if a.name == name {
			return a.apply(x)
		}
	}
	graph.Fail("nn.Activate", []*graph.Node{x}, "%w", CheckActivation(name))
	return nil
}

// Activation is an elementwise layer.
type Activation struct {
	Name  string  // one of ActivationNames
	Slope float64 // of leaky below 0; 0 means 0.01
}

// Out returns in.
func (a Activation) Out(in []int) ([]int, error) {
	if err := CheckActivation(a.Name); err != nil {
		return nil, shapeError("activation", in, "%v", err)
	}
	return in, nil
}

// Apply adds the function.
func (a Activation) Apply(_ *Context, name string, x *graph.Node) *graph.Node {
	enter(a, name, x)
	if a.Name == "leaky" && a.Slope != 0 {
		return leaky(x, a.Slope)
	}
	return Activate(a.Name, x)
}
