package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/benches"
	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/screen"
)

func (a *app) benchCommand() *cobra.Command {
	c := benches.Config{}
	var asJSON bool
	var list strings.Builder
	for _, b := range benches.All() {
		fmt.Fprintf(&list, "\n  %-28s %s", b.Name, b.Help)
	}
	cmd := &cobra.Command{
		Use: "bench [NAME...]", Short: "Measure this machine: steps, passes, reading, with their floors",
		GroupID: "tool",
		Long: `Measure training steps, passes and reading on this machine, each beside the floor that its
flops and bytes imply at the measured rates of arithmetic and copying. Names may be
beginnings, such as glm/. Benchmarks:
` + list.String(),
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			names, err := benchNames(args, c.File != "")
			if err != nil {
				return err
			}
			c.TempDir = os.TempDir()
			if c.Threads > 0 {
				runtime.GOMAXPROCS(max(c.Threads, 2)) // one more than the workers, for the feeding of batches
			}
			return a.bench(names, c, asJSON)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "print one JSON object a line and benchmark")
	f.StringVar(&c.Device, "device", "auto", "device `NAME`: "+strings.Join(device.Names(), ", "))
	f.StringVar(&c.MatMul, "matmul", "fp32", "`PRECISION` of float32 matrix products: "+strings.Join(device.MatMuls(), ", "))
	f.IntVar(&c.Threads, "threads", 1, "use `N` threads; 0 means all processors")
	f.StringVar(&c.File, "file", "", "data `FILE` for csv/read")
	f.BoolVar(&c.Quick, "quick", false, "measure briefly: rough figures in a second")
	layoutHelp(cmd)
	return cmd
}

// benchNames expands names and beginnings of names; none means all that can run.
func benchNames(args []string, haveFile bool) ([]string, error) {
	var all, out []string
	for _, b := range benches.All() {
		all = append(all, b.Name)
		if len(args) == 0 && (haveFile || b.Name != "csv/read") && !slices.Contains(benches.OnlyNamed(), b.Name) {
			out = append(out, b.Name)
		}
	}
	for _, want := range args {
		exact, found := false, []string{}
		for _, n := range all {
			exact = exact || n == want
			if strings.HasPrefix(n, want) && !slices.Contains(benches.OnlyNamed(), n) {
				found = append(found, n)
			}
		}
		switch {
		case exact:
			out = append(out, want)
		case len(found) > 0:
			out = append(out, found...)
		default:
			return nil, exit.Unknown("benchmark", want, all)
		}
	}
	return out, nil
}

// bench runs the benchmarks and prints each as it ends.
func (a *app) bench(names []string, c benches.Config, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(a.out)
		return benches.Run(names, c, func(r benches.Result) error { return enc.Encode(r) })
	}
	st := a.style()
	fmt.Fprintln(a.out, st.Dim(fmt.Sprintf("%-28s %12s %10s %10s %7s  %s", "", "µs a step", "rows/s", "floor µs",
		"ratio", "")))
	return benches.Run(names, c, func(r benches.Result) error {
		floor, ratio := "–", "–"
		if r.FloorMicros > 0 {
			floor, ratio = fmt.Sprintf("%.2f", r.FloorMicros), fmt.Sprintf("%.1f", r.Ratio)
		}
		threads := "1 thread"
		if r.Threads != 1 {
			threads = fmt.Sprintf("%d threads", r.Threads)
		}
		_, err := fmt.Fprintf(a.out, "%-28s %12.2f %10s %10s %7s  %s\n", r.Name, r.MicrosPerStep,
			screen.Rate(r.RowsPerSec),
			floor, ratio, st.Dim(r.DType+", "+threads))
		return err
	})
}
