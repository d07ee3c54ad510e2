//go:build elbo_cuda && linux

package cuda

import (
	"errors"

	"elbo/kernels/cuda/internal/driver"
	"elbo/kernels/cuda/internal/lower"
)

// mostStreams is the number of streams a step is spread over where that pays: the longest way through the
// steps of PLANS.md is no shorter with more.
const mostStreams = 4

// streams are what branches of a step run on, made when first needed. The first is the compute stream.
// Each has the library of products to itself: results would depend on which products share a workspace.
type streams struct {
	all    []*driver.Stream
	blas   [mostStreams]*driver.Blas
	events []*driver.Event
}

// ready makes the streams, events and libraries that branches need; recording allows none of that.
func (d *Device) ready(plan *lower.Plan, b *lower.Branches) error {
	s := &d.streams
	for len(s.all) < b.Streams {
		one, err := d.ctx.NewStream()
		if err != nil {
			return err
		}
		s.all = append(s.all, one)
	}
	for len(s.events) < b.Events {
		e, err := d.ctx.NewEvent(false)
		if err != nil {
			return err
		}
		s.events = append(s.events, e)
	}
	for i := range b.Nodes {
		if n := &b.Nodes[i]; plan.Nodes[n.Node].Gemm != nil && s.blas[n.Stream] == nil {
			if err := d.openBlas(n.Stream); err != nil {
				return err
			}
		}
	}
	return nil
}

// openBlas opens the library of matrix products for a stream.
func (d *Device) openBlas(stream int) error {
	b, err := d.ctx.NewBlas(d.streams.all[stream], d.workspace())
	if err != nil {
		return err
	}
	if d.options.TF32 {
		err = b.SetMath(driver.TF32)
	}
	d.streams.blas[stream] = b
	return err
}

// workspace is the memory in bytes that NVIDIA advises cuBLAS to be given.
func (d *Device) workspace() int {
	if d.info.Major >= 9 {
		return 32 << 20
	}
	return 4 << 20
}

// beside is the memory in bytes that a training takes beside its slots and Program.Scratch: what its plan adds, and
// the workspaces of streams that have none yet.
func (d *Device) beside() int64 {
	total := int64(lower.MostBeside)
	for _, b := range d.streams.blas[:d.mostStreams()] {
		if b == nil {
			total += int64(d.workspace())
		}
	}
	return total
}

// mostStreams is the most streams that steps are spread over.
func (d *Device) mostStreams() int {
	if n := d.options.Streams; n > 0 {
		return n
	}
	return mostStreams
}

// waits makes a stream wait for events.
func (s *streams) waits(stream int, events []int) error {
	for _, e := range events {
		if err := s.all[stream].Wait(s.events[e]); err != nil {
			return err
		}
	}
	return nil
}

// record records an event; -1 is none.
func (s *streams) record(event, stream int) error {
	if event < 0 {
		return nil
	}
	return s.events[event].Record(s.all[stream])
}

// settle ends what was begun on other streams than the first where issuing failed: what is recorded is joined, so
// that the recording can end, else it is waited for.
func (s *streams) settle() error {
	recording, err := s.all[0].Capturing()
	for _, one := range s.all[1:] {
		on, e := one.Capturing()
		err = errors.Join(err, e)
		switch {
		case on:
			err = errors.Join(err, s.events[0].Record(one), s.all[0].Wait(s.events[0]))
		case !recording:
			err = errors.Join(err, one.Sync())
		}
	}
	return err
}
