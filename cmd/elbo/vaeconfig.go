package main

import (
	"errors"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/settings"
	"elbo/graph/nn"
	"elbo/vi/regress"
	"elbo/vi/vae"
)

// config returns the model the flags describe for items of a shape.
func (o *vaeFlags) modelConfig(item []int, origins map[string]settings.Origin) (vae.Config, error) {
	c := o.model
	c.Item, c.DType, c.Seed = item, o.dtype, o.seed
	var err error
	for _, w := range []struct {
		option string
		texts  []string
		to     *[]int
	}{{"encoder", o.encoder, &c.Encoder}, {"decoder", o.decoder, &c.Decoder}} {
		// The configuration of a run has an empty list where no widths were given.
		switch {
		case len(w.texts) > 0 || origins[w.option] == settings.FromFlag:
			if *w.to, err = widths(w.option, w.texts); err != nil {
				return c, err
			}
		case c.Arch == "mlp":
			*w.to = []int{400}
		}
	}
	if c.EncoderLayers, err = layers("encoder-layers", o.encoderLayers); err != nil {
		return c, err
	}
	if c.DecoderLayers, err = layers("decoder-layers", o.decoderLayers); err != nil {
		return c, err
	}
	if c.Beta == 0 {
		// The library reads zero as the default.
		return c, &regress.OptionError{Option: "beta", Value: "0", Problem: "leaves nothing to regularise",
			Hint: "a small weight, such as --beta 0.01, is possible"}
	}
	return c.WithDefaults(), nil
}

// widths reads hidden widths; none is a linear map.
func widths(option string, texts []string) ([]int, error) {
	if len(texts) == 1 && strings.TrimSpace(texts[0]) == "none" {
		return nil, nil
	}
	var out []int
	for _, t := range strings.Split(strings.Join(texts, ","), ",") {
		n, err := strconv.Atoi(strings.TrimSpace(t))
		if err != nil || n < 1 {
			return nil, &regress.OptionError{Option: option, Value: strings.Join(texts, ","),
				Problem: "is not a list of widths", Hint: "for example --" + option + " 200,200, or none for a linear map"}
		}
		out = append(out, n)
	}
	return out, nil
}

// layers reads a list of layers in YAML.
func layers(option, text string) ([]nn.Spec, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var out []nn.Spec
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		return nil, &vae.FieldError{Field: option, Value: text,
			Why: "cannot be read: " + strings.TrimPrefix(oneLine(err.Error()), "nn: ")}
	}
	return out, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// unknownName is how package vae tells a name that is not among the choices.
const unknownName = "is not known"

// blame gives an error about a field of the model the name of its option and, where the option came
// from a file, the file's line. A wrong word on the command line is a usage error; parts that do not
// fit together are a fault of the model's configuration wherever that stood.
func (o *vaeFlags) blame(r *settings.Resolved, err error) error {
	var field *vae.FieldError
	if !errors.As(err, &field) {
		return r.Blame(err)
	}
	option := &regress.OptionError{Option: strings.ReplaceAll(field.Field, "_", "-"), Value: field.Value,
		Problem: field.Why, Hint: field.Want}
	blamed := r.Blame(option)
	if blamed != error(option) || field.Why == unknownName {
		return blamed
	}
	return &exit.Error{Code: exit.Config, Err: option}
}
