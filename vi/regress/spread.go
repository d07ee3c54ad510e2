package regress

import (
	"fmt"
	"math"
)

// Constants of the search for sigma where the posterior mode has none.
const (
	collapse    = 1e-5 // of the response's sd: a smaller sigma at the mode is taken for zero
	spreadSteps = 40
	spreadTol   = 1e-3 // of log sigma
)

// settleSpread replaces a mode at sigma = 0, where the density of (coefficients, log sigma) has no bound: with as many
// predictors as rows they can reproduce the response. The posterior itself is proper as long as the priors, not the
// rows, determine some directions; its mass lies where the density of sigma alone is largest. That is found from
// the effective number γ of coefficients the rows determine (MacKay, Neural Computation 4, 1992): given sigma the
// coefficients' mode and γ = tr (H + prior precision)⁻¹H follow, and sigma climbs the density with −log det/2 added.
// Other families with a sigma start at the response's spread. Where γ takes up all
// coefficients and the residuals still vanish, no sigma is left: that is an error.
func (p *Problem) settleSpread(c *curvature, pe *priorExpansion, m *mode) error {
	lay := p.design.lay
	u := lay.k * lay.p // log sigma comes first of the shared coordinates
	if len(lay.lik.Shared) == 0 || lay.lik.Shared[0].Name != "sigma" {
		return nil
	}
	low := math.Log(lay.spreadY * collapse)
	if m.like.at[u] > low {
		return nil
	}
	exact := fmt.Errorf("%w: the predictors reproduce the response exactly (or it is constant), which leaves no sigma; "+
		"drop the predictor that copies the response, or set a prior that keeps sigma from 0, such as --prior 'sigma=inv_gamma(3,1)'",
		ErrModel)
	if int64(lay.p) < p.Rows() {
		return exact
	}
	at := lay.start()
	for range spreadSteps {
		like, prior, err := expandBoth(c, pe, at, nil)
		if err != nil {
			return err
		}
		holdShared(lay, like, prior)
		step, _ := ascent(like, prior)
		next := append([]float64(nil), at...)
		for i := range step {
			next[i] += step[i]
		}
		if like, prior, err = expandBoth(c, pe, next, nil); err != nil {
			return err
		}
		if lay.lik.Family != "gaussian" { // whose rows may have curvature of either sign: no γ
			at = next
			break
		}
		grad, curve := like.grad[u]+prior.grad[u], -like.hess[u*len(at)+u]
		holdShared(lay, like, prior)
		gamma, err := determined(like, prior)
		if err != nil {
			return err
		}
		move := math.Max(-1, math.Min(1, (grad+gamma)/math.Max(curve, 1)))
		if at = next; math.Abs(move) < spreadTol {
			break
		}
		if at[u] += move; at[u] < low {
			return exact
		}
	}
	m.found = true
	return m.anchorAt(c, pe, at)
}

// holdShared takes the shared coordinates out of a Newton step.
func holdShared(lay *layout, like, prior *anchor) {
	d := lay.dim()
	for i := lay.k * lay.p; i < d; i++ {
		like.grad[i], prior.grad[i] = 0, 0
		for j := range d {
			like.hess[i*d+j], like.hess[j*d+i], prior.hess[i*d+j], prior.hess[j*d+i] = 0, 0, 0, 0
		}
		prior.hess[i*d+i] = -1
	}
}

// determined returns γ = tr (H + prior precision)⁻¹H, the number of directions the rows determine.
func determined(like, prior *anchor) (float64, error) {
	w, err := whiten(like, prior)
	if err != nil {
		return 0, err
	}
	d := len(like.at)
	gamma := 0.0
	for k := range d {
		for i := range d {
			for j := range d {
				gamma -= w.w[i*d+k] * like.hess[i*d+j] * w.w[j*d+k]
			}
		}
	}
	return gamma, nil
}

// anchorAt expands at a given point and whitens there.
func (m *mode) anchorAt(c *curvature, pe *priorExpansion, at []float64) error {
	like, prior, err := expandBoth(c, pe, at, nil)
	if err != nil {
		return err
	}
	m.like = like
	m.metric, err = whiten(like, prior)
	return err
}
