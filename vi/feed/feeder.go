package feed

import (
	"context"
	"errors"
	"fmt"

	"elbo/data"
	"elbo/graph"
)

// DefaultAhead is the number of batches held at once where nobody says: one in use, one ready and one being made.
const DefaultAhead = 3

// Config says what a Feeder feeds.
type Config struct {
	Device graph.Device
	Inputs []Input
	// Ahead is the number of batches held at once; 0 means DefaultAhead.
	Ahead int
	// First is the first step, Last one past the last; Last 0 means no end.
	First, Last int64
	// Fill writes the batch of a step to a slot's memory. It is called for one step after the other, on a goroutine
	// that lives until Close, and must not use the device.
	Fill func(step int64, s *Slot) error
}

// Feeder makes the batches of consecutive steps on a goroutine of its own, while programs run on former ones.
type Feeder struct {
	slots []*Slot
	ready *data.Prefetcher[*Slot]
}

// Start allocates the slots and begins to fill them.
func Start(c Config) (*Feeder, error) {
	if c.Ahead == 0 {
		c.Ahead = DefaultAhead
	}
	f := &Feeder{}
	for range c.Ahead {
		s, err := NewSlot(c.Device, c.Inputs)
		if err != nil {
			return nil, errors.Join(err, f.free())
		}
		f.slots = append(f.slots, s)
	}
	used := 0
	f.ready = data.NewPrefetcher(context.Background(),
		data.PrefetchConfig{First: c.First, Last: c.Last, Depth: c.Ahead, Workers: 1},
		func(_ context.Context, s *data.Slot[*Slot]) error {
			if s.Value == nil {
				s.Value = f.slots[used]
				used++
			}
			if err := c.Fill(s.Step, s.Value); err != nil {
				return err
			}
			return s.Value.Send()
		})
	return f, nil
}

// Fix makes the batch of step First an instance's for all steps, as where it is all rows. The slot is freed after the
// instance's last run.
func Fix(c Config, in *graph.Instance) (*Slot, error) {
	s, err := NewSlot(c.Device, c.Inputs)
	if err != nil {
		return nil, err
	}
	if err = c.Fill(c.First, s); err == nil {
		if err = s.Send(); err == nil {
			err = s.Bind(in)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.Free())
	}
	return s, nil
}

// Next waits for the batch of a step, which must be the one that follows the last. It is the caller's until the next
// call: the runs that read it must have been issued by then.
func (f *Feeder) Next(step int64) (*Slot, error) {
	s, err := f.ready.Next()
	if err != nil {
		return nil, err
	}
	if s.Step != step {
		return nil, fmt.Errorf("feed: batch of step %d asked for, that of step %d follows", step, s.Step)
	}
	return s.Value, nil
}

// Bind makes the batch of a step an instance's; it is a train.Feed.
func (f *Feeder) Bind(in *graph.Instance, step int64) error {
	s, err := f.Next(step)
	if err != nil {
		return err
	}
	return s.Bind(in)
}

// Close stops the goroutine and frees the batches; programs bound to them must not run afterwards.
func (f *Feeder) Close() error {
	f.ready.Close()
	return f.free()
}

func (f *Feeder) free() error {
	var errs []error
	for _, s := range f.slots {
		errs = append(errs, s.Free())
	}
	return errors.Join(errs...)
}
