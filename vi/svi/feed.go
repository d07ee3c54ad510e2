package svi

import (
	"elbo/data"
	"elbo/graph"
	"elbo/vi/model"
)

// feeder writes batches into the inputs of an instance.
type feeder struct {
	*layout
	load  *data.Loader
	index []int64
	mask  []float64
}

func newFeeder(l *layout, load *data.Loader) *feeder {
	return &feeder{l, load, make([]int64, l.batch), make([]float64, l.batch)}
}

// batch writes the rows of a step, with N/n as the plates' scale. Padding repeats the batch's
// first row, so that its masked likelihood is finite.
func (f *feeder) batch(in *graph.Instance, step int64) error {
	n := f.load.Indices(step, f.index)
	return f.write(in, n, f.load.Scale(step))
}

// write writes the first n rows of f.index; scale multiplies their log-likelihood.
func (f *feeder) write(in *graph.Instance, n int, scale float64) error {
	for i := range f.mask {
		f.mask[i] = 1
		if i >= n {
			f.mask[i], f.index[i] = 0, f.index[0]
		}
	}
	for _, c := range f.cols {
		w := c.width()
		for i, row := range f.index {
			copy(c.buf[i*w:(i+1)*w], c.Values[int(row)*w:])
		}
		if err := in.Set(c.name, c.buf); err != nil {
			return err
		}
	}
	for _, p := range f.plates {
		if err := f.control(in, p, scale); err != nil {
			return err
		}
	}
	return nil
}

func (f *feeder) control(in *graph.Instance, plate string, scale float64) error {
	// A plate without observations has no inputs.
	if !in.Has(model.MaskSlot(plate)) {
		return nil
	}
	if err := in.Set(model.MaskSlot(plate), f.mask); err != nil {
		return err
	}
	return in.Set(model.ScaleSlot(plate), []float64{scale})
}
