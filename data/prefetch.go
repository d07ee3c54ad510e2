package data

import (
	"context"
	"fmt"
	"io"
	"sync"
)

// Slot is one prepared batch. Step is set by the prefetcher, Value by the fill function, which finds in it what the
// last use of the slot left there and reuses its memory.
type Slot[T any] struct {
	Step  int64
	Value T
}

// PrefetchConfig sets up a Prefetcher.
type PrefetchConfig struct {
	First   int64 // first step
	Last    int64 // one past the last step; 0 means no end
	Depth   int   // slots prepared ahead; 0 means 4
	Workers int   // goroutines that fill; 0 means 1, more than Depth is Depth
}

// Prefetcher prepares the batches of consecutive steps in background goroutines and hands them out in order of step.
// What a step's batch holds depends on the fill function alone, never on timing or GOMAXPROCS. Next and Close belong to
// one consuming goroutine.
type Prefetcher[T any] struct {
	cfg    PrefetchConfig
	slots  []prefetchSlot[T]
	step   int64 // next to hand out
	held   bool  // the slot of step-1 is with the consumer
	err    error // ends the stream
	cancel context.CancelFunc
	ctx    context.Context
	done   sync.WaitGroup

	claiming sync.Mutex
	next     int64 // step to fill, under claiming
}

// prefetchSlot passes between filler and consumer by the two channels, each of one place.
type prefetchSlot[T any] struct {
	slot *Slot[T]
	free chan struct{} // may be filled
	full chan error    // has been filled, or could not be
}

// NewPrefetcher starts filling. fill is called once for each step, from several goroutines at once if Workers says so,
// each time with a different slot; when it fails, Next returns its error at that step and the stream ends.
// Cancelling ctx ends the stream too. Call Close in any case.
func NewPrefetcher[T any](ctx context.Context, cfg PrefetchConfig,
	fill func(ctx context.Context, slot *Slot[T]) error) *Prefetcher[T] {
	if cfg.Depth < 1 {
		cfg.Depth = 4
	}
	cfg.Workers = min(max(1, cfg.Workers), cfg.Depth)
	p := &Prefetcher[T]{cfg: cfg, step: cfg.First, next: cfg.First, slots: make([]prefetchSlot[T], cfg.Depth)}
	p.ctx, p.cancel = context.WithCancel(ctx)
	for i := range p.slots {
		s := prefetchSlot[T]{slot: &Slot[T]{}, free: make(chan struct{}, 1), full: make(chan error, 1)}
		s.free <- struct{}{}
		p.slots[i] = s
	}
	p.done.Add(cfg.Workers)
	for range cfg.Workers {
		go p.work(fill)
	}
	return p
}

// work fills steps until the end.
func (p *Prefetcher[T]) work(fill func(context.Context, *Slot[T]) error) {
	defer p.done.Done()
	for {
		s := p.claim()
		if s == nil {
			return
		}
		err := fill(p.ctx, s.slot)
		s.full <- err
		if err != nil {
			return
		}
	}
}

// claim takes the next step and waits for its slot; nil means that there is no more to do. Waiting under the lock is
// what keeps the order: of the steps that share a slot, the earliest gets it first.
func (p *Prefetcher[T]) claim() *prefetchSlot[T] {
	p.claiming.Lock()
	defer p.claiming.Unlock()
	if p.beyond(p.next) || p.ctx.Err() != nil {
		return nil
	}
	s := p.at(p.next)
	select {
	case <-s.free:
	case <-p.ctx.Done():
		return nil
	}
	s.slot.Step = p.next
	p.next++
	return s
}

func (p *Prefetcher[T]) beyond(step int64) bool { return p.cfg.Last > 0 && step >= p.cfg.Last }

func (p *Prefetcher[T]) at(step int64) *prefetchSlot[T] {
	return &p.slots[(step-p.cfg.First)%int64(len(p.slots))]
}

// Next returns the slot of the next step, waiting for it if need be. The slot is the consumer's until the following
// call of Next or Close. After the last step the error is io.EOF; an error of fill or of the context is returned once
// more on every later call.
func (p *Prefetcher[T]) Next() (*Slot[T], error) {
	p.release()
	if p.err != nil {
		return nil, p.err
	}
	if p.beyond(p.step) {
		p.err = io.EOF
		return nil, p.err
	}
	s := p.at(p.step)
	select {
	case err := <-s.full:
		if err != nil {
			return nil, p.end(fmt.Errorf("data: prepare batch of step %d: %w", p.step, err))
		}
	case <-p.ctx.Done():
		return nil, p.end(fmt.Errorf("data: wait for batch of step %d: %w", p.step, context.Cause(p.ctx)))
	}
	p.step++
	p.held = true
	return s.slot, nil
}

// release gives the slot that the consumer holds back to the fillers.
func (p *Prefetcher[T]) release() {
	if p.held {
		p.at(p.step - 1).free <- struct{}{} // never blocks: the slot is not free
		p.held = false
	}
}

func (p *Prefetcher[T]) end(err error) error {
	p.err = err
	p.cancel()
	return err
}

// Close stops the goroutines and waits until they are gone; a fill in progress is waited for. It may be called twice.
func (p *Prefetcher[T]) Close() {
	p.held = false
	p.cancel()
	p.done.Wait()
	if p.err == nil {
		p.err = fmt.Errorf("data: prefetcher: %w", ErrClosed)
	}
}
