package nn

import (
	"fmt"
	"slices"
	"strings"
)

// Spec describes one layer as YAML and JSON files do:
//
//	{layer: conv2d, channels: 32, kernel: 3, stride: 2, pad: 1, activation: relu}
//
// Fields a layer does not have must be left out. LayerNames lists the layers, LayerFields the
// fields of each; the layer types say what a field left out means.
type Spec struct {
	Layer      string  `yaml:"layer" json:"layer"`
	Units      int     `yaml:"units,omitempty" json:"units,omitempty"`
	Channels   int     `yaml:"channels,omitempty" json:"channels,omitempty"`
	Kernel     Pair    `yaml:"kernel,omitempty,flow" json:"kernel,omitzero"`
	Stride     Pair    `yaml:"stride,omitempty,flow" json:"stride,omitzero"`
	Pad        Pair    `yaml:"pad,omitempty,flow" json:"pad,omitzero"`
	OutPad     Pair    `yaml:"out_pad,omitempty,flow" json:"out_pad,omitzero"`
	Shape      []int   `yaml:"shape,omitempty,flow" json:"shape,omitempty"`
	Rate       float64 `yaml:"rate,omitempty" json:"rate,omitempty"`
	Slope      float64 `yaml:"slope,omitempty" json:"slope,omitempty"`
	Momentum   float64 `yaml:"momentum,omitempty" json:"momentum,omitempty"`
	Epsilon    float64 `yaml:"epsilon,omitempty" json:"epsilon,omitempty"`
	NoBias     bool    `yaml:"no_bias,omitempty" json:"no_bias,omitempty"`
	Plain      bool    `yaml:"plain,omitempty" json:"plain,omitempty"`
	Init       Init    `yaml:"init,omitempty" json:"init,omitempty"`
	BiasInit   Init    `yaml:"bias_init,omitempty" json:"bias_init,omitempty"`
	Activation string  `yaml:"activation,omitempty" json:"activation,omitempty"`
}

// kind is how a layer is made of a Spec, and the fields it takes beside "layer".
type kind struct {
	name   string
	fields []string
	make   func(s *Spec) Layer
}

// Fields that several layers have: those with a weight, those with a window.
var (
	affine  = []string{"no_bias", "init", "bias_init", "activation"}
	sliding = []string{"kernel", "stride", "pad"}
)

// kinds are the layers that have fields; activations are layers by their own names too.
var kinds = []kind{
	{"linear", slices.Concat([]string{"units"}, affine), func(s *Spec) Layer {
		return Linear{s.Units, s.NoBias, s.weights(), s.BiasInit}
	}},
	{"conv2d", slices.Concat([]string{"channels"}, sliding, affine), func(s *Spec) Layer {
		return Conv2D{s.Channels, s.Kernel, s.Stride, s.Pad, s.NoBias, s.weights(), s.BiasInit}
	}},
	{"conv_transpose2d", slices.Concat([]string{"channels", "out_pad"}, sliding, affine), func(s *Spec) Layer {
		return ConvTranspose2D{s.Channels, s.Kernel, s.Stride, s.Pad, s.OutPad, s.NoBias, s.weights(), s.BiasInit}
	}},
	{"max_pool", sliding, func(s *Spec) Layer { return MaxPool{s.Kernel, s.Stride, s.Pad} }},
	{"avg_pool", sliding, func(s *Spec) Layer { return AvgPool{s.Kernel, s.Stride, s.Pad} }},
	{"layer_norm", []string{"epsilon", "plain", "activation"}, func(s *Spec) Layer {
		return LayerNorm{s.Epsilon, s.Plain}
	}},
	{"batch_norm", []string{"momentum", "epsilon", "plain", "activation"}, func(s *Spec) Layer {
		return BatchNorm{s.Momentum, s.Epsilon, s.Plain}
	}},
	{"dropout", []string{"rate"}, func(s *Spec) Layer { return Dropout{s.Rate} }},
	{"flatten", nil, func(*Spec) Layer { return Flatten{} }},
	{"reshape", []string{"shape"}, func(s *Spec) Layer { return Reshape{s.Shape} }},
	{"leaky", []string{"slope"}, func(s *Spec) Layer { return Activation{"leaky", s.Slope} }},
}

// LayerNames lists what Spec.Layer may be: the layers, then the activations.
func LayerNames() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	for _, a := range ActivationNames() {
		if !slices.Contains(names, a) {
			names = append(names, a)
		}
	}
	return names
}

// LayerFields lists the fields of a layer beside "layer", nil for an unknown one.
func LayerFields(layer string) []string {
	k, err := kindOf(layer)
	if err != nil {
		return nil
	}
	return slices.Clone(k.fields)
}

func kindOf(layer string) (kind, error) {
	for _, k := range kinds {
		if k.name == layer {
			return k, nil
		}
	}
	if CheckActivation(layer) == nil {
		return kind{layer, nil, func(s *Spec) Layer { return Activation{Name: s.Layer} }}, nil
	}
	return kind{}, &UnknownError{What: "layer", Name: layer, Known: LayerNames()}
}

// weights returns the rule for the weights: the one given, or that of the activation.
func (s *Spec) weights() Init { return s.Init.or(DefaultInit(s.Activation)) }

// Build makes the layers in order. A layer with an activation field is a Stack of two, the
// layer being 0 in it, so that a list of n Specs is n layers and entry i is named name/i.
func Build(specs []Spec) (Stack, error) {
	stack := make(Stack, 0, len(specs))
	for i := range specs {
		l, err := specs[i].build()
		if err != nil {
			return nil, &SpecError{Index: i, Layer: specs[i].Layer, Err: err}
		}
		stack = append(stack, l)
	}
	return stack, nil
}

func (s *Spec) build() (Layer, error) {
	k, err := kindOf(s.Layer)
	if err != nil {
		return nil, err
	}
	for _, f := range s.given() {
		if f != "layer" && !slices.Contains(k.fields, f) {
			return nil, &UnknownError{What: "field of layer " + k.name, Name: f, Known: k.fields}
		}
	}
	for _, rule := range []Init{s.Init, s.BiasInit} {
		if rule == "" {
			continue
		}
		if err := rule.Check(); err != nil {
			return nil, err
		}
	}
	l := k.make(s)
	if s.Activation == "" {
		return l, nil
	}
	if err := CheckActivation(s.Activation); err != nil {
		return nil, err
	}
	return Stack{l, Activation{Name: s.Activation}}, nil
}

// SpecError says which entry of a list of layers is wrong.
type SpecError struct {
	Index int
	Layer string
	Err   error
}

// Error names the entry and the reason.
func (e *SpecError) Error() string {
	return fmt.Sprintf("nn: layer %d (%s): %s", e.Index, e.Layer, strings.TrimPrefix(e.Err.Error(), "nn: "))
}

// Unwrap returns the reason.
func (e *SpecError) Unwrap() error { return e.Err }
