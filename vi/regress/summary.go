package regress

import (
	"math"
	"sort"

	"elbo/vi/diag"
)

// Parameter is one row of a summary, on the scale of the user's columns.
type Parameter struct {
	Name   string  `json:"name"`
	Mean   float64 `json:"mean"`
	SD     float64 `json:"sd"`
	Median float64 `json:"median"`
	Lower  float64 `json:"lower"`
	Upper  float64 `json:"upper"`
	MCSE   float64 `json:"mcse"` // standard error of the mean left by stochastic optimisation
}

// Parameters summarises the posterior with the intervals asked for in the options.
func (f *Fit) Parameters() []Parameter {
	return f.Save().Summarise(f.Problem.Options.Prob)
}

// summarise describes the posterior family itself, not a sample of it: coefficients are
// normal, shared parameters shifted log-normal. A nil mcse means unknown.
func summarise(lay *layout, mean, cov, mcse []float64, prob float64) []Parameter {
	z := math.Sqrt2 * math.Erfinv(prob)
	names := lay.parameterNames()
	out := make([]Parameter, len(names))
	for i := range out {
		mu, v := moments(lay.functional(i), mean, cov)
		sd := math.Sqrt(v)
		out[i] = Parameter{Name: names[i], Mean: mu, SD: sd, Median: mu, Lower: mu - z*sd, Upper: mu + z*sd}
		if mcse != nil {
			out[i].MCSE = mcse[i]
		}
		if s := i - lay.k*lay.p; s >= 0 {
			out[i].logNormal(lay.lik.Shared[s].Lower)
		}
	}
	return out
}

// logNormal turns the summary of log(x − lower) into that of x.
func (p *Parameter) logNormal(lower float64) {
	v := p.SD * p.SD
	scale := math.Exp(p.Mean + v/2)
	p.Mean, p.SD = lower+scale, scale*math.Sqrt(math.Expm1(v))
	p.Median, p.Lower, p.Upper = lower+math.Exp(p.Median), lower+math.Exp(p.Lower), lower+math.Exp(p.Upper)
	p.MCSE *= scale
}

// UserDraws returns the draws of the reported parameters, row-major (S,D).
func (f *Fit) UserDraws() []float64 {
	lay := f.Problem.design.lay
	d := lay.dim()
	out := make([]float64, len(f.Draws))
	for s := 0; s*d < len(out); s++ {
		lay.user(f.Draws[s*d:(s+1)*d], out[s*d:(s+1)*d])
	}
	return out
}

// KHat returns the Pareto shape of the importance ratios, NaN for a point estimate.
func (f *Fit) KHat() float64 {
	if f.Weights == nil {
		return math.NaN()
	}
	return f.Weights.K
}

// KHatThreshold is the value k-hat should stay below: min(1 − 1/log10 S, 0.7) for the
// KHatDraws it is computed from.
func (f *Fit) KHatThreshold() float64 { return diag.Threshold(f.KHatDraws()) }

// KHatDraws is the number of draws k-hat is computed from, at least Options.Draws.
func (f *Fit) KHatDraws() int { return len(f.Ratios) }

// DroppedRows lists the rows dropped per column, columns in order of name.
func (p *Problem) DroppedRows() (columns []string, counts map[string]int64) {
	for c := range p.Report.RowsDropped {
		columns = append(columns, c)
	}
	sort.Strings(columns)
	return columns, p.Report.RowsDropped
}
