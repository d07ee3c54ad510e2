//go:build elbo_cuda && linux

package main

import (
	"fmt"
	"strings"
	"time"

	"elbo/kernels/cuda/probe"
)

// report is what was found.
type report struct {
	Machine   machine
	When      time.Time
	Short     bool
	Quirks    []probe.Quirk
	Tests     int
	Ops       []opError
	Trainings []training
	Figures   []probe.Figure
	Speeds    []speed
	Failures  []string
}

func (r *report) fail(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

// speed is a line of elbo bench --json.
type speed struct {
	Name   string  `json:"name"`
	Micros float64 `json:"us_per_step"`
	Rows   float64 `json:"rows_per_s"`
	Flops  float64 `json:"flops"`
	Bytes  float64 `json:"bytes"`
	Floor  float64 `json:"floor_us"`
	Ratio  float64 `json:"ratio"`
	DType  string  `json:"dtype"`
	MatMul string  `json:"-"` // precision of its float32 products
}

// markdown is the report as a page, ready for kernels/cuda/RESULTS.md.
func (r *report) markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	c := &r.Machine.Card
	p("## %s, %s\n", c.Model, r.When.Format("2006-01-02"))
	if r.Machine.Emulated {
		p("**An emulator, not a card: times below say nothing about any GPU.**\n")
	}
	if r.Short {
		p("**A short run: part of the checks, small sizes.**\n")
	}
	p("Compute capability %s, %d multiprocessors, %.1f GiB, CUDA driver %s.", c.Capability, c.Multiprocessors,
		float64(c.Memory)/(1<<30), c.Driver)
	for i := range r.Machine.Libraries {
		l := &r.Machine.Libraries[i]
		p("%s %s: `%s`.", l.Name, l.Version, l.Path)
	}
	p("")
	r.verdict(p)
	r.tables(p)
	return b.String()
}

func (r *report) verdict(p func(string, ...any)) {
	if len(r.Failures) == 0 {
		p("Everything passed.\n")
		return
	}
	p("### Failed\n")
	for _, f := range r.Failures {
		p("- %s", strings.ReplaceAll(f, "\n", "\n  "))
	}
	p("")
}

func (r *report) tables(p func(string, ...any)) {
	p("### Driver\n\n| question | answer |\n|---|---|")
	for _, q := range r.Quirks {
		answer := "as expected"
		if q.Err != nil {
			answer = strings.ReplaceAll(q.Err.Error(), "\n", " ")
		}
		p("| %s | %s |", q.Name, answer)
	}
	p("\n### Trainings of %d steps, CPU and card: largest relative differences, %.0e allowed\n", agreeSteps, agreeWith)
	p("| | bounds | parameters | predictions | half on each | bounds compared | last bound, nats |")
	p("|---|---|---|---|---|---|---|")
	for _, t := range r.Trainings {
		p("| %s | %.1e | %.1e | %.1e | %.1e | %d | %.6g |", t.Name, t.Bounds, t.Params, t.Uses, t.Crossed, t.Points, t.Last)
	}
	if len(r.Speeds) > 0 {
		p("\n### Speeds\n\n| | µs | floor, µs | × floor | GFLOP/s | GB/s |\n|---|---|---|---|---|---|")
		for _, s := range r.Speeds {
			p("| %s, %s, %s | %.4g | %.4g | %.2f | %.4g | %.4g |", s.Name, s.DType, s.MatMul, s.Micros, s.Floor, s.Ratio,
				s.Flops/s.Micros/1e3, s.Bytes/s.Micros/1e3)
		}
	}
	p("\n### Figures of the card\n\n| | |\n|---|---|")
	for _, f := range r.Figures {
		p("| %s | %.4g %s |", f.Name, f.Value, f.Unit)
	}
	p("\n### Conformance: %d tests, worst error of each op against float64\n", r.Tests)
	p("In units of max(1, |value|); of the sum of magnitudes for sums and products.\n")
	p("| op | type | error | tolerance | runs |\n|---|---|---|---|---|")
	for _, e := range r.Ops {
		err := e.Error
		switch {
		case e.identical:
			err = "0"
		case !e.tolerated:
			err = "**" + err + "**"
		}
		p("| %s | %s | %s | %s | %s |", e.Op, e.DType, err, e.Tolerance, e.Runs)
	}
}

// coarseNames are those of them that a goal with tf32 is set for.
var coarseNames = []string{"vae/784-400-20-b4096"}

// speedNames are the benchmarks that goals are set for, and those of a choice that a card has to tell.
var speedNames = []string{"glm/gradient-10000000x100", "glm/logistic-512x100-gather", "vae/784-400-20-b128",
	"vae/784-400-20-b4096", "vae/b128-streams-1", "vae/b128-streams-4", "stream/glm-262144x100", "compile/vae-first",
	"compile/vae-again"}
