package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/data"
	"elbo/vi/regress"
)

// dataFlags are options of reading a file.
type dataFlags struct {
	formatFlags
	factors  []string
	features int
}

func (o *dataFlags) declare(f *pflag.FlagSet) {
	o.formatFlags.declare(f)
	f.StringArrayVar(&o.factors, "factor", nil, "read this `COLUMN` as a factor even if it holds numbers; repeatable")
	f.IntVar(&o.features, "features", 0, "`N` features of a LIBSVM file; 0 means the largest index")
}

func (o *dataFlags) options() (data.Options, error) {
	opt, err := o.formatFlags.options()
	opt.NumFeatures = o.features
	for _, c := range o.factors {
		if opt.Kinds == nil {
			opt.Kinds = map[string]data.Kind{}
		}
		opt.Kinds[c] = data.KindFactor
	}
	return opt, err
}

func (a *app) dataCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "data", Short: "Convert, inspect and generate data files", GroupID: "data", Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return unknownCommand(c, args[0])
		},
	}
	c.AddCommand(a.convertCommand(), a.inspectCommand(), a.genCommand())
	layoutHelp(c)
	return c
}

func (a *app) convertCommand() *cobra.Command {
	o := &dataFlags{}
	var asJSON bool
	c := &cobra.Command{
		Use: "convert IN OUT", Short: "Convert a text file to the fast cache", Args: argNames("IN", "OUT"),
		Long: `Convert a text file (or - for standard input) to elbo's own cache: typed, checksummed, mapped
into memory in place of being parsed. Memory stays bounded whatever the size of the file.`,
		RunE: func(_ *cobra.Command, args []string) error {
			opt, err := o.options()
			if err != nil {
				return err
			}
			report, err := data.Convert(args[0], args[1], opt)
			if err != nil {
				return cannotCreate(args[1], err)
			}
			if asJSON {
				return writeJSON(a.out, struct {
					SchemaVersion int `json:"schema_version"`
					*data.Report
				}{1, report})
			}
			_, err = fmt.Fprint(a.out, report.String())
			return err
		},
	}
	o.declare(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print the report as one JSON object")
	layoutHelp(c)
	return c
}

func (a *app) inspectCommand() *cobra.Command {
	o := &dataFlags{}
	var asJSON bool
	var top int
	c := &cobra.Command{
		Use: "inspect FILE", Short: "Show the columns or arrays of a file with statistics", Args: argNames("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			opt, err := o.options()
			if err != nil {
				return err
			}
			if done, err := a.inspectArray(args[0], o, asJSON); done {
				return err
			}
			table, report, err := data.Open(args[0], opt)
			if err != nil {
				return err
			}
			defer table.Close()
			if top < 0 {
				return exit.Usagef("0 lists none", "--top %d is negative", top)
			}
			found, err := data.Inspect(table, top)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.out, found)
			}
			for _, n := range report.Notes {
				fmt.Fprintf(a.err, "note: %s\n", n)
			}
			return found.WriteText(a.out)
		},
	}
	o.declare(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().IntVar(&top, "top", 5, "list the `N` most frequent levels of a factor")
	layoutHelp(c)
	return c
}

func (a *app) genCommand() *cobra.Command {
	spec := data.GenSpec{}
	var out, truth, kind string
	c := &cobra.Command{
		Use: "gen", Short: "Generate data with known parameters", Args: noArgs,
		Long: `Generate a CSV file drawn from a regression with known parameters, and say what they were:
the names and the formula are those of elbo fit, so that the fit can be compared. With --kind
shapes, generate images of strokes instead, 28×28, as IDX files that elbo vae reads:

  elbo data gen --kind shapes --rows 10000 --out shapes-images-idx3-ubyte.gz`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := oneOf("kind", kind, []string{genRegression, genShapes}); err != nil {
				return err
			}
			if kind == genShapes {
				return a.genShapes(c, out, spec.Rows, spec.Seed)
			}
			if err := checkGen(spec); err != nil {
				return err
			}
			t, err := a.generate(spec, out)
			if err != nil {
				return err
			}
			switch {
			case truth != "":
				return rundir.WriteFile(truth, func(w io.Writer) error { return writeJSON(w, t) })
			case out != "" && out != "-":
				return writeJSON(a.out, t)
			}
			return writeJSON(a.err, t)
		},
	}
	f := c.Flags()
	f.StringVar(&kind, "kind", genRegression, "`KIND` of data: regression or shapes")
	f.StringVar(&spec.Family, "family", "gaussian", "response family `NAME`: "+strings.Join(data.GenFamilies(), ", "))
	f.Int64Var(&spec.Rows, "rows", 1000, "`N` rows, or images, to generate")
	f.IntVar(&spec.Numeric, "cols", 3, "`N` numeric columns x1, x2, …")
	f.IntVar(&spec.Factors, "factors", 1, "`N` factor columns f1, f2, …")
	f.IntVar(&spec.Levels, "levels", 3, "`N` levels of each factor")
	f.Uint64Var(&spec.Seed, "seed", 1, "number `N` that fixes the data")
	f.StringVarP(&out, "out", "o", "", "write the data to `FILE`; without it, to standard output")
	f.StringVar(&truth, "truth", "",
		"write the parameters to `FILE` as JSON; without it, to standard output "+
			"(standard error when the data goes there)")
	layoutHelp(c)
	return c
}

// checkGen refuses tables that cannot be.
func checkGen(s data.GenSpec) error {
	if s.Levels < 2 || s.Levels > 26 {
		return &regress.OptionError{Option: "levels", Value: strconv.Itoa(s.Levels), Problem: "is not between 2 and 26"}
	}
	if err := oneOf("family", s.Family, data.GenFamilies()); err != nil {
		return err
	}
	return atLeast(least{"rows", float64(s.Rows), 1}, least{"cols", float64(s.Numeric), 0},
		least{"factors", float64(s.Factors), 0})
}

// generate writes generated data to a file or standard output.
func (a *app) generate(spec data.GenSpec, out string) (t *data.Truth, err error) {
	write := func(w io.Writer) error {
		t, err = data.Generate(w, spec)
		return err
	}
	if out != "" && out != "-" {
		return t, rundir.WriteFile(out, write)
	}
	buf := bufio.NewWriterSize(a.out, 1<<16)
	return t, errors.Join(write(buf), buf.Flush())
}
