package vae

import (
	"fmt"
	"slices"

	"elbo/data/array"
	"elbo/graph"
	"elbo/graph/nn"
)

// view says how the D floats of a datum enter convolutions: as (H,W,C).
type view struct {
	item          []int // what the encoder's first layer takes
	channelsFirst bool  // stored as (C,H,W)
}

// networks makes encoder and decoder of Config.Arch.
func (m *Model) networks() (err error) {
	c := m.cfg
	m.view = view{item: []int{m.width}}
	switch c.Arch {
	case "mlp":
		m.encoder, m.decoder, m.heads = nn.MLP(c.Encoder, c.Activation), nn.MLP(c.Decoder, c.Activation), true
		return nil
	case "conv":
		if err = m.imageView(); err != nil {
			return &FieldError{"item", fmt.Sprint(c.Item), "is no image, which arch conv needs", err.Error()}
		}
		m.encoder, m.decoder, err = convolutions(m.view.item, m.lik.outputs(), c.Activation)
		return err
	}
	if m.imageView() != nil {
		m.view = view{item: c.Item}
	}
	if m.encoder, err = nn.Build(c.EncoderLayers); err != nil {
		return &FieldError{"encoder_layers", layerNames(c.EncoderLayers), "cannot be built", err.Error()}
	}
	if m.decoder, err = nn.Build(c.DecoderLayers); err != nil {
		return &FieldError{"decoder_layers", layerNames(c.DecoderLayers), "cannot be built", err.Error()}
	}
	return m.checkLayers()
}

// imageView reads the datum as an image.
func (m *Model) imageView() error {
	f, err := array.ImageShape(m.cfg.Item)
	if err != nil {
		return err
	}
	m.view = view{[]int{f.Height, f.Width, f.Channels}, f.ChannelsFirst}
	return nil
}

// checkLayers chains the sizes of layers given one by one.
func (m *Model) checkLayers() error {
	if _, err := m.encoder.Out(m.view.item); err != nil {
		return &FieldError{"encoder_layers", layerNames(m.cfg.EncoderLayers), "do not chain", err.Error()}
	}
	out, err := m.decoder.Out([]int{m.cfg.Latent})
	if err != nil {
		return &FieldError{"decoder_layers", layerNames(m.cfg.DecoderLayers), "do not chain", err.Error()}
	}
	size := 1
	for _, d := range out {
		size *= d
	}
	if len(m.cfg.DecoderLayers) == 0 || len(out) == 1 && out[0] != m.width*m.lik.outputs() {
		m.heads = true // features: linear maps to the likelihood's parameters follow
		return nil
	}
	if want := m.width * m.lik.outputs(); size != want {
		return &FieldError{"decoder_layers", layerNames(m.cfg.DecoderLayers), fmt.Sprintf("end in items of %v", out),
			fmt.Sprintf("likelihood %s of %v takes %d values; end in a vector to have a linear layer added",
				m.cfg.Likelihood, m.cfg.Item, want)}
	}
	return nil
}

func layerNames(specs []nn.Spec) string {
	var names []string
	for _, s := range specs {
		names = append(names, s.Layer)
	}
	return fmt.Sprint(names)
}

// convolutions is the net of Config.Arch conv: two convolutions of stride 2 with 32 and 64
// channels and their mirror image.
func convolutions(item []int, outputs int, activation string) (enc, dec nn.Stack, err error) {
	h, w, c := item[0], item[1], item[2]
	if h < 8 || w < 8 {
		return nil, nil, &FieldError{"item", fmt.Sprint(item), "is too small for arch conv",
			"images of at least 8×8, or arch mlp"}
	}
	h1, w1 := (h+1)/2, (w+1)/2
	h2, w2 := (h1+1)/2, (w1+1)/2
	act := nn.Activation{Name: activation}
	rule := nn.DefaultInit(activation)
	down := func(channels int) nn.Layer {
		return nn.Conv2D{Channels: channels, Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [2]int{1, 1}, Init: rule}
	}
	up := func(channels, fromH, fromW, toH, toW int, rule nn.Init) nn.Layer {
		// A stride of 2 reaches 2n − 1 pixels of n; one more where the size was even.
		more := [2]int{toH - (2*fromH - 1), toW - (2*fromW - 1)}
		return nn.ConvTranspose2D{Channels: channels, Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [2]int{1, 1},
			OutPad: more, Init: rule}
	}
	enc = nn.Stack{down(32), act, down(64), act, nn.Flatten{}}
	dec = nn.Stack{
		nn.Linear{Units: h2 * w2 * 64, Init: rule}, act, nn.Reshape{Shape: []int{h2, w2, 64}},
		up(32, h2, w2, h1, w1, rule), act, up(c*outputs, h1, w1, h, w, ""),
	}
	return enc, dec, nil
}

// toItems shapes rows of D floats (B,D) for the encoder's first layer.
func (v view) toItems(x *graph.Node) *graph.Node {
	b := graph.ShapeOf(x)[0]
	if v.channelsFirst {
		h, w, c := v.item[0], v.item[1], v.item[2]
		return graph.Transpose(graph.Reshape(x, b, c, h, w), 0, 2, 3, 1)
	}
	if len(v.item) == 1 {
		return x
	}
	return graph.Reshape(x, append([]int{b}, v.item...)...)
}

// fromItems undoes toItems for n outputs per value: (R,H,W,C·n) or (R,D·n) → (R,D,n).
func (v view) fromItems(y *graph.Node, width, n int) *graph.Node {
	r := graph.ShapeOf(y)[0]
	if v.channelsFirst && len(graph.ShapeOf(y)) == 4 {
		h, w, c := v.item[0], v.item[1], v.item[2]
		y = graph.Transpose(graph.Reshape(y, r, h*w, c, n), 0, 2, 1, 3)
	}
	return graph.Reshape(y, r, width, n)
}

// flat returns x (B, ...) as rows.
func flat(x *graph.Node) *graph.Node {
	s := graph.ShapeOf(x)
	if len(s) == 2 {
		return x
	}
	return graph.Reshape(x, s[0], slices.Clone(s[1:]).Size())
}
