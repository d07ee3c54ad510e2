package regress

import (
	"math"

	"elbo/data/formula"
)

// layout says how latents, design columns and the user's parameters relate. Design columns
// are standardised: centred when there is an intercept to take up the shift, and divided by
// their sd. With K linear predictors of P columns each, ζ = (β̃_1 … β̃_K, log shared).
type layout struct {
	lik       *Likelihood
	names     []string // design columns in the user's words
	k, p      int
	intercept bool
	mean, sd  []float64 // per design column; mean 0 and sd 1 for the intercept
	scaleY    float64   // s_y of the default slope priors
	centreY   float64   // m_y of the default intercept prior
	spreadY   float64   // sd of the response, for sigma
	meanY     float64
	levels    []string // categories of the response, categorical only
}

// newLayout standardises by the statistics of the used rows.
func newLayout(lik *Likelihood, enc *formula.Encoder, st *formula.DesignStats) *layout {
	l := &layout{
		lik: lik, names: enc.Names(), k: 1, p: enc.P(), intercept: enc.HasIntercept(),
		mean: make([]float64, enc.P()), sd: make([]float64, enc.P()),
		scaleY: lik.priorScale(), spreadY: st.YSD, meanY: st.YMean,
	}
	if lik.Family == "categorical" {
		l.levels = enc.Response().Levels
		l.k = max(len(l.levels)-1, 1)
	}
	if l.spreadY == 0 || math.IsNaN(l.spreadY) {
		l.spreadY = 1
	}
	if lik.Link == "identity" {
		l.scaleY, l.centreY = l.spreadY, st.YMean
	}
	for j := range l.p {
		l.sd[j] = st.SD[j]
		if l.intercept && j > 0 {
			l.mean[j] = st.Mean[j]
		}
		if !l.intercept {
			// Without an intercept columns are scaled about zero: the root mean square is their size.
			n := float64(st.N)
			l.sd[j] = math.Sqrt(st.Mean[j]*st.Mean[j] + st.SD[j]*st.SD[j]*(n-1)/n)
		}
		if st.Constant[j] && l.intercept || l.sd[j] == 0 || math.IsNaN(l.sd[j]) {
			l.sd[j] = 1
		}
	}
	return l
}

// dim returns D.
func (l *layout) dim() int { return l.k*l.p + len(l.lik.Shared) }

// rawIntercept returns a with b_Intercept = Σ_j a_j β̃_j: the centred intercept shifted back.
func (l *layout) rawIntercept() []float64 {
	a := make([]float64, l.p)
	a[0] = 1
	for j := 1; j < l.p; j++ {
		a[j] = -l.mean[j] / l.sd[j]
	}
	return a
}

// parameterNames lists the reported parameters: coefficients per linear predictor, then shared ones.
func (l *layout) parameterNames() []string {
	var out []string
	for k := range l.k {
		for _, n := range l.names {
			if l.levels != nil {
				n = "b_mu" + l.levels[k+1] + "_" + n[len("b_"):]
			}
			out = append(out, n)
		}
	}
	for _, s := range l.lik.Shared {
		out = append(out, s.Name)
	}
	return out
}

// functional returns, for reported coefficient i, the vector a (D) with value aᵀζ; shared
// parameters, which are not linear, give the unit vector of their coordinate.
func (l *layout) functional(i int) []float64 {
	a := make([]float64, l.dim())
	k, j := i/l.p, i%l.p
	switch {
	case i >= l.k*l.p:
		a[i] = 1
	case j == 0 && l.intercept:
		copy(a[k*l.p:], l.rawIntercept())
	default:
		a[i] = 1 / l.sd[j]
	}
	return a
}

// user maps coordinates ζ (D) to the reported parameters (D), in place of out.
func (l *layout) user(zeta, out []float64) {
	for k := range l.k {
		block, dst := zeta[k*l.p:(k+1)*l.p], out[k*l.p:(k+1)*l.p]
		for j := range block {
			dst[j] = block[j] / l.sd[j]
		}
		if l.intercept {
			dst[0] = block[0]
			for j := 1; j < l.p; j++ {
				dst[0] -= l.mean[j] * dst[j]
			}
		}
	}
	for i, s := range l.lik.Shared {
		at := l.k*l.p + i
		out[at] = s.Lower + math.Exp(zeta[at])
	}
}

// start returns coordinates from which Newton's method begins: the response's mean on the
// scale of the link, no slopes, shared parameters at the response's spread.
func (l *layout) start() []float64 {
	z := make([]float64, l.dim())
	eta := l.meanY
	switch l.lik.Link {
	case "log":
		eta = math.Log(math.Max(l.meanY, 1e-3))
	case "logit", "probit", "cloglog", "softmax":
		eta = 0
	}
	if l.intercept {
		for k := range l.k {
			z[k*l.p] = eta
		}
	}
	for i, s := range l.lik.Shared {
		switch s.Name {
		case "sigma":
			z[l.k*l.p+i] = math.Log(l.spreadY)
		case "nu":
			z[l.k*l.p+i] = math.Log(9)
		}
	}
	return z
}
