//go:build elbo_cuda && linux

package cuda

import (
	"errors"

	"elbo/kernels/cuda/internal/driver"
	"elbo/kernels/cuda/internal/lower"
)

// graphsKept is the number of graphs an executable keeps: batches alternate between a few buffers,
// each of which may have a graph of one step and one of many.
const graphsKept = 8

// A graph of many steps has about nodesAtOnce nodes and mostAtOnce steps at most: launching one takes
// the host some microseconds, as long as the card takes for a few nodes.
const (
	nodesAtOnce = 256
	mostAtOnce  = 32
)

// stepsAtOnce is the number of steps of the longer graph.
func (x *executable) stepsAtOnce() int {
	return max(min(nodesAtOnce/max(len(x.plan.Nodes), 1), mostAtOnce), 1)
}

// graphs are captured steps, the one used last at the end.
type graphs struct{ list []captured }

// captured is a graph of some steps on some streams, for one set of addresses.
type captured struct {
	over  spreadOver
	bound []driver.Ptr
	exec  *driver.GraphExec
}

// spreadOver is what steps are spread over.
type spreadOver struct{ steps, streams int }

// spread returns the branches of some steps. Where slots share a buffer there is one, as package lower takes slots
// for distinct.
func (x *executable) spread(steps, streams int) *lower.Branches {
	if x.sharesMemory() {
		streams = 1
	}
	over := spreadOver{steps, streams}
	b := x.spreads[over]
	if b == nil {
		b = x.plan.Branches(x.program, streams, steps)
		x.spreads[over] = b
	}
	return b
}

// graph returns the graph of steps with the current binding, captured now if need be.
func (x *executable) graph(over spreadOver) (*driver.GraphExec, error) {
	list := x.graphs.list
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].over == over && x.binds(list[i].bound) {
			g := list[i]
			copy(list[i:], list[i+1:])
			list[len(list)-1] = g
			return g.exec, nil
		}
	}
	if len(list) == graphsKept {
		if err := errors.Join(x.dev.compute.Sync(), list[0].exec.Destroy()); err != nil {
			return nil, err
		}
		x.graphs.list = append(list[:0], list[1:]...)
	}
	exec, err := x.capture(x.spread(over.steps, over.streams))
	if err != nil {
		return nil, err
	}
	bound := make([]driver.Ptr, len(x.bound))
	for i, b := range x.bound {
		if x.used[i] {
			bound[i] = b.ptr
		}
	}
	x.graphs.list = append(x.graphs.list, captured{over, bound, exec})
	return exec, nil
}

// binds reports whether the slots have these addresses.
func (x *executable) binds(bound []driver.Ptr) bool {
	for i, b := range x.bound {
		if x.used[i] && b.ptr != bound[i] {
			return false
		}
	}
	return true
}

// capture records steps.
func (x *executable) capture(b *lower.Branches) (*driver.GraphExec, error) {
	s := x.dev.compute
	if err := x.dev.ready(x.plan, b); err != nil {
		return nil, err
	}
	if err := s.BeginCapture(); err != nil {
		return nil, err
	}
	issueErr := x.issue(b)
	g, err := s.EndCapture()
	if still, _ := s.Capturing(); still {
		g, _ = s.EndCapture() // a stream left recording could never be waited for
	}
	if err := errors.Join(issueErr, err); err != nil {
		if g != nil {
			err = errors.Join(err, g.Destroy())
		}
		return nil, err
	}
	exec, err := g.Instantiate()
	return exec, errors.Join(err, g.Destroy())
}

func (g *graphs) release() error {
	var err error
	for _, c := range g.list {
		err = errors.Join(err, c.exec.Destroy())
	}
	g.list = nil
	return err
}
