package vi

import "elbo/graph"

// Target is an unnormalised log posterior over D unconstrained coordinates.
type Target interface {
	// Dim returns D.
	Dim() int
	// LogJoint builds log p(x, θ(ζ)) + log |det ∂θ/∂ζ| for S particles at once: zeta (D,S) →
	// (S), in nats. With a minibatch it is an unbiased estimate of the full-data value.
	LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node
}

// Family is a parametric distribution q over ζ.
type Family interface {
	// Name is the family's command line name, such as "fullrank".
	Name() string
	// Guide adds the family's parameters over d coordinates to g and draws particles.
	Guide(g *graph.Graph, d int, p Particles) *Guide
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

// Guide is a family inside one graph.
type Guide struct {
	// Zeta (D,S) are reparameterised draws: differentiable in the family's parameters.
	Zeta *graph.Node
	// LogQ (S) is log q(ζ), differentiable through both ζ and the parameters.
	LogQ *graph.Node
	// LogQPath (S) has the value of LogQ and gradients through ζ alone (parameters of q
	// held fixed): what sticking-the-landing needs.
	LogQPath *graph.Node
	// LogQScore (S) has the value of LogQ and gradients through the parameters alone (ζ held
	// fixed): what the score-function estimator needs.
	LogQScore *graph.Node
	// Entropy is the closed-form entropy of q in nats (scalar), nil where unknown.
	Entropy *graph.Node
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
