//go:build cgo

package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Times of the pool. Waking a parked thread costs 25 to 60 µs, so workers stay awake for a
// while after their last chunk; the join soon sleeps, since a worker that lost its core needs it back.
const (
	spinWorker = 200 * time.Microsecond
	spinJoin   = 50 * time.Microsecond
	napJoin    = 20 * time.Microsecond
	spinBatch  = 100 // looks at the job between two looks at the clock
)

// pool shares the chunks of one job at a time between the caller and its workers. The job is
// one word, chunks<<32 | next, and a chunk belongs to whoever moves next past it. The
// caller claims too and then waits only for chunks others have claimed, so a worker that is not
// running costs nothing. The zero workers pool runs everything on the caller.
type pool struct {
	workers int
	running sync.Mutex // held by the caller whose job it is
	job     atomic.Uint64
	task    func(thread, chunk int) // read only by whoever holds a chunk
	done    atomic.Int64            // chunks finished
	parked  atomic.Int32
	wakeup  chan struct{}
	closed  atomic.Bool
	alive   sync.WaitGroup
	start   sync.Once
}

func newPool(workers int) *pool {
	return &pool{workers: workers, wakeup: make(chan struct{}, max(workers, 0))}
}

// wake starts or unparks the workers, ahead of the first job so that they are hot when it comes.
func (p *pool) wake() {
	p.start.Do(func() {
		p.alive.Add(p.workers)
		for i := range p.workers {
			go p.work(i + 1)
		}
	})
	for range p.parked.Load() {
		select {
		case p.wakeup <- struct{}{}:
		default:
		}
	}
}

// run calls task for every chunk in [0, n) and returns when all are done. thread is 0 for the
// caller and 1 to workers for the others; no two calls share one at a time. A caller that finds
// the workers busy with another's job does all its chunks itself: were it to put its own job in
// the other's place, that one would wait for chunks nobody has.
func (p *pool) run(n int, task func(thread, chunk int)) {
	if p.workers <= 0 || n < 2 || !p.running.TryLock() {
		for i := range n {
			task(0, i)
		}
		return
	}
	defer p.running.Unlock()
	p.task = task
	p.done.Store(0)
	p.job.Store(uint64(n) << 32)
	// After the job is there: a worker that parks now either sees it or is seen here.
	p.wake()
	for p.step(0) {
	}
	p.join(int64(n))
}

// step claims and runs one chunk; it reports whether there was one.
func (p *pool) step(thread int) bool {
	for {
		job := p.job.Load()
		if uint32(job) >= uint32(job>>32) {
			return false
		}
		if p.job.CompareAndSwap(job, job+1) {
			p.task(thread, int(uint32(job)))
			p.done.Add(1)
			return true
		}
	}
}

// join waits until n chunks are done: spinning, then yielding to other goroutines, then asleep.
func (p *pool) join(n int64) {
	var start time.Time
	for {
		for range spinBatch {
			if p.done.Load() == n {
				return
			}
		}
		switch {
		case start.IsZero():
			start = time.Now()
		case time.Since(start) > spinJoin:
			time.Sleep(napJoin)
		default:
			runtime.Gosched()
		}
	}
}

// work is a worker's life: chunks while there are any, then a spin, then sleep.
func (p *pool) work(thread int) {
	defer p.alive.Done()
	for !p.closed.Load() {
		if p.spin(thread) {
			continue
		}
		p.parked.Add(1)
		if !p.pending() && !p.closed.Load() {
			<-p.wakeup
		}
		p.parked.Add(-1)
	}
}

// spin looks for chunks until none came for spinWorker; it reports whether one came at all.
func (p *pool) spin(thread int) bool {
	start := time.Now()
	for !p.closed.Load() {
		for range spinBatch {
			if p.step(thread) {
				return true
			}
		}
		if time.Since(start) > spinWorker {
			return false
		}
		runtime.Gosched()
	}
	return false
}

// pending reports whether a chunk waits to be claimed.
func (p *pool) pending() bool {
	job := p.job.Load()
	return uint32(job) < uint32(job>>32)
}

// close ends the workers and waits for them; no job may be running.
func (p *pool) close() {
	p.closed.Store(true)
	if p.workers > 0 {
		close(p.wakeup)
	}
	p.alive.Wait()
}
