// Package diag judges variational fits from numbers alone: draws, log weights, iterates.
//
//	p, err := diag.Smooth(logWeights)      // Pareto smoothed importance sampling
//	if p.K > p.Threshold { … }             // the guide misses mass the posterior has
//
// Smooth takes log p(x, θ_s) − log q(θ_s) for S draws and returns the tail shape k-hat and
// smoothed weights. An Accum gathers the data term of those logs over any number of
// batches in O(S) memory; sums are compensated, so streaming and one pass over everything
// agree to rounding.
//
// A Window keeps the last iterates of many parameters and tells whether they have become
// stationary (SplitRhat) and how well their average is known (MCSE, from ESS by Geyer's
// initial monotone sequence).
//
// Quantile and Describe summarise draws.
//
// Numbers agree with ArviZ 0.22 (psislw, rhat split, ess and mcse of the mean) to 1e-8.
// Everything is float64, allocates little and is safe for concurrent use on distinct data.
package diag
