package benches

import (
	"errors"

	"elbo/cmd/internal/device"
	"elbo/graph"
	"elbo/vi/optim"
	"elbo/vi/train"
	"elbo/vi/vae"
)

// vaeBatch is the number of images in a step of the autoencoder benchmarks.
const vaeBatch = 128

// vaeConfig is the usual autoencoder of 28×28 images (Kingma & Welling 2014): 784-400-2x20-400-784.
var vaeConfig = vae.Config{Item: []int{28, 28}, Encoder: []int{400}, Decoder: []int{400}, Latent: 20, Seed: 1}

// vaeStep times the training step of `elbo vae train` on a batch that is in place: binarised on
// the device, Bernoulli likelihood, closed-form divergence, Adam.
func vaeStep(m *machine) (Result, error) { return m.vae(vaeBatch) }

// vaeLarge takes a batch that fills a card.
func vaeLarge(m *machine) (Result, error) {
	if m.Quick {
		return m.vae(vaeBatch / 2)
	}
	return m.vae(32 * vaeBatch)
}

// vaeOneStream and vaeFourStreams tell what running a step's independent parts side by side saves.
func vaeOneStream(m *machine) (Result, error) { return m.vaeStreams(1) }

func vaeFourStreams(m *machine) (Result, error) { return m.vaeStreams(4) }

// vaeStreams times the step on a card opened for a number of streams.
func (m *machine) vaeStreams(n int) (r Result, err error) {
	dev, err := device.OpenWith(m.Device, device.Options{Threads: m.Threads, MatMul: m.MatMul, Streams: n})
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	own := *m
	own.dev = dev
	return own.vae(vaeBatch)
}

func (m *machine) vae(batch int) (Result, error) {
	step, err := vaeProgram(vaeConfig, batch)
	if err != nil {
		return Result{}, err
	}
	in, err := step.Program.Load(m.dev.Device)
	if err != nil {
		return Result{}, err
	}
	defer in.Close()
	if err := feedImages(in, step.Program); err != nil {
		return Result{}, err
	}
	micros, err := m.steps(in)
	if err != nil {
		return Result{}, err
	}
	w := workOf(step.Program, graph.F32, batch)
	w.flops = step.Program.ProductFlops() // no rearrangement saves these
	return m.finish(w, micros), nil
}

// vaeProgram compiles a model's training step.
func vaeProgram(c vae.Config, batch int) (*train.Step, error) {
	m, err := vae.New(c)
	if err != nil {
		return nil, err
	}
	spec, err := m.StepSpec(vae.StepOptions{Batch: batch, Rule: optim.Adam{}})
	if err != nil {
		return nil, err
	}
	return spec.Compile()
}

// feedImages fills a step's batch with images of which half the pixels are black.
func feedImages(in *graph.Instance, p *graph.Program) error {
	x := make([]float64, p.Slot(vae.SlotX).Shape.Size())
	graph.HostNormals(x, 1, "bench/x", 0)
	for i, v := range x {
		x[i] = min(max(0.3*v, 0), 1)
	}
	weight := make([]float64, p.Slot(vae.SlotWeight).Shape.Size())
	for i := range weight {
		weight[i] = 1 / float64(len(weight))
	}
	for name, v := range map[string][]float64{vae.SlotX: x, vae.SlotWeight: weight, train.SlotLR: {1e-3}} {
		if !in.Has(name) {
			continue
		}
		if err := in.Set(name, v); err != nil {
			return err
		}
	}
	return nil
}
