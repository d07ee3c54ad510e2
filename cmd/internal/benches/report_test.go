package benches

import "elbo/kernels"

// report is a device that only knows its name and two threads.
type report struct{ kernels.Device }

func (report) Report() kernels.Report { return kernels.Report{Name: "test", Threads: 2} }
