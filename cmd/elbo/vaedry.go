package main

import (
	"fmt"
	"io"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/screen"
	"elbo/vi/train"
	"elbo/vi/vae"
	"elbo/vi/vae/fit"
)

// vaePlan is what --dry-run reports.
type vaePlan struct {
	SchemaVersion int        `json:"schema_version"`
	Data          string     `json:"data"`
	TrainImages   int64      `json:"train_images"`
	ValidImages   int64      `json:"valid_images"`
	Labels        string     `json:"labels,omitempty"`
	Parameters    int64      `json:"parameters"`
	StepsPerEpoch int64      `json:"steps_per_epoch"`
	MemoryBytes   int64      `json:"memory_bytes"`
	DataBytes     int64      `json:"data_bytes"`
	Device        string     `json:"device"`
	Model         vae.Config `json:"model"`
}

// compile builds the step.
func (j *vaeJob) compile() (*train.Step, error) {
	return fit.Compile(j.model, j.images, j.options())
}

// plan computes what --dry-run reports.
func (j *vaeJob) plan() (*vaePlan, error) {
	step, err := j.compile()
	if err != nil {
		return nil, err
	}
	p := &vaePlan{
		SchemaVersion: 1, Data: j.images.String(), TrainImages: int64(len(j.rows)), ValidImages: int64(len(j.valid)),
		Labels: j.images.LabelFile, DataBytes: int64(len(j.images.Raw())), Device: j.dev.Report().Name,
		Model: j.model.Config(), MemoryBytes: stepBytes(step, j.checkpointed()) + j.dev.Report().Beside,
	}
	batch := min(int64(j.o.batch), p.TrainImages)
	p.StepsPerEpoch = (p.TrainImages + batch - 1) / batch
	for _, name := range step.Params {
		p.Parameters += int64(step.Program.Slot(name).Shape.Size())
	}
	return p, nil
}

// checkpointed says how many copies of the state the host holds beside the device's.
func (j *vaeJob) checkpointed() int64 {
	if j.o.patience > 0 {
		return 4
	}
	return 3
}

// stepBytes is the memory of a step: slots and scratch on the device, and copies of the state on the
// host: the epoch's, and a checkpoint and its file under way.
func stepBytes(s *train.Step, copies int64) int64 {
	total := int64(s.Program.Kernel().Scratch)
	for _, slot := range s.Program.Slots() {
		total += int64(slot.Bytes())
	}
	for _, name := range s.Program.StateNames() {
		total += copies * int64(s.Program.Slot(name).Bytes())
	}
	return total
}

// dryRun prints what a training would do.
func (j *vaeJob) dryRun() error {
	p, err := j.plan()
	if err != nil {
		return err
	}
	if j.o.asJSON {
		return writeJSON(j.out, p)
	}
	return p.writeText(j.out, j.style(), device.Label(j.dev.Report()))
}

func (p *vaePlan) writeText(w io.Writer, st screen.Style, dev string) error {
	labels := p.Labels
	if labels == "" {
		labels = "none"
	}
	return screen.WriteFacts(w, st, [][2]string{
		{"Model", network(p.Model)}, {"Kind", kindOf(p.Model)},
		{"Data", p.Data},
		{"Images", fmt.Sprintf("%s to train on, %s for validation, %s steps an epoch", screen.Count(p.TrainImages),
			screen.Count(p.ValidImages), screen.Count(p.StepsPerEpoch))},
		{"Labels", labels}, {"Params", screen.Count(p.Parameters)}, {"Device", dev},
		{"Memory", fmt.Sprintf("about %s for training beside %s of data", screen.Bytes(p.MemoryBytes),
			screen.Bytes(p.DataBytes))},
	})
}

// vaeFits says what takes less memory: the largest batch that fits, or narrower layers where none does.
func vaeFits(c vae.Config, dev device.Opened) string {
	have, whose := room(dev)
	if c.Arch != "mlp" {
		return "choose fewer channels, narrower layers or a smaller --batch"
	}
	none := vaeMemory(c, 0)
	each := vaeMemory(c, 1) - none
	if n := (have - none) / max(each, 1); n > 0 {
		return fmt.Sprintf("all of %s holds about --batch %d; choose less, or narrower layers", whose, n)
	}
	return "choose narrower layers or a smaller --batch"
}

// vaeMemory estimates the memory of training from the widths alone: parameters with their gradients,
// two moments and three copies, and the activations of a batch.
func vaeMemory(c vae.Config, batch int) int64 {
	size := int64(4)
	if c.DType == "float64" {
		size = 8
	}
	weights, activations := int64(0), int64(2*c.Width())
	chain := func(from int, widths []int, to int) {
		for _, n := range append(append([]int{}, widths...), to) {
			weights += int64(from+1) * int64(n)
			activations += 4 * int64(n) * int64(c.K)
			from = n
		}
	}
	chain(c.Width(), c.Encoder, 2*c.Latent)
	perValue := map[string]int{"gaussian-pixel": 2, "categorical": 256}[c.Likelihood]
	chain(c.Latent, c.Decoder, c.Width()*max(perValue, 1))
	return size * (7*weights + int64(batch)*activations)
}
