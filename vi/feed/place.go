package feed

import (
	"errors"
	"fmt"

	"elbo/graph"
)

// Residency says where the data of a training is.
type Residency int

// The places.
const (
	// ResidentAuto keeps data that fits on devices whose memory the host cannot address, and up to Wish.Near on others.
	ResidentAuto Residency = iota
	// ResidentNever feeds every batch from the host.
	ResidentNever
	// ResidentAlways keeps the data on the device, which picks its own batches.
	ResidentAlways
)

var residencies = []string{"auto", "never", "always"}

// Residencies lists the names of the places.
func Residencies() []string { return append([]string(nil), residencies...) }

// ParseResidency returns the place of a name.
func ParseResidency(name string) (Residency, bool) {
	for i, n := range residencies {
		if n == name {
			return Residency(i), true
		}
	}
	return 0, false
}

// String returns the name.
func (r Residency) String() string { return residencies[r] }

// ErrResident is the class of data that can never stay on a device.
var ErrResident = errors.New("feed: data cannot stay on the device")

// unknownRoom is how much memory a device is trusted with that does not tell.
const unknownRoom = 4 << 30

// Wish is what Place decides about.
type Wish struct {
	Want   Residency
	Device graph.Device
	// Rows and Bytes are those of all data as the device would hold them, Work the other memory of the run, without
	// what the device itself adds (kernels.Report.Beside).
	Rows, Bytes, Work int64
	// Near is how large data may be to stay, without being asked for, in memory the host addresses itself, where that
	// saves making batches and no copies.
	Near int64
	// Obstacle, where not empty, is why the data can never stay on a device.
	Obstacle string
}

// Placement is where the data of a run is, and why.
type Placement struct {
	Resident bool   `json:"resident"`
	Bytes    int64  `json:"bytes"` // of all data, as the device holds or would hold it
	Work     int64  `json:"work_bytes"`
	Room     int64  `json:"room_bytes"` // device memory that may be used
	Why      string `json:"why"`
}

// Place decides where data is: on the device where the data, the rest of the run and a reserve of a sixteenth fit into
// the memory that is free there. The error wraps kernels.ErrOutOfMemory where data that must be resident does not fit.
func Place(w Wish) (Placement, error) {
	w.Work += w.Device.Report().Beside
	p := Placement{Bytes: w.Bytes, Work: w.Work}
	if w.Want == ResidentNever {
		p.Why = "as asked"
		return p, nil
	}
	if w.Obstacle != "" {
		if w.Want == ResidentAlways {
			return p, fmt.Errorf("%w: %s", ErrResident, w.Obstacle)
		}
		p.Why = w.Obstacle
		return p, nil
	}
	addressable, err := hostAddresses(w.Device)
	if err != nil {
		return p, err
	}
	if w.Want == ResidentAuto && addressable && w.Bytes > w.Near {
		p.Why = fmt.Sprintf("the host addresses the memory of %s, and %s are more than %s", w.Device.Report().Name,
			size(w.Bytes), size(w.Near))
		return p, nil
	}
	return w.fit(p)
}

// fit compares what is needed with what is free.
func (w Wish) fit(p Placement) (Placement, error) {
	name, of := room(w.Device)
	p.Room = of - of/16
	need := w.Bytes + w.Work
	if need <= p.Room {
		p.Resident, p.Why = true, fmt.Sprintf("%s of %s on %s suffice", size(need), size(p.Room), name)
		if w.Want == ResidentAlways {
			p.Why = "as asked"
		}
		return p, nil
	}
	p.Why = fmt.Sprintf("data and work take %s, %s of %s can be used", size(need), size(p.Room), name)
	if w.Want == ResidentAuto {
		return p, nil
	}
	fits := max(p.Room-w.Work, 0) / max(w.Bytes/max(w.Rows, 1), 1)
	return p, fmt.Errorf("feed: %d rows of data take %s and the training about %s beside, but %s of %s can be used: %w; "+
		"about %d rows would fit, and data that is not resident always does",
		w.Rows, size(w.Bytes), size(w.Work), size(p.Room), name, graph.ErrOutOfMemory, fits)
}

// hostAddresses reports whether the host can address a device's memory.
func hostAddresses(dev graph.Device) (bool, error) {
	probe, err := dev.Alloc(1)
	if err != nil {
		return false, fmt.Errorf("feed: probe of the device's memory: %w", err)
	}
	return probe.Host() != nil, dev.Free(probe)
}

// room returns the memory that is free on a device: what it reports, else half of what it has, else a cautious guess.
func room(dev graph.Device) (name string, bytes int64) {
	r := dev.Report()
	switch {
	case r.Free > 0:
		return r.Name, r.Free
	case r.Memory > 0:
		return r.Name, r.Memory / 2
	}
	return r.Name, unknownRoom
}

// ProgramBytes is the device memory of a program: its slots and its scratch memory.
func ProgramBytes(p *graph.Program) int64 {
	total := int64(p.Kernel().Scratch)
	for _, s := range p.Slots() {
		total += int64(s.Bytes())
	}
	return total
}

// String says where the data is in one line.
func (p Placement) String() string {
	if p.Resident {
		return fmt.Sprintf("%s of data stay on the device: %s", size(p.Bytes), p.Why)
	}
	return fmt.Sprintf("batches are fed from the host: %s", p.Why)
}

// size writes bytes for people.
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
