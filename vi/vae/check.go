package vae

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"elbo/data/array"
	"elbo/graph/nn"
)

// ErrConfig is the class of every *FieldError, ErrData that of data a model does not take, and
// ErrSaved that of a damaged or foreign model directory.
var (
	ErrConfig = errors.New("vae: invalid configuration")
	ErrData   = errors.New("vae: data do not fit the model")
	ErrSaved  = errors.New("vae: damaged or foreign model directory")
)

// FieldError names a field of Config, by its name in YAML, its value, what is wrong and what is
// wanted instead.
type FieldError struct{ Field, Value, Why, Want string }

// Error reads: field "value" why; want.
func (e *FieldError) Error() string {
	s := fmt.Sprintf("%s %q %s", e.Field, e.Value, e.Why)
	if e.Want != "" {
		s += "; " + e.Want
	}
	return s
}

// Unwrap returns ErrConfig.
func (e *FieldError) Unwrap() error { return ErrConfig }

// maxWidth bounds the values of a datum and the units of a layer.
const maxWidth = 1 << 24

// Check returns a *FieldError for the first field that makes no sense by itself or beside the
// others. It is meant for configurations after WithDefaults.
func (c Config) Check() error {
	for _, check := range []func() error{c.checkNames, c.checkSizes, c.checkNumbers, c.checkTogether} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c Config) checkNames() error {
	for _, f := range []struct {
		field, value string
		known        []string
	}{
		{"arch", c.Arch, archs}, {"activation", c.Activation, nn.ActivationNames()},
		{"likelihood", c.Likelihood, Likelihoods()}, {"prior", c.Prior, priors},
		{"posterior", c.Posterior, posteriors}, {"objective", c.Objective, objectives},
		{"anneal", c.Anneal, annealings}, {"binarize", c.Binarize, array.BinarizeNames()},
		{"dtype", c.DType, floatTypes}, {"scale", c.Scale, unitScales},
	} {
		if !slices.Contains(f.known, f.value) {
			return &FieldError{f.field, f.value, "is not known", "choose one of " + strings.Join(f.known, ", ")}
		}
	}
	return nil
}

func (c Config) checkSizes() error {
	width := 1
	for _, d := range c.Item {
		if d < 1 || d > maxWidth/width {
			return &FieldError{"item", fmt.Sprint(c.Item), "is no shape of a datum",
				fmt.Sprintf("extents are positive and at most %d values", maxWidth)}
		}
		width *= d
	}
	for _, w := range []struct {
		field  string
		widths []int
	}{{"encoder", c.Encoder}, {"decoder", c.Decoder}} {
		for _, n := range w.widths {
			if n < 1 || n > maxWidth {
				return &FieldError{w.field, fmt.Sprint(w.widths), "has a width outside its range",
					fmt.Sprintf("widths lie between 1 and %d", maxWidth)}
			}
		}
	}
	for _, f := range []struct {
		field         string
		value, lo, hi int
	}{
		{"latent", c.Latent, 1, 4096}, {"k", c.K, 1, 100_000}, {"components", c.Components, 0, 10_000},
		{"flows", c.Flows, 0, 64}, {"flow_hidden", c.FlowHidden, 0, maxWidth},
		{"anneal_steps", c.AnnealSteps, 0, math.MaxInt32},
	} {
		if f.value < f.lo || f.value > f.hi {
			return &FieldError{f.field, fmt.Sprint(f.value), "is outside its range",
				fmt.Sprintf("%d to %d", f.lo, f.hi)}
		}
	}
	return nil
}

func (c Config) checkNumbers() error {
	for _, f := range []struct {
		field         string
		value, lo, hi float64
	}{
		{"alpha", c.Alpha, -1000, 1000}, {"beta", c.Beta, 0, 1e6}, {"free_bits", c.FreeBits, 0, 1e6},
	} {
		if !(f.value >= f.lo && f.value <= f.hi) {
			return &FieldError{f.field, fmt.Sprint(f.value), "is outside its range",
				fmt.Sprintf("%g to %g", f.lo, f.hi)}
		}
	}
	return nil
}

// checkTogether refuses fields that contradict each other: no option is silently without effect.
func (c Config) checkTogether() error {
	normal := c.Posterior == "diagonal" || c.Posterior == "full"
	layers := len(c.EncoderLayers)+len(c.DecoderLayers) > 0
	widths := len(c.Encoder)+len(c.Decoder) > 0
	for _, r := range []struct {
		wrong             bool
		field, value, why string
		want              string
	}{
		{c.Likelihood != "bernoulli" && c.Binarize != "none", "binarize", c.Binarize,
			"makes pixels binary, and likelihood " + c.Likelihood + " is not for such",
			"use none, or likelihood bernoulli"},
		{c.Objective == "dreg" && c.Posterior != "diagonal", "objective", c.Objective,
			"needs the derivative of log q by z, which posterior " + c.Posterior + " does not have in closed form",
			"use posterior diagonal, or objective iwae"},
		{c.Objective != "renyi" && c.Alpha != 0, "alpha", fmt.Sprint(c.Alpha), "is of objective renyi alone", ""},
		{c.FreeBits > 0 && !(normal && c.Prior == "normal"), "free_bits", fmt.Sprint(c.FreeBits),
			"needs the divergence in closed form", "use posterior diagonal or full and prior normal"},
		{c.FreeBits > 0 && c.Objective != "elbo", "free_bits", fmt.Sprint(c.FreeBits),
			"is of objective elbo alone", ""},
		{c.Anneal == "none" && c.AnnealSteps != 0, "anneal_steps", fmt.Sprint(c.AnnealSteps),
			"has no effect with anneal none", "choose linear or cyclic"},
		{c.Prior != "vamp" && c.Components != 0, "components", fmt.Sprint(c.Components), "is of prior vamp alone", ""},
		{!c.flows() && c.Flows != 0, "flows", fmt.Sprint(c.Flows), "is of posteriors iaf and planar alone", ""},
		{c.Posterior != "iaf" && c.FlowHidden != 0, "flow_hidden", fmt.Sprint(c.FlowHidden),
			"is of posterior iaf alone", ""},
		{c.Arch != "layers" && layers, "arch", c.Arch, "has no use for encoder_layers and decoder_layers",
			"choose layers"},
		{c.Arch == "layers" && !layers, "arch", c.Arch, "needs encoder_layers or decoder_layers", ""},
		{c.Arch == "layers" && c.Activation != "relu", "activation", c.Activation,
			"has no effect in arch layers", "name it in encoder_layers and decoder_layers"},
		{c.Arch != "mlp" && widths, "arch", c.Arch, "has no use for widths in encoder and decoder",
			"choose mlp, or leave them empty"},
	} {
		if r.wrong {
			return &FieldError{r.field, r.value, r.why, r.want}
		}
	}
	return nil
}
