package vae

import (
	"fmt"

	"elbo/graph/nn"
)

// maxWeights bounds the parameters of a model, and the values of one layer for one datum: a
// gigabyte in float32. Larger ones are refused before memory is taken for them.
const maxWeights = 1 << 28

// checkSize refuses models beyond maxWeights, by the name of the field at fault.
func (m *Model) checkSize() error {
	c, d := m.cfg, m.cfg.Latent
	enc, features := weigh(m.encoder, m.view.item)
	dec, last := weigh(m.decoder, []int{d})
	heads := 2 * d
	switch c.Posterior {
	case "full":
		heads += d * d
	case "iaf":
		heads += c.FlowHidden
	case "planar":
		heads += c.Flows * planarWidth(d)
	}
	enc += float64(features) * float64(heads)
	if m.heads {
		dec += float64(last) * float64(m.width) * float64(m.lik.outputs())
	}
	hidden := float64(c.FlowHidden)
	flow := float64(c.Flows) * hidden * (3*float64(d) + 3*hidden)
	for _, part := range []struct {
		field, value string
		weights      float64
	}{
		{"flow_hidden", fmt.Sprint(c.FlowHidden), flow},
		{"encoder", fmt.Sprint(c.Encoder), enc}, {"decoder", fmt.Sprint(c.Decoder), dec},
		{"components", fmt.Sprint(c.Components), float64(c.Components) * float64(m.width)},
	} {
		if part.weights > maxWeights {
			return &FieldError{part.field, part.value, fmt.Sprintf("makes a network of %.3g numbers", part.weights),
				fmt.Sprintf("at most %d are taken; choose smaller layers", maxWeights)}
		}
	}
	return nil
}

// weigh counts the weights of layers, or the values of the widest layer where those are more, and
// the values that come out; sizes that do not chain count as nothing, for they are told elsewhere.
func weigh(layer nn.Layer, in []int) (weights float64, out int) {
	shape, err := layer.Out(in)
	if err != nil {
		return 0, 0
	}
	volume := func(shape []int) float64 {
		v := 1.0
		for _, n := range shape {
			v *= float64(n)
		}
		return v
	}
	cells := func(k nn.Pair, channels int) float64 {
		return float64(k[0]) * float64(k[1]) * float64(in[2]) * float64(channels)
	}
	switch l := layer.(type) {
	case nn.Stack:
		for _, part := range l {
			w, _ := weigh(part, in)
			weights += w
			if in, err = part.Out(in); err != nil {
				return weights, 0
			}
		}
	case nn.Linear:
		weights = float64(in[0]) * float64(l.Units)
	case nn.Conv2D:
		weights = cells(l.Kernel, l.Channels)
	case nn.ConvTranspose2D:
		weights = cells(l.Kernel, l.Channels)
	}
	values := volume(shape)
	if values > maxWeights {
		return max(weights, values), maxWeights
	}
	return weights, int(values)
}
