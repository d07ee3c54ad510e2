package regress

import (
	"fmt"
	"strconv"
	"strings"

	"elbo/data"
	"elbo/data/formula"
	"elbo/graph"
	"elbo/vi"
	"elbo/vi/family"
)

func ftoa(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func itoa(x int) string { return strconv.Itoa(x) }

// Problem is a regression whose data has been looked at: everything but the fit itself.
type Problem struct {
	Options  Options
	Report   *formula.FitReport
	Warnings []string

	lik    *Likelihood
	enc    *formula.Encoder
	design *design
	priors *priorSet
	guide  string
}

// Prepare parses the formula, streams the table for levels, statistics and collinearity and
// sets priors. Nothing is trained; a dry run stops here.
func Prepare(table data.Table, opt Options) (*Problem, error) {
	opt = opt.withDefaults()
	if err := opt.check(); err != nil {
		return nil, err
	}
	lik, err := ParseFamily(opt.Family)
	if err != nil {
		return nil, err
	}
	f, err := formula.Parse(opt.Formula)
	if err != nil {
		return nil, err
	}
	if err := checkTrials(lik, f); err != nil {
		return nil, err
	}
	enc, report, err := formula.Fit(f, table, formula.Options{NA: opt.NA, Outcome: outcome(lik), Check: lik.check})
	if err != nil {
		return nil, err
	}
	p := &Problem{Options: opt, Report: report, lik: lik, enc: enc}
	return p, p.measure(table)
}

func outcome(l *Likelihood) formula.Outcome {
	switch l.Family {
	case "bernoulli":
		return formula.OutcomeBinary
	case "categorical":
		return formula.OutcomeCategory
	}
	return formula.OutcomeNumber
}

// checkTrials refuses a left side that does not suit the family before any row is judged by it.
func checkTrials(lik *Likelihood, f *formula.Formula) error {
	switch {
	case lik.Trials && !f.HasTrials():
		return &OptionError{"formula", f.Text, "gives no number of trials",
			"family binomial needs y | trials(n), p(k,n) or cbind(k, n-k) on the left"}
	case !lik.Trials && f.HasTrials():
		return &OptionError{"formula", f.Text, "gives a number of trials, which family " + lik.Family + " has not",
			"use --family binomial"}
	}
	return nil
}

// measure computes statistics, layout, priors and warnings.
func (p *Problem) measure(table data.Table) error {
	st, err := formula.Stats(p.enc, table, p.Report.Kept)
	if err != nil {
		return err
	}
	lay := newLayout(p.lik, p.enc, st)
	p.design = &design{
		table: table, enc: p.enc, kept: p.Report.Kept, lay: lay, offset: p.enc.HasOffset(),
		trials: p.lik.Trials, weights: p.enc.HasWeights(), rounded: p.Options.BFloat16,
	}
	if p.Options.BFloat16 {
		p.warn("training steps see predictors rounded to bfloat16, by up to 2^-8 (0.4 %%) of their size; " +
			"mode, curvature and k-hat do not")
	}
	p.guide = p.Options.Guide
	if p.guide == "auto" {
		if p.guide = "fullrank"; lay.dim() > AutoFullRank {
			p.guide = "meanfield"
		}
	}
	if err := p.design.checkRows(); err != nil {
		return err
	}
	if p.priors, err = newPriors(lay, p.Options.Priors); err != nil {
		return err
	}
	if names := st.ConstantColumns(p.enc); len(names) > 0 {
		p.warn("constant predictors: %s; their coefficients follow the prior", strings.Join(names, ", "))
	}
	aliases, _, err := formula.Collinear(p.enc, table, p.Report.Kept, st)
	if err != nil {
		return err
	}
	p.warnCollinear(aliases)
	return nil
}

// warnCollinear names the columns that others determine, and the others where they are few.
func (p *Problem) warnCollinear(aliases []formula.Alias) {
	const few = 4
	var parts []string
	for _, a := range aliases {
		switch {
		case len(a.Of) == 0: // constant: said already
		case len(a.Of) <= few:
			parts = append(parts, a.Name+" (from "+strings.Join(a.Of, ", ")+")")
		default:
			parts = append(parts, fmt.Sprintf("%s (from %d others)", a.Name, len(a.Of)))
		}
	}
	if n := len(parts) - 8; n > 0 {
		parts = append(parts[:8], fmt.Sprintf("and %d more", n))
	}
	if len(parts) > 0 {
		p.warn("collinear predictors: %s; only the prior tells them apart", strings.Join(parts, ", "))
	}
}

func (p *Problem) warn(format string, args ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, args...))
}

// Rows returns the number of rows used.
func (p *Problem) Rows() int64 { return p.design.rows() }

// Dim returns the number of latent coordinates.
func (p *Problem) Dim() int { return p.design.lay.dim() }

// Guide returns the family chosen.
func (p *Problem) Guide() string { return p.guide }

// Likelihood returns the response family.
func (p *Problem) Likelihood() *Likelihood { return p.lik }

// Priors lists the priors, as --prior-summary prints them.
func (p *Problem) Priors() []PriorRow { return p.priors.table }

// ParameterNames lists the reported parameters in order.
func (p *Problem) ParameterNames() []string { return p.design.lay.parameterNames() }

// batch returns B.
func (p *Problem) batch() int {
	n := p.design.rows()
	b := int64(p.Options.Batch)
	if b == 0 {
		if b = defaultBatch; n <= FullBatch {
			b = n
		}
	}
	return int(min(b, n))
}

// MemoryBytes estimates what a fit allocates beside the table: parameters and optimiser, the
// anchor, batches in flight and the draws.
func (p *Problem) MemoryBytes() int64 {
	d, b, s := int64(p.Dim()), int64(p.batch()), int64(p.particles())
	quadratic := int64(2)
	if p.guide == "fullrank" {
		quadratic = 10
	}
	width := int64(p.design.lay.p + 4)
	return 8 * (quadratic*d*d + batchesAhead*b*width + 6*b*s + int64(p.Options.Draws)*(2*d+4))
}

// family returns the variational family in the mode's coordinates.
func (p *Problem) family(m *mode) vi.Family {
	metric := family.Metric{Center: m.like.at, W: m.metric.w, Diag: m.metric.diag}
	switch p.guide {
	case "meanfield":
		return family.MeanField{Metric: metric}
	case "map":
		return family.Delta{Metric: metric}
	}
	return family.FullRank{Metric: metric}
}

func (p *Problem) dtype() graph.DType {
	if p.Options.Float32 {
		return graph.F32
	}
	return graph.F64
}
