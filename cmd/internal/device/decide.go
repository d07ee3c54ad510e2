package device

import (
	"fmt"
	"time"

	"elbo/kernels"
)

// rival is a card that "auto" may choose in place of the CPU.
type rival struct {
	label string // such as "cuda:0 (NVIDIA H200)"
	open  func() (kernels.Device, error)
}

// Job is what "auto" knows of the work to come.
type Job struct {
	// Flops of the whole job on one device, roughly; 0 where Steps tells.
	Flops float64
	// Steps is how many steps, as Trial does them, the job takes: their time on the CPU says how much
	// work it is. 0 where Flops tells.
	Steps float64
	// Trial times one step on a device; nil where no short one can be had, and for large steps.
	Trial func(kernels.Device) (time.Duration, error)
}

// Little work is not worth opening a card and compiling for it, which takes about a second: in flops,
// and in time on the CPU.
const (
	littleWork = 2e10
	littleTime = time.Second
)

// Undecided reports whether Decide has a choice.
func (o *Opened) Undecided() bool { return o.rival != nil }

// Decide settles what "auto" means for a job: the CPU for little work, the faster of the two where
// Trial tells, else the card. A card that cannot be used is told and left alone. Without a card,
// and for a device asked for by name, it does nothing.
func (o *Opened) Decide(j Job) error {
	card := o.rival
	o.rival = nil
	if card == nil {
		return nil
	}
	amount, little, err := o.amount(j)
	if err != nil {
		return err
	}
	if little {
		o.Why = fmt.Sprintf("auto: little work (about %s), not worth starting %s", amount, card.label)
		return nil
	}
	d, err := card.open()
	if err != nil {
		o.Why, o.Surprise = fmt.Sprintf("auto: %s cannot be used: %v", card.label, err), true
		return nil
	}
	if j.Trial == nil {
		o.Why = "auto: " + card.label + " for a large job"
		return o.take(d)
	}
	return o.compete(card.label, d, j.Trial)
}

// amount says how much work a job is, and whether it is little.
func (o *Opened) amount(j Job) (text string, little bool, err error) {
	if j.Steps == 0 {
		return fmt.Sprintf("%.2g Gflop", j.Flops/1e9), j.Flops < littleWork, nil
	}
	each, err := j.Trial(o.Device)
	// A long job's time may be too large for a Duration.
	whole := time.Duration(min(j.Steps*float64(each), float64(365*24*time.Hour)))
	return round(whole).String(), whole < littleTime, err
}

// compete times both devices and keeps the faster one.
func (o *Opened) compete(label string, card kernels.Device, trial func(kernels.Device) (time.Duration, error)) error {
	onCard, err := trial(card)
	if err != nil {
		o.Why, o.Surprise = fmt.Sprintf("auto: a trial on %s failed: %v", label, err), true
		_ = card.Close() // the reason is err
		return nil
	}
	onCPU, err := trial(o.Device)
	if err != nil {
		_ = card.Close() // the reason is err
		return err
	}
	o.Why, o.Surprise = fmt.Sprintf("auto: a step takes %v on %s and %v on %s", round(onCard), label, round(onCPU),
		o.Report().Name), true
	if onCPU <= onCard {
		return card.Close()
	}
	return o.take(card)
}

// take replaces the device.
func (o *Opened) take(d kernels.Device) error {
	former := o.Device
	o.Device = d
	return former.Close()
}

// round keeps three digits or so of a time.
func round(d time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
}
