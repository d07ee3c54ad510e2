package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/screen"
)

// checkup is what elbo doctor reports.
type checkup struct {
	SchemaVersion int      `json:"schema_version"`
	Build         build    `json:"build"`
	Processors    int      `json:"processors"`
	MaxProcs      int      `json:"gomaxprocs"`
	MemoryBytes   int64    `json:"memory_bytes"`
	Devices       []health `json:"devices"`
	// Cards is absent from builds that use none.
	Cards        *device.Survey `json:"cuda,omitempty"`
	ISALevels    []string       `json:"isa_levels"`
	ISAOverride  string         `json:"isa_override,omitempty"`
	TempDir      string         `json:"temp_dir"`
	TempWritable bool           `json:"temp_writable"`
	WorkDir      string         `json:"work_dir"`
	WorkWritable bool           `json:"work_writable"`
	Problems     []string       `json:"problems"`
}

// health is the state of one device.
type health struct {
	Name      string `json:"name"`
	Available bool   `json:"available"`
	Model     string `json:"model,omitempty"`
	ISA       string `json:"isa,omitempty"`
	Threads   int    `json:"threads,omitempty"`
	Default   bool   `json:"default"`        // --device auto may choose it
	When      string `json:"when,omitempty"` // in which cases, where auto has a choice
	Why       string `json:"why,omitempty"`
}

func (a *app) doctorCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "doctor", Short: "Show devices, instruction sets, memory and what is wrong", GroupID: "tool", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			d := a.examine()
			if asJSON {
				return writeJSON(a.out, d)
			}
			return d.writeText(a.out, a.style())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	layoutHelp(c)
	return c
}

// examine looks at the machine.
func (a *app) examine() *checkup {
	d := &checkup{
		SchemaVersion: 1, Build: buildInfo(), Processors: runtime.NumCPU(), MaxProcs: runtime.GOMAXPROCS(0),
		MemoryBytes: totalMemory(), ISALevels: append([]string{}, device.Levels()...),
		TempDir: os.TempDir(), WorkDir: cwd(),
		Problems: []string{},
	}
	d.ISAOverride, _ = a.env("ELBO_CPU_ISA")
	d.Cards = device.Look()
	d.Problems = append(d.Problems, cardProblems(d.Cards)...)
	auto, undecided := "", false
	if o, err := device.Open("auto", 0); err == nil {
		auto, undecided = o.Report().Name, o.Undecided()
		_ = o.Close() // opened only to see which it is
	} else {
		d.Problems = append(d.Problems, "no device: "+err.Error())
	}
	for _, name := range device.Names() {
		if name != "auto" {
			h := probe(name, auto)
			switch {
			case undecided && h.Default:
				h.When = "for little work, and where a trial says so"
			case undecided && h.Available && name == "cuda":
				h.Default, h.When = true, "for large work, and where a trial says so"
			}
			d.Devices = append(d.Devices, h)
		}
	}
	d.TempWritable, d.WorkWritable = writable(d.TempDir), writable(d.WorkDir)
	if !d.TempWritable {
		d.Problems = append(d.Problems, "the temporary directory cannot be written; set TMPDIR")
	}
	if !d.WorkWritable {
		d.Problems = append(d.Problems, "the working directory cannot be written; give --out a path that can")
	}
	if !d.Build.CGO {
		d.Problems = append(d.Problems, "built without cgo: the reference device runs, many times slower than cpu")
	}
	return d
}

// probe opens a device to see whether it works.
func probe(name, auto string) health {
	o, err := device.Open(name, 0)
	if err != nil {
		return health{Name: name, Why: err.Error()}
	}
	r := o.Report()
	h := health{Name: name, Available: true, Model: r.Model, ISA: r.ISA, Threads: r.Threads, Default: name == auto}
	if err := o.Close(); err != nil {
		h.Why = "closing it failed: " + err.Error()
	}
	return h
}

// writable tries to create a file in a directory.
func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".elbo-doctor-*")
	if err != nil {
		return false
	}
	return f.Close() == nil && os.Remove(f.Name()) == nil
}

func (d *checkup) writeText(w io.Writer, st screen.Style) error {
	line := func(label, format string, args ...any) {
		fmt.Fprintf(w, "%s  %s\n", st.Dim(fmt.Sprintf("%12s", label)), fmt.Sprintf(format, args...))
	}
	ok := func(b bool, text string) string {
		if b {
			return text + " " + st.Good("writable")
		}
		return text + " " + st.Bad("not writable")
	}
	line("build", "%s", d.Build)
	line("processors", "%d, of which %d are used", d.Processors, min(d.MaxProcs, d.Processors))
	if d.MemoryBytes > 0 {
		line("memory", "%s", screen.Bytes(d.MemoryBytes))
	}
	for _, h := range d.Devices {
		switch {
		case !h.Available:
			line("device "+h.Name, "%s", st.Dim(h.Why))
		case h.Default:
			line("device "+h.Name, "%s", st.Good(strings.TrimSpace("used by --device auto "+h.When))+h.text())
		default:
			line("device "+h.Name, "available%s", h.text())
		}
	}
	writeCards(d.Cards, st, line)
	if len(d.ISALevels) > 0 {
		line("cpu levels", "%s", strings.Join(d.ISALevels, ", "))
	}
	if d.ISAOverride != "" {
		line("", "ELBO_CPU_ISA=%s is set", d.ISAOverride)
	}
	line("temporary", "%s", ok(d.TempWritable, d.TempDir))
	line("directory", "%s", ok(d.WorkWritable, d.WorkDir))
	if len(d.Problems) == 0 {
		line("verdict", "%s", st.Good("all is well"))
	}
	for _, p := range d.Problems {
		line("problem", "%s", st.Warn(p))
	}
	return nil
}

func (h health) text() string {
	var parts []string
	if h.Model != "" {
		parts = append(parts, h.Model)
	}
	if h.ISA != "" {
		parts = append(parts, h.ISA)
	}
	if h.Threads > 0 && h.Name != "cuda" { // the card's own line has its multiprocessors
		parts = append(parts, fmt.Sprintf("threads %d", h.Threads))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}
