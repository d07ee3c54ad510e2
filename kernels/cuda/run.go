//go:build elbo_cuda && linux

package cuda

import (
	"errors"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/driver"
	"elbo/kernels/cuda/internal/lower"
)

// Run issues k steps and returns before they are done.
func (x *executable) Run(step uint64, k int) error {
	if err := x.ready(); err != nil {
		return err
	}
	err := x.dev.do("run", func() error {
		if k <= 0 {
			return nil
		}
		return x.issueSteps(step, k)
	})
	if err != nil {
		x.known = false
	}
	return err
}

// issueSteps launches k steps: the first of all kernel by kernel, because modules load and libraries
// set themselves up on first use, the others as graphs or as one kernel.
func (x *executable) issueSteps(step uint64, k int) error {
	d := x.dev
	if err := d.receive(); err != nil {
		return err
	}
	if err := x.setTo(step); err != nil {
		return err
	}
	x.known, x.next = true, step+uint64(k)
	if !x.warm {
		if err := x.first(); err != nil {
			return err
		}
		x.warm = true
		k--
	}
	if k > 0 {
		if err := x.many(k); err != nil {
			return err
		}
	}
	return x.issued()
}

// first issues a step kernel by kernel.
func (x *executable) first() error {
	b := x.spread(1, x.whole.now.streams)
	if err := x.dev.ready(x.plan, b); err != nil {
		return err
	}
	return x.issue(b)
}

// replay launches k steps as graphs of so many streams.
func (x *executable) replay(k, streams int) error {
	for _, n := range []int{x.stepsAtOnce(), 1} {
		if k < n {
			continue
		}
		g, err := x.graph(spreadOver{n, streams})
		if err != nil {
			return err
		}
		for ; k >= n; k -= n {
			if err := g.Launch(x.dev.compute); err != nil {
				return err
			}
		}
	}
	return nil
}

// receive makes runs wait for the writes before them.
func (d *Device) receive() error {
	if !d.pending {
		return nil
	}
	if err := d.arrived.Record(d.copies); err != nil {
		return err
	}
	d.pending = false
	return d.compute.Wait(d.arrived)
}

// setTo sets the step number where it does not follow by itself.
func (x *executable) setTo(step uint64) error {
	if !x.plan.Steps || x.known && x.next == step {
		return nil
	}
	x.args.Reset().Ptr(x.mem.base).U64(step)
	return x.dev.compute.Launch(x.setStep, driver.Shape{Block: [3]int{lower.Threads}}, &x.args)
}

// issued marks the end of a run on everything it used.
func (x *executable) issued() error {
	d := x.dev
	run, err := d.runs.mark(d.compute)
	for i, b := range x.bound {
		if x.used[i] {
			b.run = run
		}
	}
	if x.plan.Checks && (len(d.suspects) == 0 || d.suspects[len(d.suspects)-1] != x) {
		d.suspects = append(d.suspects, x)
	}
	return err
}

// issue puts steps into their streams, after which the compute stream has waited for the others.
func (x *executable) issue(b *lower.Branches) error {
	err := x.spreadOut(b)
	if err != nil && b.Streams > 1 {
		err = errors.Join(err, x.dev.streams.settle())
	}
	return err
}

// spreadOut goes through branches node by node.
func (x *executable) spreadOut(b *lower.Branches) error {
	s, steps := &x.dev.streams, 0
	if err := s.record(b.Fork, 0); err != nil {
		return err
	}
	for i := range b.Nodes {
		n := &b.Nodes[i]
		steps = n.Step + 1
		if err := x.node(n); err != nil {
			instr := x.plan.Nodes[n.Node].Instr
			in := &x.program.Instrs[instr]
			return &kernels.OpError{Program: x.program.Name, Instr: instr, Op: in.Op, Site: in.Site, Err: err}
		}
	}
	if err := s.waits(0, b.Joins); err != nil || !x.plan.Steps {
		return err
	}
	x.args.Reset().Ptr(x.mem.base).U64(uint64(steps))
	return x.dev.compute.Launch(x.advance, driver.Shape{Block: [3]int{lower.Threads}}, &x.args)
}

// node puts one node into its stream, after those it waits for.
func (x *executable) node(n *lower.Branch) error {
	s, node := &x.dev.streams, &x.plan.Nodes[n.Node]
	if err := s.waits(n.Stream, n.Waits); err != nil {
		return err
	}
	var err error
	if node.Gemm != nil {
		err = x.product(node.Gemm, s.blas[n.Stream])
	} else {
		x.offset = uint64(n.Step)
		err = x.launch(node.Launch, x.nodes[n.Node], s.all[n.Stream])
	}
	if err != nil {
		return err
	}
	return s.record(n.Event, n.Stream)
}

func (x *executable) launch(l *lower.Launch, f *driver.Function, s *driver.Stream) error {
	x.args.Reset()
	for i := range l.Args {
		x.args.U64(x.word(&l.Args[i]))
	}
	return s.Launch(f, driver.Shape{
		Grid: [3]int{int(l.Grid[0]), int(l.Grid[1])}, Block: [3]int{lower.Threads},
	}, &x.args)
}

// word returns the bits of an argument.
func (x *executable) word(a *lower.Arg) uint64 {
	switch a.Kind {
	case lower.ArgValue:
		return uint64(x.address(a.Value))
	case lower.ArgPartials:
		return uint64(x.mem.partials) + a.Word
	case lower.ArgCounters:
		return uint64(x.mem.counters) + a.Word
	case lower.ArgState:
		return uint64(x.mem.base)
	case lower.ArgOffset:
		return x.offset
	}
	return a.Word
}

// address returns where a value lies.
func (x *executable) address(id kernels.ValueID) driver.Ptr {
	switch v := &x.program.Values[id]; v.Home {
	case kernels.InSlot:
		return x.bound[v.Slot].ptr
	case kernels.InConst:
		return x.mem.consts + driver.Ptr(x.plan.ConstAt[id])
	default:
		return x.mem.scratch + driver.Ptr(x.plan.ScratchAt[id])
	}
}

// product has a library put a product of matrices into its stream.
func (x *executable) product(g *lower.Gemm, b *driver.Blas) error {
	p := driver.Gemm{M: g.M, N: g.N, K: g.K, TransA: g.TransA, TransB: g.TransB, Alpha: 1,
		A: x.address(g.A), B: x.address(g.B), C: x.address(g.C),
		Batch: g.Batch, NextA: g.M * g.K, NextB: g.K * g.N, NextC: g.M * g.N}
	switch {
	case g.DType == kernels.F32 && g.Batch == 1:
		return b.Gemm32(p)
	case g.DType == kernels.F32:
		return b.GemmBatched32(p)
	case g.Batch == 1:
		return b.Gemm64(p)
	default:
		return b.GemmBatched64(p)
	}
}
