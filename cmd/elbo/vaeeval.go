package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/result"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/screen"
	"elbo/cmd/internal/settings"
	"elbo/vi/regress"
	"elbo/vi/vae"
)

// evaluation is the result of elbo vae eval; nats per image.
type evaluation struct {
	SchemaVersion int           `json:"schema_version"`
	Bound         result.Number `json:"bound"`
	BoundSE       result.Number `json:"bound_se"`
	NLL           result.Number `json:"nll"`
	NLLSE         result.Number `json:"nll_se"`
	K             int           `json:"k"`
	Images        int64         `json:"images"`
	KL            result.Number `json:"kl"`
	Recon         result.Number `json:"recon"`
	ActiveUnits   int           `json:"active_units"`
	WallS         float64       `json:"wall_s"`
	Data          string        `json:"data"`
	Device        string        `json:"device"`
	Seed          uint64        `json:"seed"`
}

func (a *app) vaeEvalCommand() *cobra.Command {
	o := &vaeUse{}
	var k int
	var asJSON bool
	c := &cobra.Command{
		Use: "eval RUN --data FILE", Short: "Estimate the log-likelihood of images", Args: argNames("RUN"),
		Long: `Estimate what a trained model says of images: the bound it was trained on, and the negative
log-likelihood by importance sampling with --k draws from the posterior of each image, both in
nats per image with standard errors over the images. Larger k tightens the second from above.`,
		RunE: func(c *cobra.Command, args []string) error {
			if k < 1 {
				return &regress.OptionError{Option: "k", Value: strconv.Itoa(k), Problem: "is not a positive number"}
			}
			start := time.Now()
			work := func(u *opened) piece { return evalPiece(u, k) }
			return a.useModel(c, o, args[0], work, func(u *opened) error {
				e, err := a.evaluate(u, o, k)
				if err != nil {
					return err
				}
				e.WallS = time.Since(start).Seconds()
				if asJSON {
					return writeJSON(a.out, e)
				}
				return e.writeText(a.out, a.style())
			})
		},
	}
	f := c.Flags()
	o.declare(c, true)
	f.IntVar(&k, "k", 100, "`N` draws per image; 5,000 is usual in papers")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	settings.Mark(f, settings.OnlyFlag, "k", "json")
	layoutHelp(c)
	return c
}

// evalPiece is a batch of images weighed with part of the draws.
func evalPiece(u *opened, k int) piece {
	b, draws := min(len(u.items), 4), min(k, 128)
	times := float64(len(u.items)) / float64(b) * float64(k) / float64(draws)
	return piece{times: times, do: func(r *vae.Runner) error {
		_, err := r.NLL(context.Background(), u.images, u.items[:b], draws, 0, nil)
		return err
	}}
}

// evaluate computes bound and NLL.
func (a *app) evaluate(u *opened, o *vaeUse, k int) (*evaluation, error) {
	var progress *screen.Epochs
	if !o.quiet {
		progress = screen.NewEpochs(a.err, a.errStyle())
	}
	defer progress.Clear()
	ctx := context.Background()
	progress.Stage("computing the bound")
	b, err := u.runner.Bound(ctx, u.images, u.items, vae.BoundOptions{Seed: o.seed})
	if err != nil {
		return nil, err
	}
	n, err := u.runner.NLL(ctx, u.images, u.items, k, o.seed, progress.Images)
	if err != nil {
		return nil, err
	}
	return &evaluation{
		SchemaVersion: rundir.SchemaVersion, Bound: result.Number(b.Bound), BoundSE: result.Number(b.BoundSE),
		NLL: result.Number(n.NLL), NLLSE: result.Number(n.NLLSE), K: n.K, Images: n.Images, KL: result.Number(b.KL),
		Recon: result.Number(b.Recon), ActiveUnits: b.Active, Data: o.data,
		Device: u.dev.Report().Name, Seed: o.seed,
	}, nil
}

// writeText prints the evaluation for people.
func (e *evaluation) writeText(w io.Writer, st screen.Style) error {
	return screen.WriteFacts(w, st, [][2]string{
		{"Data", fmt.Sprintf("%s, %s images", e.Data, screen.Count(e.Images))},
		{"Bound", fmt.Sprintf("%s ± %s nats per image: reconstruction %s, KL %s", screen.Fixed(float64(e.Bound), 2),
			screen.Fixed(float64(e.BoundSE), 2), screen.Fixed(float64(e.Recon), 2), screen.Fixed(float64(e.KL), 2))},
		{"NLL", fmt.Sprintf("%s ± %s nats per image with k = %s", screen.Fixed(float64(e.NLL), 2),
			screen.Fixed(float64(e.NLLSE), 2), screen.Count(int64(e.K)))},
		{"Units", fmt.Sprintf("%d active", e.ActiveUnits)},
		{"Time", screen.Seconds(e.WallS)},
	})
}
