package regress

import (
	"math"
	"strings"
)

// Constants of the search for separation: Newton's method on the likelihood alone converges in
// about eight steps where a maximum exists; where none does, each step adds about one to the
// linear predictor of the rows it runs away from.
const (
	separationSteps = 15
	separationPull  = 0.05  // posterior sds by which the prior moves the mode, below which nothing is searched
	separationTol   = 1e-12 // nats: what a level without events still gains after 15 steps is larger
	separationMove  = 0.3   // of a standardised coefficient in the next step
)

// canSeparate reports whether a coefficient of the family may have no finite maximum of the likelihood.
func (l *Likelihood) canSeparate() bool {
	switch l.Family {
	case "bernoulli", "binomial", "categorical", "poisson", "negbinomial":
		return true
	}
	return false
}

// warnSeparation names coefficients whose likelihood rises for ever: classes a predictor splits
// perfectly, a level without a single event. Only the prior bounds them.
func (p *Problem) warnSeparation(c *curvature, m *mode) error {
	lay := p.design.lay
	if !lay.lik.canSeparate() || !p.priorPulls(m) {
		return nil
	}
	step, err := climbLikelihood(c, m.like)
	if err != nil || step == nil {
		return err
	}
	names := lay.parameterNames()
	slopes, intercepts := 0, []string{}
	for j := range lay.k * lay.p {
		switch {
		case math.Abs(step[j]) <= separationMove:
		case lay.intercept && j%lay.p == 0:
			intercepts = append(intercepts, names[j])
		default:
			slopes++
			p.warn("%s: (nearly) perfect separation, the prior alone bounds it", names[j])
		}
	}
	// Beside a separated slope the intercept only follows.
	if slopes == 0 && len(intercepts) > 0 {
		p.warn("%s: the response never varies, the prior alone bounds it", strings.Join(intercepts, ", "))
	}
	return nil
}

// priorPulls reports whether the mode is visibly not that of the likelihood. At the mode the
// likelihood's gradient is the prior's pull; W whitens it.
func (p *Problem) priorPulls(m *mode) bool {
	d := len(m.like.at)
	for k := range d {
		pull := 0.0
		for i := range d {
			pull += m.metric.w[i*d+k] * m.like.grad[i]
		}
		if math.Abs(pull) > separationPull {
			return true
		}
	}
	return false
}

// climbLikelihood takes Newton steps up the likelihood from a point and returns the step that
// would come next, or nil where the maximum was reached.
func climbLikelihood(c *curvature, like *anchor) ([]float64, error) {
	d := len(like.at)
	nothing := &anchor{at: like.at, grad: make([]float64, d), hess: make([]float64, d*d)}
	damp := 1.0
	for range separationSteps {
		step, decrement := ascent(like, nothing)
		if decrement < separationTol || !finiteAll(step) {
			return nil, nil
		}
		next := make([]float64, d)
		for i := range next {
			next[i] = like.at[i] + damp*step[i]
		}
		l2, err := c.expand(next, nil)
		if err != nil {
			return nil, err
		}
		if l2.value < like.value || !finiteAll(l2.grad, l2.hess) {
			damp /= 4
			continue
		}
		like, damp = l2, math.Min(1, 4*damp)
	}
	step, _ := ascent(like, nothing)
	return step, nil
}
