package vae

import (
	"errors"
	"fmt"
	"maps"

	"elbo/data/array"
	"elbo/graph"
	"elbo/graph/nn"
)

// Model is a checked Config with its networks.
type Model struct {
	cfg   Config
	lik   likelihood
	bin   array.Binarize
	scale array.Scale
	dtype graph.DType
	width int // values of a datum

	encoder, decoder nn.Stack
	view             view
	heads            bool                   // the decoder's last linear maps are ours to add
	shapes           map[string]graph.Shape // of parameters and running statistics
}

// New checks c and builds its networks' layers. Sizes that do not chain are a *FieldError that
// names the field and wraps ErrConfig.
func New(c Config) (*Model, error) {
	c = c.WithDefaults()
	if err := c.Check(); err != nil {
		return nil, err
	}
	m := &Model{cfg: c, lik: likelihoodOf(c.Likelihood), width: c.Width(), dtype: graph.F32}
	if c.DType == "float64" {
		m.dtype = graph.F64
	}
	var err error
	if m.bin, err = array.ParseBinarize(c.Binarize); err != nil {
		return nil, err
	}
	if m.scale, err = array.ParseScale(c.Scale); err != nil {
		return nil, err
	}
	if err := m.networks(); err != nil {
		return nil, err
	}
	if err := m.checkSize(); err != nil {
		return nil, err
	}
	return m, m.probe()
}

// Config returns the configuration with its defaults filled in.
func (m *Model) Config() Config { return m.cfg }

// probe builds the step's graph for two rows, so that whatever does not fit is told now, and keeps
// the shapes of the parameters.
func (m *Model) probe() error {
	g, err := graph.Build(m.dtype, func(g *graph.Graph) { m.stepParts(g, StepOptions{Batch: 2}) })
	if err != nil {
		return m.layerError(err)
	}
	m.shapes = map[string]graph.Shape{}
	for _, n := range g.Inputs() {
		if in := g.Input(n); in.Kind == graph.InputParam || in.Kind == graph.InputState {
			m.shapes[in.Name] = in.Shape
		}
	}
	return nil
}

// layerError turns a layer that does not take what it is given into a *FieldError.
func (m *Model) layerError(err error) error {
	var shape *nn.ShapeError
	if !errors.As(err, &shape) {
		return fmt.Errorf("vae: build %s: %w", m.cfg.Arch, err)
	}
	return &FieldError{"arch", m.cfg.Arch, "does not fit together", shape.Error()}
}

// Parameters returns the shapes of the model's trained numbers and running statistics by name.
func (m *Model) Parameters() map[string]graph.Shape { return maps.Clone(m.shapes) }

// Accepts checks that a holds data the model takes: items of its shape, finite, and values the
// likelihood allows. Errors wrap ErrData and name item and pixel of the first exception.
func (m *Model) Accepts(a *array.Array) error {
	if a.Width() != m.width {
		return fmt.Errorf("%w: %s: items of %s, the model takes %s", ErrData, a.File,
			array.ShapeText(a.Item()), array.ShapeText(m.cfg.Item))
	}
	err := a.Finite()
	if lo, hi, bounded := m.lik.support(); err == nil && bounded {
		err = a.Within(lo, hi, m.scale, "likelihood "+m.cfg.Likelihood)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrData, err)
	}
	if m.lik.classes > 1 && (a.DType != array.Uint8 || a.Divisor(m.scale) != 255) {
		return fmt.Errorf("%w: %s: likelihood %s takes uint8 with scale auto or unit, not %v with scale %v",
			ErrData, a.File, m.cfg.Likelihood, a.DType, m.scale)
	}
	return nil
}
