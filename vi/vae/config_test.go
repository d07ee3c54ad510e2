package vae

import (
	"errors"
	"math"
	"strings"
	"testing"

	"elbo/graph/nn"
)

// TestConfigRefuses each kind of nonsense by the name of its field.
func TestConfigRefuses(t *testing.T) {
	conv := func(specs ...nn.Spec) []nn.Spec { return specs }
	for _, c := range []struct {
		field, text string
		cfg         Config
	}{
		{"arch", "mlp", Config{Arch: "transformer"}},
		{"activation", "relu", Config{Activation: "rleu"}},
		{"likelihood", "bernoulli", Config{Likelihood: "poisson"}},
		{"prior", "vamp", Config{Prior: "flow"}},
		{"posterior", "iaf", Config{Posterior: "realnvp"}},
		{"objective", "dreg", Config{Objective: "vimco"}},
		{"anneal", "cyclic", Config{Anneal: "cosine"}},
		{"binarize", "static", Config{Binarize: "otsu"}},
		{"dtype", "float64", Config{DType: "bfloat16"}},
		{"scale", "unit", Config{Scale: "zscore"}},
		{"item", "positive", Config{Item: []int{28, 0}}},
		{"item", "positive", Config{Item: []int{1 << 20, 1 << 20, 1 << 20}}},
		{"encoder", "between", Config{Encoder: []int{200, -1}}},
		{"decoder", "between", Config{Decoder: []int{1 << 40}}},
		{"latent", "1 to", Config{Latent: -3}},
		{"k", "1 to", Config{K: -1}},
		{"components", "0 to", Config{Prior: "vamp", Components: -1}},
		{"alpha", "-1000 to 1000", Config{Objective: "renyi", Alpha: 1001}},
		{"alpha", "-1000 to 1000", Config{Objective: "renyi", Alpha: math.NaN()}},
		{"beta", "0 to", Config{Beta: -0.5}},
		{"free_bits", "0 to", Config{FreeBits: -1}},
		{"binarize", "bernoulli", Config{Likelihood: "gaussian", Binarize: "dynamic"}},
		{"objective", "diagonal", Config{Objective: "dreg", Posterior: "iaf"}},
		{"alpha", "renyi", Config{Alpha: 0.5}},
		{"free_bits", "closed form", Config{FreeBits: 1, Posterior: "planar"}},
		{"free_bits", "elbo", Config{FreeBits: 1, Objective: "iwae"}},
		{"anneal_steps", "none", Config{AnnealSteps: 5}},
		{"components", "vamp", Config{Components: 5}},
		{"flows", "iaf", Config{Flows: 2}},
		{"flow_hidden", "iaf", Config{Posterior: "planar", FlowHidden: 2}},
		{"arch", "layers", Config{EncoderLayers: conv(nn.Spec{Layer: "relu"})}},
		{"arch", "encoder_layers", Config{Arch: "layers"}},
		{"activation", "encoder_layers", Config{Arch: "layers", Activation: "tanh",
			EncoderLayers: conv(nn.Spec{Layer: "flatten"})}},
		{"arch", "widths", Config{Arch: "conv", Encoder: []int{5}}},
		{"item", "image", Config{Arch: "conv", Item: []int{7, 3, 5, 2}}},
		{"item", "8×8", Config{Arch: "conv", Item: []int{7, 7}}},
		{"encoder_layers", "conv2d", Config{Arch: "layers", EncoderLayers: conv(nn.Spec{Layer: "conv3d"})}},
		{"encoder_layers", "vectors", Config{Arch: "layers", EncoderLayers: conv(nn.Spec{Layer: "linear", Units: 3})}},
		{"decoder_layers", "784", Config{Arch: "layers", DecoderLayers: conv(nn.Spec{Layer: "linear", Units: 50},
			nn.Spec{Layer: "reshape", Shape: []int{5, 5, 2}})}},
		{"encoder", "numbers", Config{Encoder: []int{1 << 24, 1 << 24}}},
		{"encoder", "numbers", Config{Posterior: "full", Latent: 4096, Encoder: []int{10_000}}},
		{"encoder", "numbers", Config{Posterior: "planar", Flows: 64, Latent: 4096, Encoder: []int{10_000}}},
		{"encoder", "numbers", Config{Posterior: "iaf", Flows: 1, FlowHidden: 3000, Encoder: []int{100_000}}},
		{"decoder", "numbers", Config{Likelihood: "categorical", Decoder: []int{10_000}}},
		{"components", "numbers", Config{Prior: "vamp", Components: 10_000, Item: []int{1 << 20}}},
		{"flow_hidden", "numbers", Config{Posterior: "iaf", FlowHidden: 1 << 20}},
		{"encoder", "numbers", Config{Arch: "layers", EncoderLayers: conv(nn.Spec{Layer: "conv2d", Channels: 1 << 40,
			Kernel: nn.Square(3)})}},
	} {
		_, err := New(c.cfg)
		var field *FieldError
		if !errors.As(err, &field) || !errors.Is(err, ErrConfig) || field.Field != c.field ||
			!strings.Contains(err.Error(), c.text) {
			t.Errorf("%+v: %v; field %q and %q wanted", c.cfg, err, c.field, c.text)
		}
	}
}

// TestConvolutionsOfAnySize: the mirror image of the convolutions ends in the datum's own shape, odd or even.
func TestConvolutionsOfAnySize(t *testing.T) {
	for _, item := range [][]int{{8, 8}, {9, 12}, {11, 10}, {9, 9, 3}, {3, 13, 14}} {
		for _, likelihood := range []string{"bernoulli", "gaussian-pixel"} {
			if _, err := New(Config{Arch: "conv", Item: item, Latent: 2, Likelihood: likelihood}); err != nil {
				t.Errorf("%v: %v", item, err)
			}
		}
	}
}

// TestAccepts: data of another shape, outside the likelihood's support or of another type are
// refused with the place of the first exception.
func TestAccepts(t *testing.T) {
	unit := Config{Item: []int{2, 2}, Latent: 1}
	gauss, class := unit, unit
	gauss.Likelihood, class.Likelihood = "gaussian", "categorical"
	ok := []float32{0, 1, 0.5, 0.25, 1, 1, 1, 1}
	high := []float32{0, 1, 0.5, 0.25, 1, 1, 1.5, 1}
	missing := []float32{0, 1, 0.5, 0.25, 1, 1, 1, float32(math.NaN())}
	for _, c := range []struct {
		name   string
		cfg    Config
		item   []int
		values []float32
		want   string // "" accepts
	}{
		{"bernoulli", unit, []int{2, 2}, ok, ""},
		{"bernoulli above one", unit, []int{2, 2}, high, "item 1"},
		{"gaussian above one", gauss, []int{2, 2}, high, ""},
		{"gaussian of what is no number", gauss, []int{2, 2}, missing, "item 1"},
		{"another shape", unit, []int{2, 1}, ok, "2×2"},
		{"categorical of floats", class, []int{2, 2}, ok, "uint8"},
	} {
		err := mustNew(t, c.cfg).Accepts(written(t, c.item, c.values))
		refused := errors.Is(err, ErrData) && strings.Contains(err.Error(), c.want)
		if c.want == "" && err != nil || c.want != "" && !refused {
			t.Errorf("%s: %v; %q wanted", c.name, err, c.want)
		}
	}
	// Classes are those of bytes divided by 255: bytes of 0 and 1 alone would pass for the two outermost.
	images := imagesOf(t, append(make([]byte, 31), 1))
	for scale, ok := range map[string]bool{"auto": true, "unit": true, "none": false} {
		err := mustNew(t, Config{Item: []int{4, 4}, Latent: 1, Likelihood: "categorical", Scale: scale}).Accepts(images)
		if ok != (err == nil) || !ok && !errors.Is(err, ErrData) {
			t.Errorf("categorical of bytes, scale %s: %v", scale, err)
		}
	}
}
