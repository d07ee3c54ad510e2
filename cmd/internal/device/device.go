package device

import (
	"fmt"
	"slices"
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

// Options say how a device works.
type Options struct {
	// Threads of the CPU; 0 means all processors.
	Threads int
	// MatMul is how float32 matrices are multiplied, one of MatMuls; "" means fp32.
	MatMul string
	// Streams of a card that a step's independent work is spread over; 0 means as many as measuring finds best.
	Streams int
}

// MatMuls lists what --matmul takes.
func MatMuls() []string { return []string{"fp32", "tf32"} }

// Open opens a device by name with a number of threads; see OpenWith.
func Open(name string, threads int) (Opened, error) { return OpenWith(name, Options{Threads: threads}) }

// OpenWith opens a device by name. "auto" falls back and says so; a device asked for by name is
// opened or an error, never replaced. Where there is a card, "auto" opens the CPU and leaves the
// choice to Decide.
func OpenWith(name string, o Options) (Opened, error) {
	threads := o.Threads
	switch {
	case threads < 0:
		return Opened{}, exit.Usagef("0 uses all processors", "--threads %d is negative", threads)
	case o.MatMul != "" && !slices.Contains(MatMuls(), o.MatMul):
		return Opened{}, exit.Unknown("--matmul", o.MatMul, MatMuls())
	}
	base, index, indexed := strings.Cut(name, ":")
	if o.Streams != 0 && base != "cuda" {
		return Opened{}, exit.Usagef("use --device cuda", "--device %s has no streams", name)
	}
	if tf32 := o.MatMul == "tf32"; tf32 && (name == "cpu" || name == "ref") {
		return Opened{}, exit.Usagef("use --matmul fp32", "--matmul tf32: --device %s multiplies in full precision", name)
	}
	switch {
	case base == "cuda":
		return openCard(name, index, indexed, o)
	case indexed:
		return Opened{}, exit.Usagef("only cuda devices are numbered", "--device %s: no device number %q", name, index)
	case name == "auto":
		return openAuto(o)
	case name == "cpu":
		d, err := openCPU(threads)
		return Opened{Device: d}, err
	case name == "ref":
		return Opened{Device: ref.Open()}, nil
	}
	return Opened{}, exit.Unknown("device", name, Names())
}

// openAuto opens the CPU, or the reference device in builds without it.
func openAuto(options Options) (Opened, error) {
	card, why := findRival(options)
	o := Opened{Why: "auto: " + why, rival: card}
	if !haveCPU {
		o.Device = ref.Open()
		o.Why = "auto: this build has no cgo, so the reference device runs"
		return o, nil
	}
	var err error
	o.Device, err = openCPU(options.Threads)
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
