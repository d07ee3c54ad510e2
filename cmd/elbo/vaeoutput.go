package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/exit"
	"elbo/data/array"
	"elbo/vi/regress"
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

// write writes images as a picture, an array, or both.
func (u *opened) write(png, npy string, pixels []float32, columns int) error {
	if png != "" {
		if err := u.writeGrid(png, pixels, columns); err != nil {
			return err
		}
	}
	if npy == "" {
		return nil
	}
	c := u.model.Config()
	return writeArray(npy, append([]int{len(pixels) / c.Width()}, c.Item...), pixels)
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

// cannotCreate gives a failure to write a file its exit code: that of a place where no such file can be
// created, or of a disk that broke under way. Errors that are no such failure stay as they are.
func cannotCreate(path string, err error) error {
	if exit.Of(err) != exit.IO {
		return err
	}
	code := exit.IO
	if info, bad := os.Stat(path); bad == nil && info.IsDir() || !writable(filepath.Dir(path)) {
		code = exit.CannotCreate
	}
	return &exit.Error{Code: code, Err: err, Hint: "choose a place that can be written"}
}
