package main

import (
	"errors"
	"fmt"
	"strings"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/screen"
	"elbo/kernels"
)

// trouble is what a user needs to know when a device fails a training.
type trouble struct {
	dev    device.Opened
	need   int64  // bytes the training takes on the device, estimated
	fits   string // what would take less
	resume string // the command that goes on; empty where nothing is kept
	matmul string // as --matmul was given
}

// explain adds to the errors of memory that ran out and of a device that was lost what is needed,
// what would fit, and how to go on; nil for other errors.
func (t trouble) explain(err error) error {
	switch {
	case errors.Is(err, kernels.ErrDeviceLost):
		hint := "nothing is kept without --out; start again, with --device cpu if the card does not recover"
		if t.resume != "" {
			elsewhere := " --device cpu"
			if t.matmul == "tf32" {
				elsewhere += " --matmul fp32"
			}
			hint = fmt.Sprintf("the last checkpoint is kept; go on with: %s\n"+
				"or elsewhere with: %s%s", t.resume, t.resume, elsewhere)
		}
		first, _, _ := strings.Cut(err.Error(), "\n") // what follows are its consequences
		return &exit.Error{Code: exit.Retry, Msg: "the device was lost: " + first, Hint: hint}
	case errors.Is(err, kernels.ErrOutOfMemory):
		r := t.dev.Report()
		hint := fmt.Sprintf("the training takes about %s", screen.Bytes(t.need))
		if r.Memory > 0 {
			hint += fmt.Sprintf("; %s has %s, of which other programs may hold a part", r.Name, screen.Bytes(r.Memory))
		}
		hint += "\n" + t.fits
		if device.IsCard(r) {
			hint += ", or --device cpu"
		}
		return &exit.Error{Code: exit.Memory, Err: err, Hint: hint}
	}
	return nil
}

// room is the memory a device has for a training, and whose it is.
func room(dev device.Opened) (bytes int64, whose string) {
	if r := dev.Report(); device.IsCard(r) && r.Memory > 0 {
		return r.Memory, r.Name
	}
	return totalMemory(), "this machine"
}
