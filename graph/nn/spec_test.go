package nn

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const encoder = `
- {layer: reshape, shape: [28, 28, 1]}
- {layer: conv2d, channels: 32, kernel: 3, stride: 2, pad: 1, activation: relu}
- {layer: conv2d, channels: 64, kernel: [3, 5], stride: [2, 2], pad: [1, 2], no_bias: true, init: lecun_normal}
- layer: batch_norm
  momentum: 0.01
- layer: leaky
  slope: 0.2
- {layer: max_pool, kernel: 2}
- {layer: avg_pool, kernel: 1}
- {layer: layer_norm, epsilon: 0.001, plain: true}
- {layer: dropout, rate: 0.1}
- {layer: flatten}
- {layer: linear, units: 100, activation: tanh, bias_init: normal(0.1)}
- {layer: gelu}
- {layer: reshape, shape: [5, 5, 4]}
- {layer: conv_transpose2d, channels: 1, kernel: 3, stride: 2, pad: 1, out_pad: 1}
`

func TestBuildFromYAML(t *testing.T) {
	var specs []Spec
	if err := yaml.Unmarshal([]byte(encoder), &specs); err != nil {
		t.Fatal(err)
	}
	got, err := Build(specs)
	if err != nil {
		t.Fatal(err)
	}
	want := Stack{
		Reshape{[]int{28, 28, 1}},
		Stack{
			Conv2D{Channels: 32, Kernel: Square(3), Stride: Square(2), Pad: Square(1), Init: HeNormal},
			Activation{Name: "relu"},
		},
		Conv2D{Channels: 64, Kernel: Pair{3, 5}, Stride: Square(2), Pad: Pair{1, 2}, NoBias: true, Init: LecunNormal},
		BatchNorm{Momentum: 0.01},
		Activation{Name: "leaky", Slope: 0.2},
		MaxPool{Kernel: Square(2)},
		AvgPool{Kernel: Square(1)},
		LayerNorm{Epsilon: 0.001, Plain: true},
		Dropout{Rate: 0.1},
		Flatten{},
		Stack{Linear{Units: 100, Init: GlorotUniform, Bias: "normal(0.1)"}, Activation{Name: "tanh"}},
		Activation{Name: "gelu"},
		Reshape{[]int{5, 5, 4}},
		ConvTranspose2D{
			Channels: 1, Kernel: Square(3), Stride: Square(2), Pad: Square(1), OutPad: Square(1), Init: GlorotUniform,
		},
	}
	for i := range want {
		if c, ok := want[i].(Conv2D); ok && c.Init == "" {
			c.Init = GlorotUniform
			want[i] = c
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("layer %d is %+v, want %+v", i, got[i], want[i])
		}
	}
	if out, err := got.Out([]int{784}); err != nil || !slices.Equal(out, []int{10, 10, 1}) {
		t.Errorf("out %v, %v", out, err)
	}
}

// What is written is read back as it was, from YAML and JSON.
func TestSpecRoundTrip(t *testing.T) {
	var specs []Spec
	if err := yaml.Unmarshal([]byte(encoder), &specs); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]struct {
		write func(any) ([]byte, error)
		read  func([]byte, any) error
	}{"YAML": {yaml.Marshal, yaml.Unmarshal}, "JSON": {json.Marshal, json.Unmarshal}} {
		raw, err := f.write(specs)
		if err != nil {
			t.Fatal(err)
		}
		var again []Spec
		if err := f.read(raw, &again); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, raw)
		}
		if !reflect.DeepEqual(specs, again) {
			t.Errorf("%s: read back as %+v", name, again)
		}
	}
}

func TestSpecErrors(t *testing.T) {
	for text, want := range map[string]string{
		"[{layer: conv2, channels: 3}]":                     `unknown layer "conv2"; did you mean "conv2d"`,
		"[{layer: Linear}]":                                 `did you mean "linear"`,
		"[{layer: attention}]":                              "known are linear, conv2d",
		"[{units: 3}]":                                      "needs the field layer",
		"[{layer: 3}]":                                      "needs the field layer",
		"[linear]":                                          "a list of fields",
		"[{layer: linear, unit: 3}]":                        `unknown field of layer linear "unit"; did you mean "units"`,
		"[{layer: linear, channels: 3}]":                    `unknown field of layer linear "channels"`,
		"[{layer: flatten, rate: 0}]":                       `unknown field of layer flatten "rate"; it has none`,
		"[{layer: linear, units: many}]":                    "layer linear",
		"[{layer: conv2d, channels: 3, kernel: [1, 2, 3]}]": "list of two",
		"[{layer: conv2d, channels: 3, kernel: x}]":         "list of two",
		"[{layer: linear, units: 3, activation: rleu}]":     `unknown activation "rleu"; did you mean "relu"`,
		"[{layer: flatten}, {layer: linear, init: he}]":     `layer 1 (linear): unknown initialiser "he"`,
		"[{layer: linear, bias_init: normal(-1)}]":          "negative",
	} {
		var specs []Spec
		err := yaml.Unmarshal([]byte(text), &specs)
		if err == nil {
			_, err = Build(specs)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// Specs made in Go are held to the same fields.
func TestBuildChecksFields(t *testing.T) {
	_, err := Build([]Spec{{Layer: "flatten"}, {Layer: "linear", Units: 3, Rate: 0.5}})
	var at *SpecError
	var unknown *UnknownError
	if !errors.As(err, &at) || at.Index != 1 || !errors.As(err, &unknown) || unknown.Name != "rate" {
		t.Errorf("got %v", err)
	}
	if _, err := Build([]Spec{{}}); err == nil {
		t.Error("a layer without a name is accepted")
	}
}

// Every layer can be named, its fields exist, and every field of Spec belongs to a layer.
func TestLayerTable(t *testing.T) {
	used := map[string]bool{"layer": true}
	typ := reflect.TypeFor[Spec]()
	known := map[string]bool{}
	for i := range typ.NumField() {
		known[fieldName(typ.Field(i))] = true
	}
	for _, name := range LayerNames() {
		for _, f := range LayerFields(name) {
			if used[f] = true; !known[f] {
				t.Errorf("layer %s: no field %q in Spec", name, f)
			}
		}
		if _, err := Build([]Spec{{Layer: name}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for f := range known {
		if !used[f] {
			t.Errorf("field %q belongs to no layer", f)
		}
	}
	if LayerFields("nothing") != nil {
		t.Error("an unknown layer has fields")
	}
}
