// Package regress is Bayesian regression by variational inference: a formula, a family, a
// table of rows in; a posterior on the scale of the user's columns out.
//
// The latents ζ (D) are the coefficients of standardised design columns, one block of P per
// linear predictor, followed by the logs of the shared positive parameters (sigma, shape,
// phi, nu − 1). Training is anchored: streamed passes find the posterior mode and curvature,
// the guide works in coordinates whitened by them, and each minibatch estimates only what
// the quadratic expansion of its rows leaves over (vi/elbo.Remainder).
//
// Everything over all rows is a pass: a compiled program run chunk by chunk over the table
// in file order with float64 sums, so memory does not grow with the data. Where feed.Place says
// that encoded rows fit, they stay on the device: training picks its batches and passes their
// chunks inside the program, with the bits of rows that are fed.
package regress
