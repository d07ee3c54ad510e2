package svi

import (
	"elbo/data"
	"elbo/graph"
	"elbo/vi/feed"
	"elbo/vi/model"
)

// filler writes batches to slots, on one goroutine.
type filler struct {
	*layout
	load  *data.Loader
	index []int64
	mask  []float64
	cells [][]float64 // per column, those of a batch
}

func newFiller(l *layout, load *data.Loader) *filler {
	f := &filler{layout: l, load: load, index: make([]int64, l.batch), mask: make([]float64, l.batch)}
	for _, c := range l.cols {
		f.cells = append(f.cells, make([]float64, l.batch*c.width()))
	}
	return f
}

// names lists the inputs a batch fills. A plate without observations has none.
func (l *layout) names() []string {
	var out []string
	for _, c := range l.cols {
		out = append(out, c.name)
	}
	for _, p := range l.plates {
		out = append(out, model.MaskSlot(p), model.ScaleSlot(p))
	}
	return out
}

// batches says how a program is fed from a step on.
func (l *layout) batches(dev graph.Device, p *graph.Program, load *data.Loader, first int64) feed.Config {
	return feed.Config{
		Device: dev, Inputs: feed.Inputs(p, l.names()...), First: first,
		Fill: newFiller(l, load).batch,
	}
}

// batch writes the rows of a step, with N/n as the plates' scale. Padding repeats the batch's
// first row, so that its masked likelihood is finite.
func (f *filler) batch(step int64, s *feed.Slot) error {
	n := f.load.Indices(step, f.index)
	f.write(s, n, f.load.Scale(step))
	return nil
}

// write writes the first n rows of f.index; scale multiplies their log-likelihood.
func (f *filler) write(s *feed.Slot, n int, scale float64) {
	for i := range f.mask {
		f.mask[i] = 1
		if i >= n {
			f.mask[i], f.index[i] = 0, f.index[0]
		}
	}
	for k, c := range f.cols {
		w := c.width()
		for i, row := range f.index {
			copy(f.cells[k][i*w:(i+1)*w], c.Values[int(row)*w:])
		}
		s.Set(c.name, f.cells[k])
	}
	for _, p := range f.plates {
		s.Set(model.MaskSlot(p), f.mask)
		s.Set(model.ScaleSlot(p), []float64{scale})
	}
}
