package main

import (
	"context"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/settings"
	"elbo/vi/vae"
)

func (a *app) vaeReconstructCommand() *cobra.Command {
	o := &vaeUse{}
	var n int
	var png, npy string
	c := &cobra.Command{
		Use: "reconstruct RUN --data FILE --png FILE", Short: "Encode images and decode them again", Args: argNames("RUN"),
		Long: `Encode images and decode the means of their posteriors. The picture shows the first --n images, each
above its reconstruction; the NPY array holds the reconstructions of all images (or of --limit).`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkCount(n); err != nil {
				return err
			}
			if err := needOutput(c, png, npy); err != nil {
				return err
			}
			return a.useModel(c, o, args[0], encodePiece, func(u *opened) error {
				return u.reconstruct(o.seed, n, png, npy)
			})
		},
	}
	f := c.Flags()
	o.declare(c, true)
	f.IntVar(&n, "n", 32, "`N` images in the picture")
	f.StringVar(&png, "png", "", "write images and reconstructions to `FILE`")
	f.StringVar(&npy, "npy", "", "write the reconstructions to `FILE` as float32")
	settings.Mark(f, settings.OnlyFlag, "n", "png", "npy")
	layoutHelp(c)
	return c
}

// reconstruct writes the picture and the array.
func (u *opened) reconstruct(seed uint64, n int, png, npy string) error {
	ctx := context.Background()
	if png != "" {
		pairs, err := pairsOf(ctx, u.runner, u.images, u.items[:min(n, len(u.items))], seed)
		if err != nil {
			return err
		}
		if err := u.writeGrid(png, pairs, min(gridSide, len(u.items), n)); err != nil {
			return err
		}
	}
	if npy == "" {
		return nil
	}
	all, err := u.runner.Reconstruct(ctx, u.images, u.items, vae.BoundOptions{Seed: seed})
	if err != nil {
		return err
	}
	return writeArray(npy, append([]int{len(u.items)}, u.model.Config().Item...), all)
}

func (a *app) vaeEncodeCommand() *cobra.Command {
	o := &vaeUse{}
	var out, sd string
	c := &cobra.Command{
		Use: "encode RUN --data FILE --out FILE", Short: "Write the latent codes of images", Args: argNames("RUN"),
		Long: `Write the posterior means of images' latents as an NPY array (images × latent) of float32, and with
--sd the posterior standard deviations likewise.`,
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				return exit.Usagef("for example --out z.npy", "--out is needed")
			}
			return a.useModel(c, o, args[0], encodePiece, func(u *opened) error { return u.encode(o.seed, out, sd) })
		},
	}
	f := c.Flags()
	o.declare(c, true)
	f.StringVarP(&out, "out", "o", "", "write the means to `FILE`")
	f.StringVar(&sd, "sd", "", "write the standard deviations to `FILE`")
	settings.Mark(f, settings.OnlyFlag, "out", "sd")
	layoutHelp(c)
	return c
}

// encode writes the moments of the latents.
func (u *opened) encode(seed uint64, out, sd string) error {
	mean, scale, err := u.runner.Encode(context.Background(), u.images, u.items, vae.BoundOptions{Seed: seed})
	if err != nil {
		return err
	}
	shape := []int{len(u.items), u.model.Config().Latent}
	if err := writeArray(out, shape, mean); err != nil || sd == "" {
		return err
	}
	return writeArray(sd, shape, scale)
}

// encodePiece is a batch of images, encoded and decoded.
func encodePiece(u *opened) piece {
	b := min(len(u.items), pieceImages)
	return piece{times: float64(len(u.items)) / float64(b), do: func(r *vae.Runner) error {
		_, _, err := r.Encode(context.Background(), u.images, u.items[:b], vae.BoundOptions{})
		return err
	}}
}
