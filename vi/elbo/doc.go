// Package elbo holds the objectives: estimators of the evidence lower bound
// ELBO(φ) = E_q[log p(x, ζ) − log q(ζ)] and of its gradient, one per file.
//
// Each Bound is a surrogate: its value estimates the bound in nats, and differentiating it
// gives an unbiased gradient. Remainder is the control variate of anchored inference.
package elbo
