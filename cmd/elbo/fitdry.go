package main

import (
	"fmt"
	"io"
	"strconv"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/result"
	"elbo/cmd/internal/screen"
	"elbo/vi/regress"
)

// plan is what --dry-run reports.
type plan struct {
	SchemaVersion int                `json:"schema_version"`
	Formula       string             `json:"formula"`
	Family        string             `json:"family"`
	Link          string             `json:"link"`
	Guide         string             `json:"guide"`
	Device        string             `json:"device"`
	Rows          int64              `json:"rows"`
	RowsUsed      int64              `json:"rows_used"`
	RowsDropped   map[string]int64   `json:"rows_dropped"`
	Parameters    []string           `json:"parameters"`
	Priors        []regress.PriorRow `json:"priors"`
	MemoryBytes   int64              `json:"memory_bytes"`
	TableBytes    int64              `json:"table_bytes"`
	Warnings      []string           `json:"warnings"`
	Notes         []string           `json:"notes"`
}

// dryRun prints what a fit would do.
func (j *fitJob) dryRun() error {
	p := j.problem
	lik := p.Likelihood()
	plan := plan{
		SchemaVersion: 1, Formula: j.o.formula, Family: lik.Family, Link: lik.Link, Guide: p.Guide(),
		Device: j.dev.Report().Name, Rows: p.Report.Rows, RowsUsed: p.Rows(), RowsDropped: map[string]int64{},
		Parameters: p.ParameterNames(), Priors: p.Priors(), MemoryBytes: p.MemoryBytes() + j.dev.Report().Beside,
		TableBytes: j.table.Rows() * int64(j.table.Schema().RecordBytes),
		Warnings:   append([]string{}, p.Warnings...), Notes: append(append([]string{}, j.notes...), p.Report.Notes...),
	}
	for c, n := range p.Report.RowsDropped {
		plan.RowsDropped[c] = n
	}
	at, err := p.Place(j.dev.Device)
	if err != nil {
		return err
	}
	if at.Resident {
		plan.MemoryBytes += at.Bytes
	}
	if j.o.asJSON {
		return writeJSON(j.out, plan)
	}
	return plan.writeText(j.out, j.style(), device.Label(j.dev.Report()))
}

func (p plan) writeText(w io.Writer, st screen.Style, dev string) error {
	rows := screen.Count(p.RowsUsed) + " of " + screen.Count(p.Rows) + " rows used"
	err := screen.WriteFacts(w, st, [][2]string{
		{"Family", p.Family}, {"Links", "mu = " + p.Link}, {"Formula", p.Formula}, {"Data", rows},
		{"Guide", fmt.Sprintf("%s of %d parameters", p.Guide, len(p.Parameters))}, {"Device", dev},
		{"Memory", fmt.Sprintf("about %s for the fit beside %s of data", screen.Bytes(p.MemoryBytes),
			screen.Bytes(p.TableBytes))},
	})
	if err != nil {
		return err
	}
	for _, warning := range p.Warnings {
		fmt.Fprintf(w, "%s %s\n", st.Warn(screen.Label("Warning")), warning)
	}
	fmt.Fprintln(w)
	return writePriors(w, st, p.Priors)
}

// writePriors prints the priors as given and on the scale of the columns.
func writePriors(w io.Writer, st screen.Style, rows []regress.PriorRow) error {
	fmt.Fprintln(w, st.Bold("Priors"))
	t := &screen.Table{Head: []string{"", "Prior", "On the columns' scale", "From"},
		Text: map[int]bool{1: true, 2: true, 3: true}, Gap: 3}
	for _, r := range rows {
		t.Add(r.Parameter, r.Raw, r.Adjusted, r.Source)
	}
	if err := t.Write(w, st, 2); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

// dump prints what is compiled.
func (j *fitJob) dump() error {
	j.progress.Stage("compiling")
	step, err := j.problem.Compile(j.dev.Device)
	j.clear()
	if err != nil {
		return err
	}
	return j.dumpProgram(step.Program)
}

// gateText says which gate failed.
func (j *fitJob) gateText(s *result.Summary) string {
	if want := j.o.requireKHat; want > 0 && !(s.KHatValue() <= want) {
		if s.KHatVerdict == result.KHatUnknown {
			return "--require-khat: a point estimate has no k-hat"
		}
		return fmt.Sprintf("k-hat %s is above %s (--require-khat)", strconv.FormatFloat(s.KHatValue(), 'f', 2, 64),
			strconv.FormatFloat(want, 'g', -1, 64))
	}
	return "the run did not converge (--require-converged)"
}
