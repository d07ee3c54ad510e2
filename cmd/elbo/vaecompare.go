package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/screen"
	"elbo/cmd/internal/settings"
)

// evalFile is where compare looks for the output of elbo vae eval --json.
const evalFile = "eval.json"

// compared is one run beside others.
type compared struct {
	Name    string      `json:"name"`
	Options []string    `json:"options"` // flags that were not left at their defaults
	Summary *vaeSummary `json:"summary"`
	Eval    *evaluation `json:"eval,omitempty"` // nil where the run has none
	Metrics []vaeMetric `json:"metrics"`
}

func (a *app) vaeCompareCommand() *cobra.Command {
	var markdown, asJSON bool
	c := &cobra.Command{
		Use: "compare RUN...", Short: "Put trained models side by side", Args: atLeastOne("RUN"),
		Long: `Print the figures of finished trainings side by side: options, bounds, speed, and the course of the
validation bound. Where the output of elbo vae eval --json was kept as eval.json in the run
directory, its log-likelihood is shown too. With --markdown the table is one for documents.`,
		RunE: func(_ *cobra.Command, args []string) error {
			if markdown && asJSON {
				return exit.Usagef("use one of them", "--markdown and --json contradict each other")
			}
			var runs []*compared
			for _, path := range args {
				r, err := a.loadCompared(path)
				if err != nil {
					return err
				}
				runs = append(runs, r)
			}
			if asJSON {
				return writeJSON(a.out, struct {
					SchemaVersion int         `json:"schema_version"`
					Runs          []*compared `json:"runs"`
				}{rundir.SchemaVersion, runs})
			}
			rows := comparison(runs)
			if markdown {
				return writeMarkdown(a.out, rows)
			}
			t := &screen.Table{Head: rows[0], Gap: 3, Text: map[int]bool{}}
			for i := range rows[0] {
				t.Text[i] = true
			}
			for _, r := range rows[1:] {
				t.Add(r...)
			}
			return t.Write(a.out, a.style(), 2)
		},
	}
	c.Flags().BoolVar(&markdown, "markdown", false, "print a Markdown table")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object with the whole summaries")
	layoutHelp(c)
	return c
}

// loadCompared reads what a run directory holds of interest.
func (a *app) loadCompared(path string) (*compared, error) {
	r := &compared{Name: filepath.Base(filepath.Clean(path))}
	var err error
	if r.Summary, err = loadVAESummary(path); err != nil {
		return nil, err
	}
	if r.Metrics, err = rundir.ReadLog[vaeMetric](path); err != nil {
		return nil, err
	}
	if r.Options, err = optionsOf(path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(path, evalFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, nil
	case err != nil:
		return nil, err
	}
	r.Eval = &evaluation{}
	if err := json.Unmarshal(text, r.Eval); err != nil {
		return nil, &exit.Error{Code: exit.Data, Msg: filepath.Join(path, evalFile), Err: err,
			Hint: "keep the output of elbo vae eval --json there, or nothing"}
	}
	return r, nil
}

// optionsOf lists a run's options that differ from the defaults, as flags.
func optionsOf(path string) ([]string, error) {
	o := &vaeFlags{}
	f := pflag.NewFlagSet("train", pflag.ContinueOnError)
	o.declare(f)
	file, err := settings.ReadFile(filepath.Join(path, rundir.Config), settings.Names(f), nestedKeys...)
	if err != nil {
		return nil, err
	}
	plain := map[string]string{}
	f.VisitAll(func(f *pflag.Flag) { plain[f.Name] = optionText(f) })
	r, err := settings.Resolve(f, func(string) (string, bool) { return "", false }, file)
	if err != nil {
		return nil, err
	}
	out := []string{}
	r.Each(func(f *pflag.Flag, _ settings.Origin) {
		if v := optionText(f); v != plain[f.Name] && !slices.Contains([]string{"data", "out", "labels", "threads"}, f.Name) {
			out = append(out, "--"+f.Name+" "+v)
		}
	})
	return out, nil
}

// comparison lays the runs out, one column each.
func comparison(runs []*compared) [][]string {
	rows := [][]string{{""}}
	add := func(name string, value func(r *compared) string) {
		row := []string{name}
		for _, r := range runs {
			row = append(row, value(r))
		}
		rows = append(rows, row)
	}
	for _, r := range runs {
		rows[0] = append(rows[0], r.Name)
	}
	add("model", func(r *compared) string { return network(r.Summary.Model) })
	add("objective", func(r *compared) string {
		return fmt.Sprintf("%s, k = %d", r.Summary.Model.Objective, r.Summary.Model.K)
	})
	add("seed", func(r *compared) string { return fmt.Sprint(r.Summary.Seed) })
	add("epochs", func(r *compared) string { return fmt.Sprintf("%.4g", r.Summary.Epochs) })
	add("training time", func(r *compared) string { return screen.Seconds(r.Summary.WallS) })
	add("images/s", func(r *compared) string { return screen.Rate(float64(r.Summary.ImagesPerS)) })
	add("train bound", func(r *compared) string { return screen.Fixed(float64(r.Summary.TrainBound), 2) })
	add("valid bound", func(r *compared) string {
		return plusMinus(float64(r.Summary.ValidBound), float64(r.Summary.ValidBoundSE))
	})
	add("active units", func(r *compared) string {
		return fmt.Sprintf("%d of %d", r.Summary.ActiveUnits, r.Summary.Model.Latent)
	})
	if slices.ContainsFunc(runs, func(r *compared) bool { return r.Eval != nil }) {
		evaluated := func(show func(e *evaluation) string) func(r *compared) string {
			return func(r *compared) string {
				if r.Eval == nil {
					return "–"
				}
				return show(r.Eval)
			}
		}
		add("eval images", evaluated(func(e *evaluation) string { return screen.Count(e.Images) }))
		add("eval bound", evaluated(func(e *evaluation) string { return plusMinus(float64(e.Bound), float64(e.BoundSE)) }))
		add("eval NLL", evaluated(func(e *evaluation) string { return plusMinus(float64(e.NLL), float64(e.NLLSE)) }))
		add("eval k", evaluated(func(e *evaluation) string { return screen.Count(int64(e.K)) }))
		add("eval time", evaluated(func(e *evaluation) string { return screen.Seconds(e.WallS) }))
	}
	for _, epoch := range milestones(runs) {
		add(fmt.Sprintf("valid bound, epoch %d", epoch), func(r *compared) string {
			for _, m := range r.Metrics {
				if m.Epoch == epoch {
					return screen.Fixed(float64(m.ValidBound), 2)
				}
			}
			return "–"
		})
	}
	add("options", func(r *compared) string { return strings.Join(r.Options, " ") })
	return rows
}

// plusMinus prints a figure with its standard error.
func plusMinus(x, se float64) string {
	return screen.Fixed(x, 2) + " ± " + screen.Fixed(se, 2)
}

// milestones are epochs 1, 2, 5, 10, 20, … and the last of each run.
func milestones(runs []*compared) []int64 {
	var out []int64
	for _, r := range runs {
		if len(r.Metrics) == 0 {
			continue
		}
		last := r.Metrics[len(r.Metrics)-1].Epoch
		for scale := int64(1); scale <= last; scale *= 10 {
			for _, m := range []int64{1, 2, 5} {
				if e := m * scale; e <= last {
					out = append(out, e)
				}
			}
		}
		out = append(out, last)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// writeMarkdown prints rows as a table, the first as its head.
func writeMarkdown(w io.Writer, rows [][]string) error {
	for i, r := range rows {
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(r, " | ")); err != nil {
			return err
		}
		if i == 0 {
			if _, err := fmt.Fprintf(w, "|%s\n", strings.Repeat("---|", len(r))); err != nil {
				return err
			}
		}
	}
	return nil
}
