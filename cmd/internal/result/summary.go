package result

import (
	"math"

	"elbo/kernels"
	"elbo/vi/feed"
	"elbo/vi/regress"
	"elbo/vi/train"
)

// SchemaVersion is the version of summary.json.
const SchemaVersion = 1

// Summary is the document of summary.json. Keys may be added, none renamed.
type Summary struct {
	SchemaVersion int                `json:"schema_version"`
	Formula       string             `json:"formula"`
	Family        string             `json:"family"`
	Link          string             `json:"link"`
	Guide         string             `json:"guide"`
	Device        string             `json:"device"`
	DType         string             `json:"dtype"`
	Seed          uint64             `json:"seed"`
	Data          string             `json:"data"`
	Rows          int64              `json:"rows"`
	RowsUsed      int64              `json:"rows_used"`
	RowsDropped   map[string]int64   `json:"rows_dropped"`
	Batch         int                `json:"batch,omitempty"`
	Steps         int64              `json:"steps"`
	Epochs        float64            `json:"epochs"`
	WallS         float64            `json:"wall_s"`
	Stop          Stop               `json:"stop"`
	Elbo          Number             `json:"elbo"`
	ElboSE        Number             `json:"elbo_se"`
	KHat          Number             `json:"khat"`
	KHatThreshold float64            `json:"khat_threshold"`
	KHatDraws     int                `json:"khat_draws"`
	KHatVerdict   Verdict            `json:"khat_verdict"`
	Draws         int                `json:"draws"`
	Prob          float64            `json:"prob"`
	Parameters    []Parameter        `json:"parameters"`
	Priors        []regress.PriorRow `json:"priors"`
	Warnings      []string           `json:"warnings"`
	Notes         []string           `json:"notes"`
	DeviceLabel   string             `json:"device_label"`
	ISA           string             `json:"isa,omitempty"`
	Threads       int                `json:"threads,omitempty"`
	Version       string             `json:"elbo_version"`
	Placement     feed.Placement     `json:"data_placement,omitzero"`
}

// Stop says which rule ended the run.
type Stop struct {
	Reason    train.Reason `json:"reason"`
	Criterion Number       `json:"criterion"`
}

// Parameter is one row of the table.
type Parameter struct {
	Name   string `json:"name"`
	Mean   Number `json:"mean"`
	SD     Number `json:"sd"`
	Median Number `json:"median"`
	Lower  Number `json:"lower"`
	Upper  Number `json:"upper"`
	MCSE   Number `json:"mcse"`
}

// Verdict is what k-hat says of the approximation.
type Verdict string

// The verdicts.
const (
	KHatOK      Verdict = "ok"      // below the threshold
	KHatWarn    Verdict = "warn"    // means and intervals may be off
	KHatBad     Verdict = "bad"     // above 1: not to be trusted
	KHatUnknown Verdict = "unknown" // a point estimate has none
)

// Judge gives k-hat's verdict.
func Judge(khat, threshold float64) Verdict {
	switch {
	case math.IsNaN(khat):
		return KHatUnknown
	case khat > 1:
		return KHatBad
	case khat > threshold:
		return KHatWarn
	}
	return KHatOK
}

// Parameters converts a summary's rows.
func Parameters(rows []regress.Parameter) []Parameter {
	out := make([]Parameter, len(rows))
	for i, p := range rows {
		out[i] = Parameter{p.Name, Number(p.Mean), Number(p.SD), Number(p.Median), Number(p.Lower), Number(p.Upper),
			Number(p.MCSE)}
	}
	return out
}

// Context is what a fit does not know of itself.
type Context struct {
	Data        string
	Device      kernels.Report
	DeviceLabel string
	WallS       float64
	Version     string
	Notes       []string
}

// New describes a finished fit.
func New(f *regress.Fit, c Context) *Summary {
	p := f.Problem
	lik := p.Likelihood()
	khat, threshold := f.KHat(), f.KHatThreshold()
	s := &Summary{
		SchemaVersion: SchemaVersion, Formula: p.Options.Formula, Family: lik.Family, Link: lik.Link, Guide: p.Guide(),
		Device: c.Device.Name, DType: "float64", Seed: p.Options.Seed, Data: c.Data, Rows: p.Report.Rows,
		RowsUsed: p.Rows(), RowsDropped: map[string]int64{}, Steps: f.Training.Steps, Epochs: f.Training.Epochs,
		WallS: c.WallS, Stop: Stop{f.Training.Reason, Number(f.Training.Criterion)}, Elbo: Number(f.Elbo),
		ElboSE: Number(f.ElboSE), KHat: Number(khat), KHatThreshold: threshold, KHatDraws: f.KHatDraws(),
		KHatVerdict: Judge(khat, threshold),
		Draws:       p.Options.Draws, Prob: p.Options.Prob, Parameters: Parameters(f.Parameters()), Priors: p.Priors(),
		Warnings: append([]string{}, p.Warnings...), Notes: append(append([]string{}, c.Notes...), p.Report.Notes...),
		DeviceLabel: c.DeviceLabel, ISA: c.Device.ISA, Threads: c.Device.Threads, Version: c.Version,
		Placement: f.Placement,
	}
	if p.Options.Float32 {
		s.DType = "float32"
	}
	for column, n := range p.Report.RowsDropped {
		s.RowsDropped[column] = n
	}
	return s
}

// Converged reports whether the convergence rule ended the run.
func (s *Summary) Converged() bool { return s.Stop.Reason == train.Converged }

// Metadata is what draws.parquet says of its origin.
func (s *Summary) Metadata() map[string]string {
	return map[string]string{
		"elbo_version": s.Version, "formula": s.Formula, "family": s.Family, "link": s.Link, "guide": s.Guide,
	}
}

// KHatValue returns k-hat, infinite where nothing could be said of the tail, NaN for a point estimate.
func (s *Summary) KHatValue() float64 {
	if s.KHatVerdict == KHatBad && math.IsNaN(float64(s.KHat)) {
		return math.Inf(1) // JSON has no infinity
	}
	return float64(s.KHat)
}
