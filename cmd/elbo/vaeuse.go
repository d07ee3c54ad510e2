package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/exit"
	"elbo/data/array"
	"elbo/vi/regress"
	"elbo/vi/vae"
)

// maxGrid bounds the images of one picture.
const maxGrid = 10_000

// checkCount refuses numbers of images that make no picture.
func checkCount(n int) error {
	if n < 1 || n > maxGrid {
		return &regress.OptionError{Option: "n", Value: strconv.Itoa(n),
			Problem: fmt.Sprintf("is not between 1 and %d", maxGrid)}
	}
	return nil
}

// needOutput refuses a call that would write nothing.
func needOutput(c *cobra.Command, png, npy string) error {
	if png == "" && npy == "" {
		return exit.Usagef("for example --png grid.png or --npy x.npy", "%s: nothing to write", c.CommandPath())
	}
	return nil
}

func (a *app) vaeSampleCommand() *cobra.Command {
	o := &vaeUse{}
	var n, columns int
	var png, npy string
	c := &cobra.Command{
		Use: "sample RUN --png FILE", Short: "Draw images from a trained model", Args: argNames("RUN"),
		Long: `Draw latents from the prior and write what the decoder makes of them: the means of the images, as
one PNG of a grid or as an NPY array.`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkCount(n); err != nil {
				return err
			}
			if err := needOutput(c, png, npy); err != nil {
				return err
			}
			u, err := o.open(args[0], false)
			if err != nil {
				return err
			}
			defer u.close()
			pixels, err := u.runner.Sample(context.Background(), n, o.seed)
			if err != nil {
				return err
			}
			return u.write(png, npy, n, pixels, pixels, columns)
		},
	}
	f := c.Flags()
	f.IntVar(&n, "n", 64, "draw `N` images")
	f.StringVar(&png, "png", "", "write a grid of the images to `FILE`")
	f.StringVar(&npy, "npy", "", "write the images to `FILE` as float32")
	f.IntVar(&columns, "columns", 0, "`N` images in a row of the grid; 0 makes it square")
	o.declare(f, false)
	layoutHelp(c)
	return c
}

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
			u, err := o.open(args[0], true)
			if err != nil {
				return err
			}
			defer u.close()
			return u.reconstruct(o.seed, n, png, npy)
		},
	}
	f := c.Flags()
	o.declare(f, true)
	f.IntVar(&n, "n", 32, "`N` images in the picture")
	f.StringVar(&png, "png", "", "write images and reconstructions to `FILE`")
	f.StringVar(&npy, "npy", "", "write the reconstructions to `FILE` as float32")
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
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				return exit.Usagef("for example --out z.npy", "--out is needed")
			}
			u, err := o.open(args[0], true)
			if err != nil {
				return err
			}
			defer u.close()
			mean, scale, err := u.runner.Encode(context.Background(), u.images, u.items, vae.BoundOptions{Seed: o.seed})
			if err != nil {
				return err
			}
			shape := []int{len(u.items), u.model.Config().Latent}
			if err := writeArray(out, shape, mean); err != nil || sd == "" {
				return err
			}
			return writeArray(sd, shape, scale)
		},
	}
	f := c.Flags()
	o.declare(f, true)
	f.StringVarP(&out, "out", "o", "", "write the means to `FILE`")
	f.StringVar(&sd, "sd", "", "write the standard deviations to `FILE`")
	layoutHelp(c)
	return c
}

// write writes images as a picture, an array, or both.
func (u *opened) write(png, npy string, n int, shown, values []float32, columns int) error {
	if png != "" {
		if err := u.writeGrid(png, shown, columns); err != nil {
			return err
		}
	}
	if npy == "" {
		return nil
	}
	return writeArray(npy, append([]int{n}, u.model.Config().Item...), values)
}

// writeGrid writes a PNG.
func (u *opened) writeGrid(path string, pixels []float32, columns int) error {
	item := u.model.Config().Item
	if _, err := array.ImageShape(item); err != nil {
		return err
	}
	return cannotCreate(path, array.WriteGrid(path, item, pixels, array.GridConfig{Columns: columns, Zoom: zoomFor(item)}))
}

// writeArray writes an NPY file.
func writeArray(path string, shape []int, values []float32) error {
	return cannotCreate(path, array.WriteNPY(path, shape, values))
}

// cannotCreate gives a failure to write a file its exit code: that of a place where nothing can be
// created, or of a disk that broke under way.
func cannotCreate(path string, err error) error {
	if err == nil {
		return nil
	}
	code := exit.IO
	if !writable(filepath.Dir(path)) {
		code = exit.CannotCreate
	}
	return &exit.Error{Code: code, Err: err, Hint: "choose a place that can be written"}
}
