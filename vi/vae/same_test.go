package vae

import (
	"errors"
	"testing"

	"elbo/graph/nn"
)

// TestSameNetworks: every field that shapes parameters is compared, by its name; what trains them is not.
func TestSameNetworks(t *testing.T) {
	base := Default([]int{28, 28})
	for _, c := range []struct {
		field  string
		change func(*Config)
	}{
		{"item", func(c *Config) { c.Item = []int{784} }},
		{"arch", func(c *Config) { c.Arch = "conv" }},
		{"encoder", func(c *Config) { c.Encoder = []int{400, 2} }},
		{"decoder", func(c *Config) { c.Decoder = nil }},
		{"encoder_layers", func(c *Config) { c.EncoderLayers = []nn.Spec{{Layer: "flatten"}} }},
		{"decoder_layers", func(c *Config) { c.DecoderLayers = []nn.Spec{{Layer: "flatten"}} }},
		{"activation", func(c *Config) { c.Activation = "tanh" }},
		{"latent", func(c *Config) { c.Latent = 3 }},
		{"likelihood", func(c *Config) { c.Likelihood = "gaussian" }},
		{"prior", func(c *Config) { c.Prior = "vamp" }},
		{"components", func(c *Config) { c.Components = 7 }},
		{"posterior", func(c *Config) { c.Posterior = "full" }},
		{"flows", func(c *Config) { c.Flows = 2 }},
		{"flow_hidden", func(c *Config) { c.FlowHidden = 2 }},
		{"", func(c *Config) { c.Objective, c.K, c.Beta, c.Anneal, c.FreeBits = "iwae", 5, 2, "linear", 1 }},
		{"", func(c *Config) { c.Seed, c.DType, c.Binarize, c.Scale, c.Alpha = 9, "float64", "static", "none", 0.5 }},
		{"", func(c *Config) { c.EncoderLayers = []nn.Spec{} }},
	} {
		other := base
		c.change(&other)
		err := other.SameNetworks(base)
		var field *FieldError
		if c.field == "" && err != nil || c.field != "" && (!errors.As(err, &field) || field.Field != c.field) {
			t.Errorf("field %q: %v", c.field, err)
		}
	}
	other := base
	other.Latent = 3
	if err := other.SameNetworks(base); err == nil || err.Error() != `latent "3" differs from 20` {
		t.Errorf("%v", err)
	}
	other.Latent, other.Decoder = base.Latent, nil
	if err := other.SameNetworks(base); err == nil || err.Error() != `decoder "none" differs from [400]` {
		t.Errorf("%v", err)
	}
}
