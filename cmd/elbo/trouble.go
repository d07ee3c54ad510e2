package main

import (
	"errors"
	"fmt"
	"strings"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/screen"
	"elbo/kernels"
	"elbo/vi/train"
)

// trouble is what a user needs to know when a training fails.
type trouble struct {
	need   int64  // bytes it takes on the device, estimated
	fits   string // what would take less
	smooth string // what helps against a bound that stops being finite
}

// resumeCommand is the command that goes on with the run; "" where nothing is kept.
func (j *trainJob) resumeCommand() string {
	if j.dir == nil {
		return ""
	}
	return fmt.Sprintf("%s --resume --out %s", j.kind, j.run.out)
}

// explain adds to an error of the training what a user can do about it.
func (j *trainJob) explain(err error, t trouble) error {
	again := j.resumeCommand()
	elsewhere := ""
	if again != "" {
		elsewhere = again + " --device cpu"
		if j.run.matmul == "tf32" {
			elsewhere += " --matmul fp32"
		}
	}
	var diverged *train.DivergedError
	switch {
	case errors.Is(err, kernels.ErrDeviceLost):
		return lost(err, again, elsewhere)
	case errors.Is(err, kernels.ErrOutOfMemory):
		return full(err, j.dev, "the training takes about "+screen.Bytes(t.need), t.fits)
	case errors.As(err, &diverged):
		return &exit.Error{Code: exit.Internal, Err: err, Hint: t.smooth}
	case again != "" && exit.Of(err) == exit.IO:
		return &exit.Error{Code: exit.IO, Err: err,
			Hint: "the last good checkpoint is kept; free some space and go on with: " + again}
	case errors.Is(err, train.ErrMismatch), errors.Is(err, train.ErrDamaged):
		return &exit.Error{Code: exit.Data, Err: errors.Join(err, j.putBack()),
			Hint: "start anew with --overwrite, or choose another --out"}
	}
	return err
}

// lost tells of a lost device, with the commands that go on with the run, if one is kept.
func lost(err error, again, elsewhere string) error {
	hint := "nothing is kept; start again, with --device cpu if the card does not recover"
	if again != "" {
		hint = fmt.Sprintf("the last checkpoint is kept; go on with: %s\nor elsewhere with: %s", again, elsewhere)
	}
	first, _, _ := strings.Cut(err.Error(), "\n") // what follows are its consequences
	return &exit.Error{Code: exit.Retry, Msg: "the device was lost: " + first, Hint: hint}
}

// full tells of memory that ran out: what was needed, what there is, and what would take less.
func full(err error, dev device.Opened, need, fits string) error {
	r := dev.Report()
	hint := need
	if r.Memory > 0 {
		hint += fmt.Sprintf("; %s has %s, of which other programs may hold a part", r.Name, screen.Bytes(r.Memory))
	}
	hint += "\n" + fits
	if device.IsCard(r) {
		hint += ", or --device cpu"
	}
	return &exit.Error{Code: exit.Memory, Err: err, Hint: hint}
}

// deviceTrouble explains errors of a device in commands that keep nothing.
func deviceTrouble(err error, dev device.Opened) error {
	switch {
	case errors.Is(err, kernels.ErrDeviceLost):
		return lost(err, "", "")
	case errors.Is(err, kernels.ErrOutOfMemory):
		return full(err, dev, "the model with a batch of data does not fit", "wait until other programs have ended")
	}
	return err
}

// interrupted says where a run that a signal ended stands, and how to go on.
func (j *trainJob) interrupted(steps int64) error {
	if again := j.resumeCommand(); again != "" {
		j.say("interrupted at step %d; go on with: %s", steps, again)
	} else {
		j.say("interrupted at step %d; nothing is kept without --out", steps)
	}
	return ended(j.signals.code.Load())
}

// checkMemory refuses a training that cannot fit into the machine, before it allocates.
func (j *trainJob) checkMemory(what string, need int64, fits string) error {
	have, whose := room(j.dev)
	if have <= 0 || need < have {
		return nil
	}
	return &exit.Error{Code: exit.Memory, Hint: fits,
		Msg: fmt.Sprintf("%s needs about %s of memory; %s has %s", what, screen.Bytes(need), whose, screen.Bytes(have))}
}

// room is the memory a device has for a training, and whose it is.
func room(dev device.Opened) (bytes int64, whose string) {
	if r := dev.Report(); device.IsCard(r) && r.Memory > 0 {
		return r.Memory, r.Name
	}
	return totalMemory(), "this machine"
}
