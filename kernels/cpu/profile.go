//go:build cgo

package cpu

import (
	"slices"
	"time"

	"elbo/kernels"
)

// Timing is what one instruction of a program took.
type Timing struct {
	Program string
	Instr   int // of the kernels.Program; several kernels may stem from one instruction
	Op      kernels.Op
	Site    string
	Chunks  int
	Shared  bool          // among threads
	Best    time.Duration // the shortest of all runs
	Runs    int
}

// Timings returns, for devices opened with Options.Profile, what each instruction of each open
// executable has taken since it was compiled, in the order of execution.
func (d *Device) Timings() []Timing {
	var out []Timing
	for _, x := range d.profiled {
		out = append(out, x.timings...)
	}
	return out
}

// profile gives every instruction a stretch and a timing of its own.
func (x *executable) profile(c *compiler) {
	var single []stretch
	for _, s := range x.stretches {
		for i := s.lo; i < s.hi; i++ {
			in := &x.program.Instrs[c.out[i].source]
			x.timings = append(x.timings, Timing{Program: x.program.Name, Instr: c.out[i].source, Op: in.Op,
				Site: in.Site, Chunks: c.out[i].chunks, Shared: s.parallel})
			single = append(single, stretch{lo: i, hi: i + 1, chunks: s.chunks, parallel: s.parallel})
		}
	}
	x.stretches = single
	x.dev.profiled = append(x.dev.profiled, x)
}

// note enters that stretch i took until now since start.
func (x *executable) note(i int, start time.Time) {
	took, t := time.Since(start), &x.timings[i]
	if t.Runs == 0 || took < t.Best {
		t.Best = took
	}
	t.Runs++
}

// forget removes a closed executable from the profiled ones.
func (d *Device) forget(x *executable) {
	d.profiled = slices.DeleteFunc(d.profiled, func(y *executable) bool { return x == y })
}
