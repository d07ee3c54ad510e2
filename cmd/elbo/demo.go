package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/screen"
	"elbo/data"
)

// demoSpec is the demo's data: large enough that training in minibatches is worth it.
var demoSpec = data.GenSpec{Family: "bernoulli", Rows: 50000, Numeric: 4, Factors: 2, Levels: 4, Seed: 20}

func (a *app) demoCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "demo", Short: "Fit generated data and compare with the truth", GroupID: "model", Args: noArgs,
		Long: `Generate data from a logistic regression with known parameters, fit it, and print what the fit
found beside what is true. Takes seconds and needs nothing.`,
		RunE: func(*cobra.Command, []string) error { return a.demo(out) },
	}
	c.Flags().StringVarP(&out, "out", "o", "", "keep the data and the run in `DIR`; without it nothing is kept")
	layoutHelp(c)
	return c
}

// demo generates, fits and compares.
func (a *app) demo(out string) error {
	dir := out
	if out == "" {
		temp, err := os.MkdirTemp("", "elbo-demo-*")
		if err != nil {
			return &exit.Error{Code: exit.CannotCreate, Msg: "cannot create a temporary directory", Err: err,
				Hint: "set TMPDIR, or use --out"}
		}
		defer os.RemoveAll(temp)
		dir = temp
	} else if err := os.MkdirAll(out, 0o755); err != nil {
		return &exit.Error{Code: exit.CannotCreate, Msg: "cannot create --out", Err: err}
	}
	st := a.style()
	file, run := filepath.Join(dir, "demo.csv"), filepath.Join(dir, "run")
	truth, err := a.generate(demoSpec, file)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s %s rows drawn from a logistic regression of which everything is known.\n\n",
		st.Bold("The data:"), screen.Count(demoSpec.Rows))
	fmt.Fprintf(a.out, "  %s\n\n", st.Dim(fmt.Sprintf("elbo fit --data demo.csv --family %s --formula '%s' --out run",
		truth.Family, truth.Formula)))
	start := time.Now()
	fit := a.root()
	fit.SetArgs([]string{"fit", "--data", file, "--family", truth.Family, "--formula", truth.Formula, "--out", run,
		"--overwrite", "-q"})
	if err := a.silently(fit.Execute); err != nil {
		return err
	}
	s, err := loadSummary(run)
	if err != nil {
		return err
	}
	if err := a.compare(s, truth, st); err != nil {
		return err
	}
	text, paint := s.KHatSentence(st)
	fmt.Fprintf(a.out, "\n%s in %s, from file to table. k-hat is %s\n", upperFirst(s.StopSentence()),
		screen.Seconds(time.Since(start).Seconds()), paint(text))
	if out == "" {
		_, err = fmt.Fprintln(a.out, st.Dim("Keep the data, the draws and report.html with: elbo demo --out demo"))
		return err
	}
	_, err = fmt.Fprintf(a.out, "Open %s, or read the run with: elbo summary %s\n", filepath.Join(run, "report.html"),
		run)
	return err
}

// silently runs f with standard output put away: the demo prints a table of its own.
func (a *app) silently(f func() error) error {
	out := a.out
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	a.out = null
	err = f()
	a.out = out
	null.Close()
	return err
}

// compare prints the fit beside the truth.
func (a *app) compare(s *loaded, truth *data.Truth, st screen.Style) error {
	t := &screen.Table{Head: []string{"", "Truth", "Estimate", "Est.Error", "l-95% CI", "u-95% CI", "In it?"}, Gap: 3,
		Text: map[int]bool{6: true}}
	inside, known := 0, 0
	for _, p := range s.Parameters {
		want, ok := truth.Parameters[p.Name]
		if !ok {
			want = math.NaN()
		}
		known++
		verdict := "no"
		if want >= float64(p.Lower) && want <= float64(p.Upper) {
			verdict = "yes"
			inside++
		}
		n := screen.Decimals(float64(p.SD))
		t.Add(p.Name, screen.Fixed(want, n), screen.Fixed(float64(p.Mean), n), screen.Fixed(float64(p.SD), n),
			screen.Fixed(float64(p.Lower), n), screen.Fixed(float64(p.Upper), n), verdict)
	}
	if err := t.Write(a.out, st, 2); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "\n%d of %d intervals hold the truth; 95%% should, in the long run.\n", inside, known)
	return err
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
