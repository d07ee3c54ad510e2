package main

import (
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
)

// deviceFlags say where a command computes.
type deviceFlags struct {
	device  string
	threads int
	matmul  string // "" in commands that compute in float64 alone
}

// declare declares --device and --threads.
func (o *deviceFlags) declare(f *pflag.FlagSet) {
	f.StringVar(&o.device, "device", "auto", "device `NAME`: "+strings.Join(device.Names(), ", "))
	f.IntVar(&o.threads, "threads", 0, "use `N` threads; 0 means all processors; results do not depend on it")
}

// declareMatMul declares --matmul, for commands that compute in float32.
func (o *deviceFlags) declareMatMul(f *pflag.FlagSet) {
	f.StringVar(&o.matmul, "matmul", "fp32", "`PRECISION` of float32 matrix products: "+
		strings.Join(device.MatMuls(), ", ")+"; tf32 is faster and coarser, on cards that have it")
}

// completeDevice completes the values of the flags in shells.
func completeDevice(c *cobra.Command) {
	choices(c, "device", device.Names()...)
	if c.Flags().Lookup("matmul") != nil {
		choices(c, "matmul", device.MatMuls()...)
	}
}

// checkDType refuses a precision of products that the float type does not have.
func (o *deviceFlags) checkDType(dtype, hint string) error {
	if o.matmul == "tf32" && dtype == "float64" {
		return exit.Usagef(hint, "--matmul tf32 concerns float32 alone")
	}
	return nil
}

// open opens the device; what auto means may be left to settle.
func (o *deviceFlags) open() (device.Opened, error) {
	if o.threads > 0 {
		runtime.GOMAXPROCS(o.threads)
	}
	return device.OpenWith(o.device, device.Options{Threads: o.threads, MatMul: o.matmul})
}

// settle decides what --device auto means for a job, which it asks for only where there is a choice,
// and tells which device runs where that is worth telling.
func settle(dev *device.Opened, t *teller, work func() (device.Job, error)) error {
	if dev.Undecided() {
		w, err := work()
		if err != nil {
			return err
		}
		if err := dev.Decide(w); err != nil {
			return err
		}
	}
	switch {
	case dev.Surprise:
		t.say("device: %s; %s", device.Label(dev.Report()), dev.Why)
	case dev.Why != "":
		t.detail("device: %s; %s", device.Label(dev.Report()), dev.Why)
	}
	return nil
}
