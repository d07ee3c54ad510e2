package nn

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"elbo/graph"
)

// inputs lists the parameters and states a layer declares for items of a shape.
func inputs(t *testing.T, l Layer, item ...int) []string {
	t.Helper()
	tr := try(t, l, true, append([]int{2}, item...)...)
	var names []string
	for _, n := range tr.c.G.Inputs()[1:] {
		names = append(names, tr.c.G.Input(n).Name)
	}
	return names
}

func TestStackNames(t *testing.T) {
	inner := Stack{Linear{Units: 4}, BatchNorm{}}
	got := inputs(t, Stack{Flatten{}, inner, Activation{Name: "relu"}, Linear{Units: 2, NoBias: true}}, 3)
	want := []string{
		"l/1/0/weight", "l/1/0/bias", "l/1/1/mean", "l/1/1/var", "l/1/1/scale", "l/1/1/shift", "l/3/weight",
	}
	if !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
	if got := inputs(t, MLP([]int{5, 4}, "tanh"), 3); !slices.Equal(got, []string{
		"l/0/weight", "l/0/bias", "l/2/weight", "l/2/bias",
	}) {
		t.Errorf("names of an MLP %q", got)
	}
}

func TestEmptyStack(t *testing.T) {
	tr := try(t, MLP(nil, "tanh"), true, 2, 3)
	if tr.x != tr.y {
		t.Error("no layers are not the identity")
	}
	if out, err := (Stack{}).Out([]int{3}); err != nil || !slices.Equal(out, []int{3}) {
		t.Errorf("no layers give %v, %v", out, err)
	}
}

// A network of all layers: Out says what Apply makes, and gradients pass through.
func TestDeepStack(t *testing.T) {
	s := Stack{
		Reshape{[]int{6, 5, 1}},
		Conv2D{Channels: 3, Kernel: Square(3), Stride: Square(2), Pad: Square(1)}, BatchNorm{}, Activation{Name: "silu"},
		ConvTranspose2D{Channels: 2, Kernel: Square(3), Stride: Square(2), Pad: Square(1)},
		LayerNorm{}, Activation{Name: "tanh"},
		AvgPool{Kernel: Square(2)}, Dropout{Rate: 0.2}, Flatten{},
		Linear{Units: 4, Init: Orthogonal},
	}
	out, err := s.Out([]int{30})
	if err != nil {
		t.Fatal(err)
	}
	tr := try(t, s, true, 2, 30)
	if got := graph.ShapeOf(tr.y)[1:]; !slices.Equal(got, out) {
		t.Errorf("Apply makes %v, Out says %v", got, out)
	}
	tr.gradients(t)
}

func TestSharing(t *testing.T) {
	_, err := graph.Build(graph.F64, func(g *graph.Graph) {
		c := &Context{G: g}
		net := MLP([]int{4}, "relu")
		net.Apply(c, "enc", g.Data("x", 2, 3))
		net.Apply(c, "enc", g.Data("u", 5, 3))
		if n := len(g.Inputs()); n != 4 {
			t.Errorf("%d inputs after two applications, want 2 and weight and bias", n)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = graph.Build(graph.F64, func(g *graph.Graph) {
		c := &Context{G: g}
		MLP([]int{4}, "relu").Apply(c, "enc", g.Data("x", 2, 3))
		MLP([]int{5}, "relu").Apply(c, "enc", g.Data("y", 2, 3))
	})
	if err == nil || !strings.Contains(err.Error(), `"enc/0/weight" is declared already`) {
		t.Errorf("two networks under one name: %v", err)
	}
	_, err = graph.Build(graph.F64, func(g *graph.Graph) {
		c := &Context{G: g}
		c.Param("a", Zeros, 1, 1, 2)
		c.State("a", 0, 2)
	})
	if err == nil || !strings.Contains(err.Error(), `"a" is declared already`) {
		t.Errorf("a parameter as a state: %v", err)
	}
}

// Weights and biases start as their rules draw them for name, shape and fans; he_normal tells the fan-in from the
// fan-out where glorot_uniform does not. Weights a mask removes start at 0.
func TestInitialValues(t *testing.T) {
	for _, c := range []struct {
		l             func(weight, bias Init) Layer
		in, shape     []int
		fanIn, fanOut int
	}{
		{func(w, b Init) Layer { return Linear{Units: 4, Init: w, Bias: b} }, []int{5}, []int{5, 4}, 5, 4},
		{func(w, b Init) Layer { return Conv2D{Channels: 4, Kernel: Pair{3, 2}, Init: w, Bias: b} },
			[]int{5, 5, 7}, []int{42, 4}, 42, 24},
		{func(w, b Init) Layer {
			return ConvTranspose2D{Channels: 4, Kernel: Pair{3, 2}, Stride: Square(2), Init: w, Bias: b}
		}, []int{5, 5, 6}, []int{6, 24}, 9, 24},
		{func(w, b Init) Layer {
			return ConvTranspose2D{Channels: 4, Kernel: Square(1), Stride: Square(3), Init: w, Bias: b}
		}, []int{5, 5, 6}, []int{6, 4}, 1, 4},
		// Of 24 connections 8 are left: 2 to an output, 1⅓ from an input.
		{func(w, b Init) Layer {
			return MaskedLinear{InDegree: []int{1, 2, 3, 4, 5, 6}, OutDegree: []int{1, 2, 2, 3}, Init: w, Bias: b}
		}, []int{6}, []int{6, 4}, 2, 1},
	} {
		for _, rules := range [][4]Init{{"", "", GlorotUniform, Zeros}, {HeNormal, LecunNormal, HeNormal, LecunNormal}} {
			weight, err := rules[2].Values(3, "l/weight", c.shape, c.fanIn, c.fanOut)
			if err != nil {
				t.Fatal(err)
			}
			bias, err := rules[3].Values(3, "l/bias", []int{4}, c.fanIn, 4)
			if err != nil {
				t.Fatal(err)
			}
			l := c.l(rules[0], rules[1])
			g := try(t, l, true, append([]int{2}, c.in...)...).c.G
			got := g.Input(g.Lookup("l/weight")).Init
			if _, masked := l.(MaskedLinear); masked {
				for i := range got {
					if got[i] == 0 {
						weight[i] = 0 // TestMaskedLinear says which
					}
				}
			}
			near(t, "weight", got, weight, 0)
			near(t, "bias", g.Input(g.Lookup("l/bias")).Init, bias, 0)
		}
	}
}

// Rectifiers have the rule of He et al. (2015), which makes up for the half they cut off.
func TestDefaultInit(t *testing.T) {
	for _, name := range ActivationNames() {
		want := GlorotUniform
		if slices.Contains([]string{"relu", "leaky", "elu", "gelu", "silu"}, name) {
			want = HeNormal
		}
		if got := DefaultInit(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if got := MLP([]int{3}, name)[0].(Linear).Init; got != want {
			t.Errorf("an MLP of %s starts by %s, want %s", name, got, want)
		}
	}
}

func TestSizesThatDoNotChain(t *testing.T) {
	type up = ConvTranspose2D
	conv := Conv2D{Channels: 2, Kernel: Square(3)}
	for _, c := range []struct {
		net         Stack
		in          []int
		layer, path string
		reason      string
	}{
		{Stack{Linear{Units: 2}, conv}, []int{4}, "conv2d", "1", "reshape layer"},
		{Stack{conv, Linear{Units: 2}}, []int{4, 4, 1}, "linear", "1", "flatten layer"},
		{Stack{Flatten{}, Stack{conv}}, []int{4, 4, 1}, "conv2d", "1/0", "reshape layer"},
		{Stack{conv, conv, conv}, []int{6, 6, 1}, "conv2d", "2", "does not fit"},
		{Stack{Conv2D{Kernel: Square(3)}}, []int{6, 6, 1}, "conv2d", "0", "channels is 0"},
		{Stack{Conv2D{Channels: 1, Kernel: Square(3), Pad: Square(3)}}, []int{6, 6, 1}, "conv2d", "0", "padding"},
		{Stack{Conv2D{Channels: 1}}, []int{6, 6, 1}, "conv2d", "0", "must be positive"},
		{Stack{Conv2D{Channels: 1, Kernel: Square(1), Stride: Square(-1)}}, []int{6, 6, 1}, "conv2d", "0", "positive"},
		{Stack{Linear{}}, []int{4}, "linear", "0", "units is 0"},
		{Stack{Reshape{[]int{3, 2}}}, []int{5}, "reshape", "0", "5 elements"},
		{Stack{Reshape{[]int{-1, -5}}}, []int{5}, "reshape", "0", "positive"},
		{Stack{MaxPool{}}, []int{5}, "max_pool", "0", "reshape layer"},
		{Stack{AvgPool{Kernel: Square(7)}}, []int{5, 5, 1}, "avg_pool", "0", "does not fit"},
		{Stack{Dropout{Rate: 1}}, []int{5}, "dropout", "0", "rate is 1"},
		{Stack{BatchNorm{Momentum: 2}}, []int{5}, "batch_norm", "0", "momentum is 2"},
		{Stack{BatchNorm{Epsilon: -1}}, []int{5}, "batch_norm", "0", "epsilon"},
		{Stack{BatchNorm{}}, nil, "batch_norm", "0", "channel axis"},
		{Stack{LayerNorm{Epsilon: -1}}, []int{5}, "layer_norm", "0", "epsilon"},
		{Stack{LayerNorm{}}, nil, "layer_norm", "0", "axis"},
		{Stack{Activation{Name: "rellu"}}, []int{5}, "activation", "0", `"relu"`},
		{Stack{up{Kernel: Square(3)}}, []int{3, 3, 1}, "conv_transpose2d", "0", "channels"},
		{Stack{up{Channels: 1, Kernel: Square(3)}}, []int{9}, "conv_transpose2d", "0", "reshape layer"},
		{Stack{up{Channels: 1, Kernel: Square(3), OutPad: Square(1)}}, []int{3, 3, 1}, "conv_transpose2d", "0", "out_pad"},
		{Stack{up{Channels: 1, Kernel: Square(3), Pad: Square(2)}}, []int{1, 1, 1}, "conv_transpose2d", "0", "fit"},
		{Stack{MaskedLinear{InDegree: []int{1}, OutDegree: []int{1}}}, []int{2}, "masked_linear", "0", "vectors of 1"},
		{Stack{MaskedLinear{InDegree: []int{1}}}, []int{1}, "masked_linear", "0", "no outputs"},
	} {
		_, err := c.net.Out(c.in)
		var e *ShapeError
		if !errors.As(err, &e) {
			t.Errorf("%s of %v: got %v, want a *ShapeError", c.layer, c.in, err)
			continue
		}
		if e.Layer != c.layer || e.Path != c.path || !strings.Contains(e.Error(), c.reason) {
			t.Errorf("%s of %v: %v (layer %s, path %s)", c.layer, c.in, err, e.Layer, e.Path)
		}
		// The same error stops a graph.
		_, err = graph.Build(graph.F64, func(g *graph.Graph) {
			c.net.Apply(&Context{G: g, Train: true}, "net", g.Data("x", append([]int{2}, c.in...)...))
		})
		if e = nil; !errors.As(err, &e) || e.Path != c.path {
			t.Errorf("%s of %v in a graph: %v", c.layer, c.in, err)
		}
	}
}

func TestScalarsAreRefused(t *testing.T) {
	_, err := graph.Build(graph.F64, func(g *graph.Graph) {
		Flatten{}.Apply(&Context{G: g}, "f", g.Const(1))
	})
	if err == nil || !strings.Contains(err.Error(), "batch axis") {
		t.Errorf("got %v", err)
	}
}
