package device

import (
	"fmt"
	"strings"

	"elbo/cmd/internal/exit"
	"elbo/kernels"
	"elbo/kernels/ref"
)

// Names lists what --device takes.
func Names() []string { return []string{"auto", "cpu", "ref", "cuda"} }

// Opened is a device with the reason it was chosen.
type Opened struct {
	kernels.Device
	// Why says in a few words why this device runs; empty where it was asked for by name.
	Why string
	// Surprise says that Why is worth telling unasked: a card was measured, or cannot be used.
	Surprise bool

	rival *rival // a card that auto may run on instead; nil where there is none, or it is decided
}

// Open opens a device by name. "auto" falls back and says so; a device asked for by name is
// opened or an error, never replaced. Where there is a card, "auto" opens the CPU and leaves the
// choice to Decide.
func Open(name string, threads int) (Opened, error) {
	if threads < 0 {
		return Opened{}, exit.Usagef("0 uses all processors", "--threads %d is negative", threads)
	}
	base, index, indexed := strings.Cut(name, ":")
	switch {
	case base == "cuda":
		return openCard(name, index, indexed)
	case indexed:
		return Opened{}, exit.Usagef("only cuda devices are numbered", "--device %s: no device number %q", name, index)
	case name == "auto":
		return openAuto(threads)
	case name == "cpu":
		d, err := openCPU(threads)
		return Opened{Device: d}, err
	case name == "ref":
		return Opened{Device: ref.Open()}, nil
	}
	return Opened{}, exit.Unknown("device", name, Names())
}

// openAuto opens the CPU, or the reference device in builds without it.
func openAuto(threads int) (Opened, error) {
	card, why := findRival()
	o := Opened{Why: "auto: " + why, rival: card}
	if !haveCPU {
		o.Device = ref.Open()
		o.Why = "auto: this build has no cgo, so the reference device runs"
		return o, nil
	}
	var err error
	o.Device, err = openCPU(threads)
	return o, err
}

// Label describes a device in one phrase: model, instruction set, threads.
func Label(r kernels.Report) string {
	parts := []string{}
	if r.Model != "" {
		parts = append(parts, r.Model)
	}
	if r.ISA != "" {
		parts = append(parts, r.ISA)
	}
	unit := "thread"
	if IsCard(r) {
		unit = "multiprocessor"
	}
	if r.Threads == 1 {
		parts = append(parts, "1 "+unit)
	} else if r.Threads > 1 {
		parts = append(parts, fmt.Sprintf("%d %ss", r.Threads, unit))
	}
	if len(parts) == 0 {
		return r.Name
	}
	return r.Name + " (" + strings.Join(parts, ", ") + ")"
}

// IsCard reports whether a device is a card with memory of its own.
func IsCard(r kernels.Report) bool { return strings.HasPrefix(r.Name, "cuda:") }
