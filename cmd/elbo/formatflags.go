package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"elbo/data"
	"elbo/vi/regress"
)

// formatFlags say how a file of columns is written.
type formatFlags struct {
	format, delimiter string
	naStrings         []string
}

// formats are the values of --format.
var formats = []string{"csv", "libsvm", "cache"}

func (o *formatFlags) declare(f *pflag.FlagSet) {
	f.StringArrayVar(&o.naStrings, "na-string", nil,
		"`TEXT` that means missing; repeatable; replaces the usual ones (empty, NA, NaN, null, N/A)")
	f.StringVar(&o.delimiter, "delimiter", "",
		"`CHAR` between CSV fields, or the word tab; seen from the file when not given")
	f.StringVar(&o.format, "format", "", "file `FORMAT`: csv, libsvm or cache; seen from the file when not given")
}

// completeFormat completes --format in shells.
func completeFormat(c *cobra.Command) { choices(c, "format", formats...) }

// options says how the file is read.
func (o *formatFlags) options() (data.Options, error) {
	d := data.Options{Format: o.format}
	if len(o.naStrings) > 0 {
		d.NA = o.naStrings
	}
	if err := oneOf("format", o.format, append([]string{""}, formats...)); err != nil {
		return d, err
	}
	var err error
	d.Delimiter, err = delimiter(o.delimiter)
	return d, err
}

// delimiter reads --delimiter.
func delimiter(s string) (byte, error) {
	switch {
	case s == "":
		return 0, nil
	case s == "tab" || s == `\t`:
		return '\t', nil
	case len(s) == 1:
		return s[0], nil
	}
	return 0, &regress.OptionError{Option: "delimiter", Value: s, Problem: "is not one character",
		Hint: "for example --delimiter ';' or --delimiter tab"}
}
