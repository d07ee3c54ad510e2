// Package nn builds neural networks as graph nodes: the layers of encoders and decoders.
//
// A Layer maps items of one shape to items of another. Out gives the shape without building
// anything, so that sizes that do not chain are reported before there is a graph; Apply adds
// the layer's nodes. Batches put one axis in front: (B, in...) → (B, out...). Images are NHWC,
// an item being (H, W, C).
//
//	net := append(nn.MLP([]int{200, 200}, "tanh"), nn.Linear{Units: 10})
//	c := &nn.Context{G: g, Train: true, Seed: 1}
//	y := net.Apply(c, "encoder", x)                 // parameters encoder/0/weight, encoder/0/bias, ...
//	spec := graph.Spec{Loss: loss, Assign: c.Assigns}
//
// Parameters are inputs of the graph, declared with their initial values. They are found by
// name: a layer applied twice under one name in one graph, with one Context, shares its
// parameters. Layer i of a Stack is named name/i whatever it is, so that a layer without
// parameters does not hide in the numbering.
//
//	Linear           weight (in, units), bias (units)             y = x W + b
//	Conv2D           weight (KH·KW·C, channels), bias             cross-correlation, zero padding
//	ConvTranspose2D  weight (C, KH·KW·channels), bias             adjoint of Conv2D
//	MaxPool, AvgPool                                              windows clipped at the border
//	LayerNorm        scale, shift (last axis)                     over the last axis
//	BatchNorm        scale, shift, state mean, var (last axis)    over the batch and all axes but the last
//	Dropout                                                       inverted: kept values are scaled by 1/(1−rate)
//	Activation       see ActivationNames
//	Flatten, Reshape
//	MaskedLinear, MADE                                            autoregressive, for inverse autoregressive flow
//
// Context.Train = false builds the network for evaluation: dropout is the identity and batch
// norm reads its running statistics.
//
// Build makes a Stack from Specs, the form in which YAML and JSON files list layers; unknown
// layers and fields are errors that name the nearest one known.
//
// Init names a rule for initial values. They are functions of (seed, parameter name) alone,
// the same on every device, in float64 before they are rounded to the graph's type.
//
// SaveTensors and LoadTensors keep named tensors in the safetensors format, with a checksum.
//
// Misuse while building panics with *graph.BuildError, which graph.Build returns; sizes that do
// not chain are its cause, a *ShapeError.
package nn
