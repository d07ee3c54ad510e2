package main

import (
	"github.com/spf13/cobra"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/result"
	"elbo/cmd/internal/rundir"
	"elbo/vi/regress"
)

func (a *app) summaryCommand() *cobra.Command {
	var asJSON bool
	var prob float64
	c := &cobra.Command{
		Use: "summary RUN", Short: "Print the table of a finished fit", GroupID: "model", Args: argNames("RUN"),
		Long: `Print the parameters of a finished fit: what elbo fit printed, from the run directory it wrote.
For a variational autoencoder, print what elbo vae train did.`,
		RunE: func(c *cobra.Command, args []string) error {
			if rundir.KindOf(args[0]) == rundir.KindVAE && !c.Flags().Changed("prob") {
				return a.vaeSummarize(args[0], asJSON)
			}
			s, err := loadSummary(args[0])
			if err != nil {
				return err
			}
			if c.Flags().Changed("prob") {
				if err := s.reweigh(args[0], prob); err != nil {
					return err
				}
			}
			if asJSON {
				return writeJSON(a.out, s.Summary)
			}
			return s.WriteText(a.out, a.style())
		},
	}
	f := c.Flags()
	f.BoolVar(&asJSON, "json", false, "print summary.json's object")
	f.Float64Var(&prob, "prob", 0.95, "probability `MASS` of the intervals, between 0 and 1; the fit's when not given")
	layoutHelp(c)
	return c
}

// loaded is the summary of a run on disk.
type loaded struct{ *result.Summary }

// loadSummary reads summary.json of a finished run.
func loadSummary(path string) (*loaded, error) {
	if err := rundir.ReadFinished(path, rundir.KindFit); err != nil {
		return nil, err
	}
	s := &result.Summary{}
	if err := rundir.ReadJSON(path, rundir.Summary, s); err != nil {
		return nil, err
	}
	return &loaded{s}, nil
}

// loadModel reads model.json of a run.
func loadModel(path string) (*regress.Saved, error) {
	text, err := rundir.Read(path, rundir.Model)
	if err != nil {
		return nil, err
	}
	return regress.Load(text)
}

// reweigh computes the intervals anew with another probability mass.
func (s *loaded) reweigh(path string, prob float64) error {
	if !(prob > 0 && prob < 1) {
		return exit.Usagef("for example --prob 0.9", "--prob %v is not strictly between 0 and 1", prob)
	}
	m, err := loadModel(path)
	if err != nil {
		return err
	}
	s.Prob = prob
	s.Parameters = result.Parameters(m.Summarise(prob))
	return nil
}
