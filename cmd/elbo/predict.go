package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/settings"
	"elbo/data"
	"elbo/data/formula"
	"elbo/vi/regress"
)

// predictFlags are the options of elbo predict.
type predictFlags struct {
	data, kind, unseen, out string
	draws                   int
	prob                    float64
	seed                    uint64
	asJSON                  bool
	formatFlags
	deviceFlags
	remarkFlags
}

func (a *app) predictCommand() *cobra.Command {
	o := &predictFlags{}
	c := &cobra.Command{
		Use: "predict RUN --data FILE", Short: "Predict rows of new data from a finished fit", GroupID: "model",
		Args: argNames("RUN"),
		Long: `Predict every row of a file from a finished fit, as CSV: the mean over posterior draws, its
standard deviation and an interval. Rows keep their order and number; a row whose predictors
are missing gives empty fields.

  elbo predict run --data new.csv > out.csv
  elbo predict run --data new.csv --type response --prob 0.9 --json`,
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := settings.Resolve(c.Flags(), a.env, nil); err != nil {
				return err
			}
			return a.predict(c, args[0], o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.data, "data", "d", "",
		"new data `FILE`: CSV, TSV or LIBSVM text, plain or gzip, an elbo cache, or - for standard input")
	f.StringVar(&o.kind, "type", "epred",
		"what to predict, `TYPE` linpred (linear predictor), epred (expected response) or response (new responses)")
	f.StringVar(&o.unseen, "unseen", "error",
		"what to do with levels the fit has not seen: `POLICY` error, "+
			"reference (as the reference level) or na (leave the row empty)")
	f.Float64Var(&o.prob, "prob", 0, "probability `MASS` of the intervals; 0 means the fit's")
	f.IntVar(&o.draws, "draws", 0, "`N` posterior draws to average over; 0 means the fit's")
	f.Uint64Var(&o.seed, "seed", 0, "number `N` that fixes new responses; 0 means the fit's")
	f.BoolVar(&o.asJSON, "json", false, "print one JSON object a row in place of CSV")
	f.StringVarP(&o.out, "out", "o", "", "write to `FILE`, which appears whole, in place of standard output")
	o.formatFlags.declare(f)
	o.deviceFlags.declare(f)
	o.remarkFlags.declare(f)
	settings.Mark(f, settings.NotEnv, "data", "out")
	settings.Mark(f, settings.OnlyFlag, "json", "quiet", "verbose")
	choices(c, "type", regress.PredictTypes()...)
	completeFormat(c)
	choices(c, "unseen", "error", "reference", "na")
	completeDevice(c)
	layoutHelp(c)
	return c
}

// predict reads the model and streams the predictions.
func (a *app) predict(c *cobra.Command, run string, o *predictFlags) error {
	if o.data == "" {
		return exit.Usagef("for example "+c.CommandPath()+" "+run+" --data new.csv", "--data is needed")
	}
	if err := o.remarkFlags.check(); err != nil {
		return err
	}
	if err := oneOf("unseen", o.unseen, []string{"error", "reference", "na"}); err != nil {
		return err
	}
	if err := oneOf("type", o.kind, regress.PredictTypes()); err != nil {
		return err
	}
	if err := atLeast(least{"draws", float64(o.draws), 0}); err != nil {
		return err
	}
	if c.Flags().Changed("prob") && !(o.prob > 0 && o.prob < 1) {
		return exit.Usagef("for example --prob 0.9", "--prob %v is not strictly between 0 and 1", o.prob)
	}
	if err := rundir.ReadFinished(run, rundir.KindFit); err != nil {
		return err
	}
	m, err := loadModel(run)
	if err != nil {
		return fmt.Errorf("%s: %w", run, err)
	}
	if m.Encoder.Response().Outcome == formula.OutcomeCategory && o.kind == string(regress.Response) {
		return exit.Usagef("--type epred gives the probability of each category",
			"--type response: categories have no mean or interval")
	}
	if o.out == "" {
		return a.predictTo(a.out, m, o)
	}
	return rundir.WriteFile(o.out, func(w io.Writer) error { return a.predictTo(w, m, o) })
}

// predictTo writes the predictions of the whole file.
func (a *app) predictTo(w io.Writer, m *regress.Saved, o *predictFlags) error {
	opt, err := o.formatFlags.options()
	if err != nil {
		return err
	}
	opt.Columns, opt.Optional, opt.Kinds = m.Encoder.NeedsColumns(), m.Encoder.ResponseColumns(), m.Encoder.Kinds()
	dev, err := o.deviceFlags.open()
	if err != nil {
		return err
	}
	defer func() { _ = dev.Close() }() // what was predicted is written by then
	table, report, err := data.Open(o.data, opt)
	if err != nil {
		return err
	}
	defer table.Close()
	t := &teller{to: a.err, level: &o.remarkFlags}
	t.notes(report.Notes)
	po := regress.PredictOptions{
		Type: regress.PredictType(o.kind), Unseen: formula.Unseen(o.unseen), Draws: o.draws, Prob: o.prob, Seed: o.seed,
	}
	err = settle(&dev, t, func() (device.Job, error) {
		p, rows, err := m.PredictProgram(table, po)
		if err != nil {
			return device.Job{}, inFile(o.data, err)
		}
		return device.Job{Steps: max(float64(table.Rows())/float64(rows), 1), Trial: trialOf(p, true)}, nil
	})
	if err != nil {
		return err
	}
	prob := o.prob
	if prob == 0 {
		prob = m.Prob
	}
	out := bufio.NewWriterSize(w, 1<<16)
	rows := &rowWriter{w: out, outputs: m.Outputs(po.Type), prob: prob, asJSON: o.asJSON}
	rows.head()
	err = m.Predict(table, dev, po, func(row int64, p []regress.Prediction, missing bool) error {
		return rows.row(row, p, missing)
	})
	// What was predicted before a fault is still right: print it, then tell.
	return errors.Join(deviceTrouble(inFile(o.data, err), dev), out.Flush())
}
