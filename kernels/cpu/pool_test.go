//go:build cgo

package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestPoolRunsEveryChunkOnce runs many small jobs with more workers than cores, with pauses
// long enough for workers to park.
func TestPoolRunsEveryChunkOnce(t *testing.T) {
	for _, workers := range []int{0, 1, 3, 7} {
		p := newPool(workers)
		for job := range 400 {
			n := 1 + job%37
			count := make([]atomic.Int32, n)
			busy := make([]atomic.Int32, workers+1)
			p.run(n, func(thread, chunk int) {
				if busy[thread].Add(1) != 1 {
					t.Errorf("thread %d runs two chunks at once", thread)
				}
				count[chunk].Add(1)
				busy[thread].Add(-1)
			})
			for i := range count {
				if got := count[i].Load(); got != 1 {
					t.Fatalf("workers %d, job %d: chunk %d ran %d times", workers, job, i, got)
				}
			}
			if job%100 == 99 {
				time.Sleep(2 * spinWorker)
			}
		}
		p.close()
	}
}

// TestPoolSharedByCallers lets callers on several goroutines use one pool at once, with pauses at
// which workers are about to park: every chunk runs once, and nobody waits for ever.
func TestPoolSharedByCallers(t *testing.T) {
	p := newPool(2)
	defer p.close()
	p.wake()
	var callers sync.WaitGroup
	for caller := range 4 {
		callers.Go(func() {
			for job := range 1500 {
				n := 2 + (job+caller)%9
				count := make([]atomic.Int32, n)
				p.run(n, func(_, chunk int) { count[chunk].Add(1) })
				for i := range count {
					if got := count[i].Load(); got != 1 {
						t.Errorf("caller %d, job %d: chunk %d ran %d times", caller, job, i, got)
					}
				}
				if job%300 == 299 {
					time.Sleep(spinWorker + time.Duration(caller)*spinWorker/8)
				}
			}
		})
	}
	callers.Wait()
}

// TestPoolWakesAndWaits: a job reaches a parked worker, since its two chunks wait for each other, and
// run returns when the worker's chunk, which takes longer, is done.
func TestPoolWakesAndWaits(t *testing.T) {
	p := newPool(1)
	for range 20 {
		p.wake()
		for p.parked.Load() == 0 {
			time.Sleep(spinWorker)
		}
		var both sync.WaitGroup
		var done atomic.Int32
		both.Add(2)
		p.run(2, func(thread, _ int) {
			both.Done()
			both.Wait()
			if thread > 0 {
				time.Sleep(spinWorker)
			}
			done.Add(1)
		})
		if got := done.Load(); got != 2 {
			t.Fatalf("%d of 2 chunks were done when run returned", got)
		}
	}
	p.close()
	if got := p.parked.Load(); got != 0 {
		t.Errorf("%d workers are parked after close", got)
	}
}

// TestPoolOrdersMemory checks under the race detector that chunks see what the caller wrote
// before the job and the caller what chunks wrote.
func TestPoolOrdersMemory(t *testing.T) {
	p := newPool(3)
	defer p.close()
	in, out := make([]int, 64), make([]int, 64)
	task := func(_, chunk int) { out[chunk] = in[chunk] + 1 }
	for round := range 500 {
		for i := range in {
			in[i] = round + i
		}
		p.run(len(in), task)
		for i := range out {
			if out[i] != round+i+1 {
				t.Fatalf("round %d: chunk %d gave %d", round, i, out[i])
			}
		}
	}
}

// TestPoolLeavesNoGoroutines opens and closes pools, parked and not.
func TestPoolLeavesNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for i := range 20 {
		p := newPool(4)
		p.run(8, func(int, int) {})
		if i%2 == 0 {
			time.Sleep(2 * spinWorker)
		}
		p.close()
	}
	// A worker that close has released may not have returned yet on a busy machine.
	after := runtime.NumGoroutine()
	for wait := 0; after > before && wait < 500; wait++ {
		time.Sleep(10 * time.Millisecond)
		after = runtime.NumGoroutine()
	}
	if after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

func BenchmarkPoolRegion(b *testing.B) {
	p := newPool(1)
	defer p.close()
	for b.Loop() {
		p.run(2, func(int, int) {})
	}
}
