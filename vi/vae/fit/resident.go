package fit

import (
	"encoding/binary"
	"errors"
	"fmt"

	"elbo/data/array"
	"elbo/graph"
	"elbo/vi/feed"
	"elbo/vi/vae"
)

// where decides where the images are, by what the step that is fed takes. Only bytes are worth keeping.
func (r *run) where() (feed.Placement, error) {
	rows := r.rows()
	w := feed.Wish{
		Want: r.o.Resident, Device: r.o.Device, Rows: rows, Bytes: rows * int64(r.a.ItemBytes()),
		Work: feed.ProgramBytes(r.step.Program),
	}
	if r.step.Program.Slot(vae.SlotItem) != nil {
		w.Bytes += 4 * rows
	}
	if r.a.DType != array.Uint8 {
		w.Obstacle = r.a.File + " does not hold bytes"
	} else {
		most := r.o.Budget.StepsOf(r.from.loader().StepsPerEpoch())
		w.Obstacle = feed.Countable(r.step.Program.Kernel().DType, rows, r.from.size, most)
	}
	p, err := feed.Place(w)
	if errors.Is(err, feed.ErrResident) {
		err = fmt.Errorf("%w: %w", ErrOption, err)
	}
	return p, err
}

// place puts the images of the training part on the device.
func (r *run) place(in *graph.Instance) error {
	raw := r.a.Raw()
	if r.o.Train != nil {
		raw = make([]byte, len(r.o.Train)*r.a.ItemBytes())
		if err := r.a.RawRows(r.o.Train, raw); err != nil {
			return err
		}
	}
	if err := in.SetBytes(vae.SlotData, raw); err != nil || !in.Has(vae.SlotItems) {
		return err
	}
	items := make([]byte, 0, 4*r.rows())
	for i := range r.rows() {
		items = binary.LittleEndian.AppendUint32(items, uint32(r.image(i)))
	}
	return in.SetBytes(vae.SlotItems, items)
}

// rows returns N, the images of an epoch.
func (r *run) rows() int64 { return r.from.loader().Rows() }

// image returns the number of the image in row i of the training part.
func (r *run) image(i int64) int64 {
	if r.o.Train == nil {
		return i
	}
	return r.o.Train[i]
}

// item returns the number of the image in row i of a step's batch, -1 for padding.
func (r *run) item(step int64, i int) int64 {
	l := r.from.loader()
	if i >= l.Size(step) {
		return -1
	}
	index := make([]int64, r.from.size)
	l.Indices(step, index)
	return r.image(index[i])
}
