package main

import (
	"errors"
	"math"
	"strings"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/screen"
	"elbo/data"
	"elbo/data/formula"
	"elbo/vi/regress"
	"elbo/vi/train"
)

// fitJob is one call of elbo fit.
type fitJob struct {
	*trainJob
	o       *fitFlags
	options regress.Options
	formula *formula.Formula

	progress *screen.Progress
	table    data.Table
	notes    []string
	problem  *regress.Problem
}

// prepare opens device and data and looks at the data.
func (j *fitJob) prepare() error {
	defer j.clear()
	var err error
	if j.dev, err = j.o.deviceFlags.open(); err != nil {
		return err
	}
	if err := j.open(); err != nil {
		return err
	}
	j.progress.Stage("looking at the data")
	if j.problem, err = regress.Prepare(j.table, j.options); err != nil {
		return inFile(j.o.data, err)
	}
	j.teller.notes(j.problem.Report.Notes)
	return settle(&j.dev, &j.teller, j.work)
}

// open reads the columns of the formula.
func (j *fitJob) open() error {
	opt, err := j.o.formatFlags.options()
	if err != nil {
		return err
	}
	if names, all := j.formula.Columns(); !all {
		opt.Columns = names
	}
	j.progress.Stage("reading " + j.o.data)
	table, report, err := data.Open(j.o.data, opt)
	if err != nil {
		return err
	}
	j.table, j.notes = table, report.Notes
	j.teller.notes(report.Notes)
	j.detail("%s", strings.TrimRight(report.String(), "\n"))
	return nil
}

// inFile names the file in the error of a row.
func inFile(path string, err error) error {
	var row *formula.RowError
	if errors.As(err, &row) {
		return &exit.Error{Code: exit.Data, Msg: path, Err: err}
	}
	return err
}

// left estimates how many seconds a run can still take: the nearest of its budgets.
func (j *fitJob) left(m train.Metric) float64 {
	if m.Step == 0 || m.Wall <= 0 {
		return math.NaN()
	}
	left := math.Inf(1)
	b := j.problem.Options.Budget
	perStep := m.Wall / float64(m.Step)
	if b.Steps > 0 {
		left = min(left, perStep*float64(b.Steps-m.Step))
	}
	if b.Epochs > 0 && m.Epoch > 0 {
		left = min(left, m.Wall/m.Epoch*(b.Epochs-m.Epoch))
	}
	if b.Time > 0 {
		left = min(left, b.Time.Seconds()-m.Wall)
	}
	if math.IsInf(left, 0) {
		return math.NaN()
	}
	return max(left, 0)
}

// fitsFit is what takes less memory in a regression.
const fitsFit = "use --guide meanfield, fewer --draws, or a formula with fewer columns"

// trouble describes the fit to those that tell of one.
func (j *fitJob) trouble() trouble {
	return trouble{need: j.problem.MemoryBytes(), fits: fitsFit,
		smooth: "look for extreme values in the columns of the formula, or try a smaller --lr, such as 0.03"}
}

// close releases what the job holds.
func (j *fitJob) close() {
	j.trainJob.close()
	if j.table != nil {
		_ = j.table.Close()
	}
}
