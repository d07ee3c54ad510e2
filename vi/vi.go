package vi

import "elbo/graph"

// Target is an unnormalised log posterior over D unconstrained coordinates.
type Target interface {
	// Dim returns D.
	Dim() int
	// LogJoint builds log p(x, θ(ζ)) + log |det ∂θ/∂ζ| for S particles at once: zeta (D,S) →
	// (S), in nats. With a minibatch it is an unbiased estimate of the full-data value. A Local
	// target has latents of its own for each row instead.
	LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node
}

// Local is a target whose B rows each have latents z_b of their own, independent given the
// parameters of the model, which are trained as they are: a variational autoencoder. Its
// LogJoint takes zeta (S·B,D), particle-major so that one matrix product serves all particles
// of all rows, and returns log p(x_b, z_sb) (S,B).
//
// The two terms of the joint are also known one by one, because objectives weigh them apart
// and replace the second by a closed form.
type Local interface {
	Target
	// LogLik builds log p(x_b | z_sb): zeta (S·B,D) → (S,B).
	LogLik(g *graph.Graph, zeta *graph.Node) *graph.Node
	// LogPrior builds log p(z_sb): zeta (S·B,D) → (S,B).
	LogPrior(g *graph.Graph, zeta *graph.Node) *graph.Node
	// StandardPrior reports whether the prior is N(0, I), to which Guide.KL refers.
	StandardPrior() bool
}

// Guider draws from a distribution q inside a graph: all that a training step needs of a
// family. An encoder, whose q differs from row to row, is a Guider and no Family.
type Guider interface {
	// Name is the command line name, such as "fullrank".
	Name() string
	// Guide adds the parameters of q over d coordinates to g and draws particles.
	Guide(g *graph.Graph, d int, p Particles) *Guide
}

// Family is a parametric distribution q over ζ.
type Family interface {
	Guider
	// Posterior describes q for given parameter values, on the host.
	Posterior(d int, param func(name string) []float64) Posterior
}

// Particles says how many Monte-Carlo particles a step draws.
type Particles struct {
	// S is the number of particles; 0 means 1.
	S int
	// Antithetic draws particles in pairs ε, −ε, which removes all odd-order noise; S must be even.
	Antithetic bool
}

// Count returns the number of particles, at least 1.
func (p Particles) Count() int { return max(p.S, 1) }

// Guide is a family inside one graph. With Rows = 0 the latents are global: Zeta is (D,S) and
// log densities are (S). With Rows = B every row has latents of its own: Zeta is (S·B,D), row b
// of particle s at s·B + b, and log densities are (S,B). Objectives reduce the particles of each
// row and then sum over the rows, with Weight.
type Guide struct {
	// Rows is B for local latents, 0 for global ones.
	Rows int
	// Weight (B) multiplies each row's term of the bound; nil means ones. Padding of a short
	// batch weighs 0, and 1/n for its n rows makes the bound a mean per datum.
	Weight *graph.Node
	// Zeta are reparameterised draws: differentiable in the family's parameters.
	Zeta *graph.Node
	// LogQ is log q(ζ), differentiable through both ζ and the parameters.
	LogQ *graph.Node
	// LogQPath has the value of LogQ and gradients through ζ alone (parameters of q
	// held fixed): what sticking-the-landing and DReG need. Nil where unknown.
	LogQPath *graph.Node
	// LogQScore has the value of LogQ and gradients through the parameters alone (ζ held
	// fixed): what the score-function estimator needs. Nil where unknown.
	LogQScore *graph.Node
	// Entropy is the closed-form entropy of q in nats (scalar), nil where unknown or local.
	Entropy *graph.Node
	// KL (B,D) are closed-form terms, each ≥ 0, whose sum over d is KL(q(z_b) ‖ N(0, I)): of
	// coordinate d given those before it. Nil where unknown or global.
	KL *graph.Node
}

// Posterior is a fitted family on the host.
type Posterior interface {
	// Mean returns E_q[ζ] (D).
	Mean() []float64
	// Cov returns the covariance of ζ, row-major (D,D).
	Cov() []float64
	// Draw returns n draws, row-major (n,D), and their log q (n), a pure function of seed.
	Draw(n int, seed uint64) (zeta []float64, logq []float64)
}

// Objective builds the quantity to maximise.
type Objective interface {
	// Name is the objective's command line name, such as "stl".
	Name() string
	// Bound returns a surrogate whose value is the bound's estimate in nats and whose gradient is
	// an unbiased estimate of the bound's gradient (scalar).
	Bound(g *graph.Graph, t Target, q *Guide) *graph.Node
}

// Rule is an optimiser: it emits parameter updates that descend the loss.
type Rule interface {
	// Name is the rule's command line name, such as "adam".
	Name() string
	// Update emits new values of the parameters into the step's code; lr is the scalar learning rate.
	Update(c *graph.Code, params []graph.ParamGrad, lr graph.V)
}
