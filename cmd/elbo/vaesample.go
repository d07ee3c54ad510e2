package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/settings"
	"elbo/vi/vae"
)

func (a *app) vaeSampleCommand() *cobra.Command {
	o := &vaeUse{}
	var n, columns int
	var png, npy string
	c := &cobra.Command{
		Use: "sample RUN --png FILE", Short: "Draw images from a trained model", Args: argNames("RUN"),
		Long: `Draw latents from the prior and write what the decoder makes of them: the means of the images, as
one PNG of a grid or as an NPY array.`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := errors.Join(checkCount(n), atLeast(least{"columns", float64(columns), 0})); err != nil {
				return err
			}
			if err := needOutput(c, png, npy); err != nil {
				return err
			}
			return a.useModel(c, o, args[0], func(u *opened) piece { return samplePiece(n, o.seed) }, func(u *opened) error {
				pixels, err := u.runner.Sample(context.Background(), n, o.seed)
				if err != nil {
					return err
				}
				return u.write(png, npy, pixels, columns)
			})
		},
	}
	f := c.Flags()
	f.IntVar(&n, "n", 64, "draw `N` images")
	f.StringVar(&png, "png", "", "write a grid of the images to `FILE`")
	f.StringVar(&npy, "npy", "", "write the images to `FILE` as float32")
	f.IntVar(&columns, "columns", 0, "`N` images in a row of the grid; 0 makes it square")
	o.declare(c, false)
	settings.Mark(f, settings.OnlyFlag, "n", "png", "npy", "columns")
	layoutHelp(c)
	return c
}

// samplePiece is a batch of n samples.
func samplePiece(n int, seed uint64) piece {
	b := min(n, pieceImages)
	return piece{times: float64(n) / float64(b), do: func(r *vae.Runner) error {
		_, err := r.Sample(context.Background(), b, seed)
		return err
	}}
}
