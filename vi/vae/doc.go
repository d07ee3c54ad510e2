// Package vae trains and evaluates variational autoencoders (Kingma & Welling 2014): a decoder
// p(x|z) p(z) and an encoder q(z|x), both neural networks, fitted by maximising a lower bound
// of log p(x).
//
// A Config says what the model is; New checks it and builds a Model; Model.StepSpec is the
// training step for the loop of vi/train; a Runner evaluates trained parameters.
//
//	m, err := vae.New(vae.Default(images.Item()))
//	spec, err := m.StepSpec(vae.StepOptions{Batch: 128, Rule: optim.Adam{}})
//	step, err := spec.Compile()                      // then train.New(...).Run, feeding SlotX and SlotWeight
//	r, err := m.Load(dev, params)
//	b, err := r.Bound(ctx, images, nil, vae.BoundOptions{})
//
// Programs see data as rows of D floats. Binarisation, encoding, sampling and the loss are one
// program; K particles of all B rows pass through the decoder in one batch of K·B rows,
// particle-major.
//
// Any objective of vi/elbo joins a model's Target, a vi.Local, with its Guider. Either may be
// replaced by Go code of one's own: an encoder needs nothing of this package but Diagonal, which
// makes a guide of mean and log standard deviation; see the example.
//
// Files: Model.Save writes ModelFile (JSON) and WeightsFile (safetensors), Load reads them back.
//
// Units: bounds, divergences and reconstruction terms are nats per datum.
package vae
