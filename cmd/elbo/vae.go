package main

import (
	"github.com/spf13/cobra"
)

// vaeCommand is the group of commands about variational autoencoders.
func (a *app) vaeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "vae", Short: "Train and use variational autoencoders", GroupID: "model", Args: cobra.ArbitraryArgs,
		Long: `Train variational autoencoders on images or other arrays (IDX, NPY, NPZ, CSV) and use them.

  elbo vae train --data train-images-idx3-ubyte.gz --out run
  elbo vae eval run --data t10k-images-idx3-ubyte.gz --k 5000
  elbo vae sample run --n 64 --png grid.png
  elbo vae encode run --data t10k-images-idx3-ubyte.gz --out z.npy
  elbo vae reconstruct run --data t10k-images-idx3-ubyte.gz --png r.png

Without a data set at hand:

  elbo data gen --kind shapes --rows 10000 --out shapes-images-idx3-ubyte.gz`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return unknownCommand(c, args[0])
		},
	}
	c.AddCommand(a.vaeTrainCommand(), a.vaeEvalCommand(), a.vaeSampleCommand(), a.vaeEncodeCommand(),
		a.vaeReconstructCommand(), a.vaeCompareCommand())
	layoutHelp(c)
	return c
}
