package fit

import (
	"encoding/binary"
	"fmt"

	"elbo/data/array"
	"elbo/graph"
	"elbo/vi/vae"
)

// Bounds of resident data: the device's memory, and the steps its float32 counter tells apart.
const (
	maxResidentBytes = 4 << 30
	maxResidentSteps = 1 << 22
)

// Residency says where the images are while a model trains.
type Residency int

// The places.
const (
	// ResidentAuto keeps bytes on devices whose memory the host cannot address, and feeds the others.
	ResidentAuto Residency = iota
	// ResidentNever feeds every batch from the host.
	ResidentNever
	// ResidentAlways keeps the images on the device, which draws its own batches.
	ResidentAlways
)

// resident decides where the images are. Only bytes are worth keeping.
func (o Options) resident(a *array.Array, rows int64) (bool, error) {
	fits := a.DType == array.Uint8 && rows*int64(a.ItemBytes()) <= maxResidentBytes && o.steps(rows) < maxResidentSteps
	switch o.Resident {
	case ResidentNever:
		return false, nil
	case ResidentAlways:
		if !fits {
			return false, fmt.Errorf("%w: resident: %s: only bytes, up to 4 GiB and %d steps, are kept on the device",
				ErrOption, a.File, maxResidentSteps)
		}
		return true, nil
	}
	probe, err := o.Device.Alloc(1)
	if err != nil {
		return false, err
	}
	return fits && probe.Host() == nil, o.Device.Free(probe)
}

// steps bounds the steps of the budget, as far as it is known; unbounded runs count as long ones.
func (o Options) steps(rows int64) int64 {
	perEpoch := (rows + int64(o.Batch) - 1) / int64(o.Batch)
	switch {
	case o.Budget.Steps > 0:
		return o.Budget.Steps
	case o.Budget.Epochs > 0:
		return int64(o.Budget.Epochs+1) * perEpoch
	}
	return maxResidentSteps
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
	if r.resident {
		order := graph.EpochOrder(uint64(r.rows()), r.m.Config().Seed, uint64(l.Epoch(step)))
		return r.image(int64(order(uint64(step%l.StepsPerEpoch()*int64(r.from.size) + int64(i)))))
	}
	index := make([]int64, r.from.size)
	l.Indices(step, index)
	return r.image(index[i])
}
