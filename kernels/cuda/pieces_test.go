//go:build elbo_cuda && linux

package cuda

import (
	"testing"

	"elbo/kernels/cuda/internal/lower"
)

// TestPiecesApart: on the device, as in the plan, every piece of partial results and of counters has memory to itself.
func TestPiecesApart(t *testing.T) {
	dev := opened(t, Options{})
	p, _ := autoencoder(t)
	exe, err := dev.Compile(p)
	must(t, err)
	x := exe.(*executable)
	of, pieces := map[uint64]lower.Arg{}, map[lower.ArgKind]int{}
	for i := range x.plan.Nodes {
		l := x.plan.Nodes[i].Launch
		for k := 0; l != nil && k < len(l.Args); k++ {
			a := l.Args[k]
			first, end := x.mem.counters, x.mem.partials
			switch a.Kind {
			case lower.ArgPartials:
				first, end = x.mem.partials, x.mem.consts
			case lower.ArgCounters:
			default:
				continue
			}
			at := x.word(&a)
			other, taken := of[at]
			if taken && other != a || at < uint64(first) || at >= uint64(end) {
				t.Errorf("node %d: piece %+v at %d of %d to %d, where %+v is", i, a, at, first, end, other)
			}
			if of[at] = a; !taken {
				pieces[a.Kind]++
			}
		}
	}
	if pieces[lower.ArgPartials] < 2 || pieces[lower.ArgCounters] < 2 {
		t.Errorf("pieces by kind of argument: %v", pieces)
	}
	closed(t, dev)
	clean(t)
}

// TestBeside: what a device tells of memory beside slots and scratch memory has a workspace of every stream that products
// may run on and has none yet.
func TestBeside(t *testing.T) {
	p, _ := autoencoder(t)
	for _, streams := range []int{0, 1} {
		dev := opened(t, Options{Streams: streams})
		each, most := int64(dev.workspace()), int64(dev.mostStreams())
		if got, want := dev.Report().Beside, most*each+lower.MostBeside; got != want {
			t.Errorf("%d bytes beside, want %d", got, want)
		}
		_, err := dev.Compile(p)
		must(t, err)
		open := int64(0)
		for _, b := range dev.streams.blas {
			if b != nil {
				open++
			}
		}
		if got, want := dev.Report().Beside, (most-open)*each+lower.MostBeside; got != want || open == 0 {
			t.Errorf("%d bytes beside with %d workspaces, want %d", got, open, want)
		}
		closed(t, dev)
	}
	clean(t)
}
