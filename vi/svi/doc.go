// Package svi fits a Go programmer's own model to columns in memory:
//
//	m, err := model.New(func(s *model.Scope) { ... })
//	fit, err := svi.Fit(ctx, m, svi.Data{"x": svi.Matrix(xs, 3), "y": svi.Vector(ys)}, svi.Options{Device: dev})
//	fmt.Println(fit.Site("w").Mean, fit.Elbo, fit.Weights.K)
//
// It joins vi/model, vi/family, vi/elbo, vi/optim and vi/train: minibatches of the model's
// plates are drawn by data.Loader (every row once an epoch, the short last batch weighted
// right), iterates are averaged and the run stops by the rule of vi/train. Results are in
// constrained space, with the bound and k-hat of all data, streamed batch by batch.
//
// The size of a batch is the size of the model's plates; a model without plates, or with as
// many rows as its plate, trains on all data at every step.
//
// Latents start at 0 with sd 1 in unconstrained coordinates, so predictors and responses should
// be of order one: standardise them. Package regress does so by itself for regressions.
package svi
