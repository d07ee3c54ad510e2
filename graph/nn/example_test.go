package nn_test

import (
	"fmt"

	"elbo/graph"
	"elbo/graph/nn"
)

// A convolutional encoder: sizes are known before there is a graph, parameters have the names
// of their layers.
func ExampleStack() {
	net := nn.Stack{
		nn.Reshape{Shape: []int{28, 28, 1}},
		nn.Conv2D{Channels: 8, Kernel: nn.Square(3), Stride: nn.Square(2), Pad: nn.Square(1)},
		nn.Activation{Name: "relu"},
		nn.Flatten{},
		nn.Linear{Units: 10},
	}
	fmt.Println(net.Out([]int{784}))
	fmt.Println(net[:3].Out([]int{100}))

	g, err := graph.Build(graph.F32, func(g *graph.Graph) {
		net.Apply(&nn.Context{G: g, Train: true, Seed: 1}, "encoder", g.Data("x", 2, 784))
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range g.Inputs() {
		fmt.Println(g.Input(n).Name, g.Input(n).Shape)
	}
	// Output:
	// [10] <nil>
	// [] nn: layer 0 (reshape) given items of shape (100): they have 100 elements, shape (28, 28, 1) has 784
	// x (2, 784)
	// encoder/1/weight (9, 8)
	// encoder/1/bias (8)
	// encoder/4/weight (1568, 10)
	// encoder/4/bias (10)
}

// Layers listed in a file; a name that is not known is answered with the nearest one.
func ExampleBuild() {
	_, err := nn.Build([]nn.Spec{
		{Layer: "linear", Units: 200, Activation: "tanh"},
		{Layer: "batchnorm"},
	})
	fmt.Println(err)
	// Output: nn: layer 1 (batchnorm): unknown layer "batchnorm"; did you mean "batch_norm"?
}
