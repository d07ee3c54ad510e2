package benches

import (
	"errors"

	"elbo/graph"
	"elbo/kernels"
)

// streamRows are the rows of a batch that is sent for each step, streamSlots the batches under way.
const (
	streamRows  = 1 << 18
	streamSlots = 3
)

// stream times gradient steps whose batches all come from the host, as data larger than the device's
// memory does: one is sent while the step of another runs. On devices that share the host's memory
// sending is a copy within it.
func stream(m *machine) (r Result, err error) {
	rows := streamRows
	if m.Quick {
		rows = 1 << 10
	}
	p, err := likelihoodStep("stream", rows, func(g *graph.Graph) (x, y *graph.Node) {
		return g.Data("x", rows, logisticCols), g.Data("y", rows)
	})
	if err != nil {
		return Result{}, err
	}
	in, err := p.Load(m.dev.Device)
	if err != nil {
		return Result{}, err
	}
	var owned []kernels.Buffer
	defer func() {
		err = errors.Join(err, in.Close())
		for _, b := range owned {
			err = errors.Join(err, m.dev.Free(b))
		}
	}()
	x, y := chunk(rows)
	sent := map[string][]byte{"x": x, "y": y}
	slots := map[string][streamSlots]kernels.Buffer{}
	for name, raw := range sent {
		var list [streamSlots]kernels.Buffer
		for i := range list {
			if list[i], err = m.dev.Alloc(len(raw)); err != nil {
				return Result{}, err
			}
			owned = append(owned, list[i])
		}
		slots[name] = list
	}
	step := 0
	micros, err := m.median(func(n int) error {
		for range n {
			for name, raw := range sent {
				b := slots[name][step%streamSlots]
				if err := errors.Join(m.dev.Write(b, 0, raw), in.Bind(name, b)); err != nil {
					return err
				}
			}
			if err := in.Run(uint64(step), 1); err != nil {
				return err
			}
			step++
		}
		return in.Sync()
	})
	if err != nil {
		return Result{}, err
	}
	w := workOf(p, graph.F32, rows)
	w.bytes = int64(len(x) + len(y))
	return m.finish(w, micros), nil
}
