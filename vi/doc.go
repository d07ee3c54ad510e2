// Package vi holds the small contracts stochastic variational inference is cut along.
//
// A Target is an unnormalised log density over D unconstrained coordinates ζ; a Family
// proposes particles of ζ and knows their log density; an Objective joins the two into a
// bound; a Rule turns gradients into parameter updates. Each builds graph nodes (a Rule:
// lowered code) and never touches a device, so any combination compiles into one Program.
//
// A Local target has latents of its own for every row, proposed by a Guider that looks at the
// row (an encoder): the same objectives serve both kinds.
//
// Implementations live below: vi/model (Go functions over a Scope as targets), vi/family,
// vi/elbo, vi/optim, and the loop that runs them in vi/train. vi/regress is the shipped
// regression application, vi/vae the variational autoencoder; vi/svi fits a model of one's own to columns in memory.
//
// Notation of the documentation: N data rows, B rows of a minibatch, S particles, D latent
// coordinates. Log densities are in nats.
package vi
