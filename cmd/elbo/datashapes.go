package main

import (
	"github.com/spf13/cobra"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/shapes"
)

// Kinds of generated data.
const (
	genRegression = "regression"
	genShapes     = "shapes"
)

// maxShapes bounds the images of one file: an IDX header counts them in 32 bits, and 10 million take 8 GB.
const maxShapes = 10_000_000

// genShapes writes images of strokes and says what they are.
func (a *app) genShapes(c *cobra.Command, out string, n int64, seed uint64) error {
	for _, name := range []string{"family", "cols", "factors", "levels", "truth"} {
		if c.Flags().Changed(name) {
			return exit.Usagef("leave it out", "--%s belongs to --kind %s, not to --kind %s", name, genRegression, genShapes)
		}
	}
	switch {
	case out == "" || out == "-":
		return exit.Usagef("for example --out shapes-images-idx3-ubyte.gz", "--kind %s needs --out FILE", genShapes)
	case n < 1 || n > maxShapes:
		return exit.Usagef("", "--rows %d is not between 1 and %d", n, maxShapes)
	}
	w, err := shapes.Write(out, n, seed)
	if err != nil {
		return cannotCreate(out, err)
	}
	return writeJSON(a.out, w)
}
