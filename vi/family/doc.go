// Package family holds the variational families, one per file.
//
// Every family works in coordinates z related to the target's unconstrained ζ by a Metric,
// ζ = centre + W z, chosen so that the posterior is near N(0, I) in z: then one step size
// suits every coordinate whatever the scales and correlations of the problem. The zero
// Metric is the identity.
//
// Custom turns a guide function over a Scope into a family: distributions over constrained
// values with parameters of its own, so that q can be of the posterior's own kind.
package family
