// Package dist holds probability distributions as graph builders, one per file.
//
// A constructor takes parameters as nodes that broadcast against each other and returns a
// small struct; its methods add nodes to the parameters' graph:
//
//	d := dist.Normal(mu, sigma)           // mu (N), sigma () → draws of shape (N)
//	lp := d.LogProb(y)                    // (N), nats
//	z := d.Sample(g, "z")                 // (N), reparameterised: gradients reach mu and sigma
//
// Log densities are pointwise over the batch; distributions over vectors and matrices
// (Dirichlet, MultivariateNormal, LKJCholesky) reduce their event axes. Discrete values are
// floats holding integers, or I32 nodes.
//
// Outside its support a continuous density over part of the line is 0 (LogProb is −Inf, with
// zero gradients, never NaN). Distributions of counts and classes do not check their values:
// data are checked where they are read. Parameters outside their domain give NaN or a
// meaningless number; transforms keep latent parameters inside.
//
// Sample draws from the graph's counter-based noise at the named site; sites that need
// several streams add "/…" to the name. Rsample tells whether gradients flow through draws:
// explicitly (location-scale, inverse distribution functions) or implicitly, through the Gamma
// quantile (Figurnov, Mohamed & Mnih 2018), for Gamma and what is built on it.
//
// Each distribution says in its comment which numerical form it uses and why.
//
// KL gives closed-form divergences, LogPDF densities on the host in float64.
package dist
