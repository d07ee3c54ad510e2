//go:build elbo_cuda && linux

package driver

import (
	"time"

	"gorgonia.org/cu"
)

// An Event marks a point in a stream.
type Event struct {
	context *Context
	event   cu.Event
}

// NewEvent makes an event that has recorded nothing. timed ones can be used in Elapsed; the others
// cost less.
func (c *Context) NewEvent(timed bool) (*Event, error) {
	if !c.here() {
		return nil, wrongThread("cuEventCreate")
	}
	flags := cu.DisableTiming
	if timed {
		flags = cu.DefaultEvent
	}
	handle, err := cu.MakeEvent(flags)
	if err != nil {
		return nil, wrap(err, "cuEventCreate")
	}
	e := &Event{c, handle}
	c.own(e, func() error { return wrap(cu.DestroyEvent(&e.event), "cuEventDestroy") })
	return e, nil
}

// Destroy gives the event back.
func (e *Event) Destroy() error { return e.context.free(e, "cuEventDestroy") }

// Record marks the work that is in the stream now.
func (e *Event) Record(s *Stream) error {
	if !e.context.here() {
		return wrongThread("cuEventRecord")
	}
	return wrap(e.event.Record(s.stream), "cuEventRecord")
}

// Sync waits until the recorded work is done; it returns at once where nothing was recorded.
func (e *Event) Sync() error {
	if !e.context.here() {
		return wrongThread("cuEventSynchronize")
	}
	return wrap(e.event.Synchronize(), "cuEventSynchronize")
}

// Query tells whether the recorded work is done.
func (e *Event) Query() (bool, error) {
	if !e.context.here() {
		return false, wrongThread("cuEventQuery")
	}
	return done(e.event.Query(), "cuEventQuery")
}

// Elapsed is the time on the device between two timed events whose work is done, to about half a
// microsecond.
func (e *Event) Elapsed(until *Event) (time.Duration, error) {
	if !e.context.here() {
		return 0, wrongThread("cuEventElapsedTime")
	}
	ms, err := e.event.Elapsed(until.event)
	return time.Duration(ms * float64(time.Millisecond)), wrap(err, "cuEventElapsedTime")
}
