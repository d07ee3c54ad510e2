//go:build elbo_cuda && linux

package cuda

import "elbo/kernels/cuda/internal/driver"

// runs numbers the runs from 1 and marks the last few with events, so that a write waits for the
// runs that read its buffer and for no others.
type runs struct {
	marks [8]*driver.Event
	last  uint64 // number of the last run issued
	done  uint64 // number of the last run known to be done
}

func (r *runs) open(ctx *driver.Context) (err error) {
	for i := range r.marks {
		if r.marks[i], err = ctx.NewEvent(false); err != nil {
			return err
		}
	}
	return nil
}

// mark numbers the run just issued to a stream.
func (r *runs) mark(s *driver.Stream) (uint64, error) {
	r.last++
	return r.last, r.marks[r.last%uint64(len(r.marks))].Record(s)
}

// before makes a stream wait for a run. A mark used again since stands for a later run, which waits
// longer than needed and never too little.
func (r *runs) before(s *driver.Stream, run uint64) error {
	if run <= r.done {
		return nil
	}
	return s.Wait(r.marks[run%uint64(len(r.marks))])
}

// allDone says that nothing is under way.
func (r *runs) allDone() { r.done = r.last }
