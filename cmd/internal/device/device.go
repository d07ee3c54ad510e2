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
}

// Open opens a device by name. "auto" falls back and says so; a device asked for by name is
// opened or an error, never replaced.
func Open(name string, threads int) (Opened, error) {
	if threads < 0 {
		return Opened{}, exit.Usagef("0 uses all processors", "--threads %d is negative", threads)
	}
	base, index, indexed := strings.Cut(name, ":")
	switch {
	case base == "cuda":
		return Opened{}, &exit.Error{
			Code: exit.Unavailable, Msg: fmt.Sprintf("--device %s: this build of elbo has no CUDA device", name),
			Hint: "use --device cpu, or --device auto to take the best device there is", Err: nil,
		}
	case indexed:
		return Opened{}, exit.Usagef("only cuda devices are numbered", "--device %s: no device number %q", name, index)
	case name == "auto" && haveCPU:
		d, err := openCPU(threads)
		return Opened{d, "auto: no CUDA device in this build"}, err
	case name == "auto":
		return Opened{ref.Open(), "auto: this build has no cgo, so the reference device runs"}, nil
	case name == "cpu":
		d, err := openCPU(threads)
		return Opened{d, ""}, err
	case name == "ref":
		return Opened{ref.Open(), ""}, nil
	}
	return Opened{}, exit.Unknown("device", name, Names())
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
	if r.Threads == 1 {
		parts = append(parts, "1 thread")
	} else if r.Threads > 1 {
		parts = append(parts, fmt.Sprintf("%d threads", r.Threads))
	}
	if len(parts) == 0 {
		return r.Name
	}
	return r.Name + " (" + strings.Join(parts, ", ") + ")"
}
