package vae

import (
	"encoding/json"
	"fmt"
)

// SameNetworks returns a *FieldError for the first field in which networks, prior or posterior differ
// from those of other, so that parameters of one are of no use to the other; nil where they are the
// same. How data are prepared and how a model is trained may differ.
func (c Config) SameNetworks(other Config) error {
	fields := func(c Config) []any {
		return []any{c.Item, c.Arch, c.Encoder, c.Decoder, c.EncoderLayers, c.DecoderLayers, c.Activation, c.Latent,
			c.Likelihood, c.Prior, c.Components, c.Posterior, c.Flows, c.FlowHidden}
	}
	names := []string{"item", "arch", "encoder", "decoder", "encoder_layers", "decoder_layers", "activation", "latent",
		"likelihood", "prior", "components", "posterior", "flows", "flow_hidden"}
	mine, theirs := fields(c), fields(other)
	for i, name := range names {
		a, err := fieldText(mine[i])
		if err != nil {
			return fmt.Errorf("vae: field %s: %w", name, err)
		}
		b, err := fieldText(theirs[i])
		if err != nil {
			return fmt.Errorf("vae: field %s: %w", name, err)
		}
		if a != b {
			return &FieldError{Field: name, Value: a, Why: "differs from " + b}
		}
	}
	return nil
}

// fieldText writes a field as users do: words bare, lists as JSON; an empty list is none.
func fieldText(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	text, err := json.Marshal(v)
	if s := string(text); s == "null" || s == "[]" {
		return "none", err
	}
	return string(text), err
}
