//go:build elbo_cuda && linux

package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"elbo/cmd/internal/exit"
)

// options are what the command line says.
type options struct {
	index int    // card
	dir   string // the bundle
	out   string // file of the report, beside standard output
	short bool
	bench bool
	log   io.Writer
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program, with its streams.
func run(args []string, out, log io.Writer) int {
	o, err := parse(args, log)
	if err != nil {
		return int(exit.Usage)
	}
	r, err := o.check()
	if err != nil {
		exit.Tell(log, err)
		return int(exit.Of(err))
	}
	text := r.markdown()
	fmt.Fprint(out, text)
	if o.out != "" {
		if err := os.WriteFile(o.out, []byte(text), 0o644); err != nil {
			fmt.Fprintln(log, "gpucheck:", err)
			return int(exit.CannotCreate)
		}
	}
	if len(r.Failures) > 0 {
		for _, f := range r.Failures {
			fmt.Fprintln(log, "gpucheck: failed:", f)
		}
		return 1
	}
	fmt.Fprintln(log, "gpucheck: all is well")
	return 0
}

func parse(args []string, log io.Writer) (*options, error) {
	o := &options{log: log}
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	f := flag.NewFlagSet("gpucheck", flag.ContinueOnError)
	f.SetOutput(log)
	f.IntVar(&o.index, "card", 0, "number of the card")
	f.StringVar(&o.dir, "bundle", filepath.Dir(self), "folder with elbo, conformance and data")
	f.StringVar(&o.out, "o", "", "write the report to this file too")
	f.BoolVar(&o.short, "short", false, "a part of the checks with small sizes: does the bundle itself work?")
	f.BoolVar(&o.bench, "bench", false, "measure the speeds that are promised, too")
	return o, f.Parse(args)
}

// check runs everything. Failures of checks are in the report; an error means that nothing could be
// checked at all.
func (o *options) check() (*report, error) {
	c, err := o.survey()
	if err != nil {
		return nil, err
	}
	r := &report{Machine: *c, When: time.Now().UTC(), Short: o.short}
	for _, s := range []struct {
		what string
		run  func(*report) error
	}{
		{"quirks of the driver", o.quirks}, {"conformance of every op", o.conformance},
		{"trainings on CPU and card", o.agreement}, {"figures of the card", o.figures}, {"speeds", o.speeds},
	} {
		start := time.Now()
		fmt.Fprintf(o.log, "gpucheck: %s …\n", s.what)
		if err := s.run(r); err != nil {
			r.fail("%s: %v", s.what, err)
		}
		fmt.Fprintf(o.log, "gpucheck: %s took %.1f s\n", s.what, time.Since(start).Seconds())
	}
	return r, nil
}
