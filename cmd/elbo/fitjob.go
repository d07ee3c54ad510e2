package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/screen"
	"elbo/cmd/internal/settings"
	"elbo/data"
	"elbo/data/formula"
	"elbo/vi/regress"
	"elbo/vi/train"
)

// job is one call of elbo fit.
type job struct {
	*app
	o        *fitFlags
	settings *settings.Resolved
	options  regress.Options
	formula  *formula.Formula

	start    time.Time
	progress *screen.Progress
	signals  *signals
	dev      device.Opened
	table    data.Table
	notes    []string
	problem  *regress.Problem
	dir      *rundir.Dir
}

// say prints a remark to standard error, unless --quiet.
func (j *job) say(format string, args ...any) {
	if j.o.quiet {
		return
	}
	j.progress.Clear()
	fmt.Fprintf(j.err, format+"\n", args...)
}

// clear removes the progress line.
func (j *job) clear() { j.progress.Clear() }

// detail prints a remark with --verbose only.
func (j *job) detail(format string, args ...any) {
	if j.o.verbose {
		j.say(format, args...)
	}
}

// prepare opens device and data and looks at the data.
func (j *job) prepare() error {
	j.start = time.Now()
	if !j.o.quiet {
		j.progress = screen.NewProgress(j.err, j.errStyle(), j.o.verbose, j.left)
	}
	defer j.progress.Clear()
	var err error
	if j.dev, err = device.OpenWith(j.o.device, device.Options{Threads: j.o.threads, MatMul: j.o.matmul}); err != nil {
		return err
	}
	if !j.dev.Undecided() {
		j.chosen(j.dev)
	}
	if err := j.open(); err != nil {
		return err
	}
	j.progress.Stage("looking at the data")
	if j.problem, err = regress.Prepare(j.table, j.options); err != nil {
		return inFile(j.o.data, err)
	}
	for _, n := range j.problem.Report.Notes {
		j.say("note: %s", n)
	}
	return j.settle()
}

// open reads the columns of the formula.
func (j *job) open() error {
	opt, err := j.o.dataOptions()
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
	for _, n := range report.Notes {
		j.say("note: %s", n)
	}
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
func (j *job) left(m train.Metric) float64 {
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

// writeConfig stores the resolved options, marked as a run's.
func (j *job) writeConfig() error {
	return j.dir.Write(rundir.Config, func(w io.Writer) error {
		fmt.Fprintf(w, "%s (elbo %s); repeat it with: elbo fit --config config.yaml --out DIR\n", rundir.Mark, version)
		return j.settings.Write(w)
	})
}

// environment is env.json: what a run depends on beside its options.
type environment struct {
	SchemaVersion int       `json:"schema_version"`
	Build         build     `json:"build"`
	Device        string    `json:"device"`
	DeviceLabel   string    `json:"device_label"`
	DeviceWhy     string    `json:"device_why,omitempty"`
	ISA           string    `json:"isa,omitempty"`
	Threads       int       `json:"threads"`
	Processors    int       `json:"processors"`
	Started       time.Time `json:"started"`
	Directory     string    `json:"directory"`
	Command       []string  `json:"command"`
}

func (j *job) environment() environment { return environmentOf(j.dev, j.start) }

// fitsFit is what takes less memory in a regression.
const fitsFit = "use --guide meanfield, fewer --draws, or a formula with fewer columns"

// checkMemory refuses a fit that cannot fit into the machine, before it allocates.
func (j *job) checkMemory() error {
	need := j.problem.MemoryBytes()
	have, whose := room(j.dev)
	if have <= 0 || need < have {
		return nil
	}
	return &exit.Error{Code: exit.Memory,
		Msg: fmt.Sprintf("the fit needs about %s of memory for %d parameters; %s has %s",
			screen.Bytes(need), j.problem.Dim(), whose, screen.Bytes(have)),
		Hint: fitsFit}
}
