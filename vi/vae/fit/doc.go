// Package fit trains a vae.Model on an array of images with the loop of package train: shuffled
// minibatches prepared in the background, the bound on validation images at each epoch's end,
// patience, budgets, checkpoints and exact resumption.
//
//	m, err := vae.New(vae.Default(images.Item()))
//	rows, valid, err := array.Split(images.Items(), 5000, 1)
//	res, err := fit.Run(ctx, m, images, fit.Options{Device: dev, Train: rows, Valid: valid,
//		Budget: train.Budget{Epochs: 10}})
//	err = m.Save(dir, res.Params)
//
// Pixels stay in the type of the file; only the batches under way are floats.
package fit
