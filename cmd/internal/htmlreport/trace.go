package htmlreport

import (
	"html/template"
	"math"
	"sort"

	"elbo/cmd/internal/screen"
	"elbo/vi/train"
)

// Geometry of the trace.
const (
	traceWidth, traceHeight       = 420.0, 190.0
	traceLeft, traceRight         = 58.0, 410.0
	traceTop, traceBottom         = 14.0, 156.0
	tracePoints                   = 400 // more would not be seen
	traceLow, traceHigh           = 0.02, 0.98
	averagingLine, traceTextClass = "mark", "tick"
)

// trace plots the bound by step, relative to where it ended, and marks where averaging began.
func trace(metrics []train.Metric) template.HTML {
	var kept []train.Metric
	for i, m := range metrics {
		if stride := len(metrics)/tracePoints + 1; (i%stride == 0 || i == len(metrics)-1) && finite(m.Elbo) {
			kept = append(kept, m)
		}
	}
	if len(kept) < 2 {
		return ""
	}
	end := kept[len(kept)-1].ElboEMA
	var sorted []float64
	for _, m := range kept {
		sorted = append(sorted, m.Elbo-end)
	}
	sort.Float64s(sorted)
	lo, hi := quantile(sorted, traceLow), quantile(sorted, traceHigh)
	pad := 0.08*(hi-lo) + 1e-12
	x := scale{lo: 0, hi: float64(kept[len(kept)-1].Step), from: traceLeft, to: traceRight}
	y := scale{lo: lo - pad, hi: hi + pad, from: traceBottom, to: traceTop}
	d := newDrawing(traceWidth, traceHeight, "the bound by training step")
	traceAxes(d, x, y)
	if step, ok := averaging(kept); ok {
		d.line(averagingLine, x.at(step), traceTop, x.at(step), traceBottom)
		d.text("note", "start", x.at(step)+4, traceTop+9, "averaging")
	}
	xs, raw, smooth := make([]float64, len(kept)), make([]float64, len(kept)), make([]float64, len(kept))
	for i, m := range kept {
		xs[i] = x.at(float64(m.Step))
		raw[i], smooth[i] = y.clip(m.Elbo-end), y.clip(m.ElboEMA-end)
	}
	d.path("raw", xs, raw)
	d.path("curve", xs, smooth)
	return d.html()
}

func traceAxes(d *drawing, x, y scale) {
	for _, t := range y.ticks(4) {
		d.line("grid", traceLeft, t.At, traceRight, t.At)
		d.text(traceTextClass, "end", traceLeft-6, t.At+3.5, t.Text)
	}
	for _, t := range x.ticks(5) {
		d.text(traceTextClass, "middle", t.At, traceBottom+16, t.Text)
	}
	d.text("note", "end", traceRight, traceBottom+31, "step")
}

// averaging returns the first step of the last averaging phase.
func averaging(metrics []train.Metric) (step float64, ok bool) {
	for i := len(metrics) - 1; i >= 0; i-- {
		if metrics[i].State == "settling" {
			break
		}
		step, ok = float64(metrics[i].Step), true
	}
	return step, ok && !math.IsNaN(step)
}

// gauge shows k-hat on its scale: sound, doubtful, not to be trusted.
func gauge(khat, threshold float64) template.HTML {
	if math.IsNaN(khat) {
		return ""
	}
	const width, height, top, bar = 420.0, 78.0, 30.0, 14.0
	s := scale{lo: math.Min(0, math.Max(khat, -0.3)), hi: 1.3, from: 8, to: width - 8}
	d := newDrawing(width, height, "k-hat on its scale")
	zone := func(class string, lo, hi float64) { d.rect(class, s.at(lo), top, s.at(hi)-s.at(lo)-1, bar) }
	zone("ok", s.lo, threshold)
	zone("warn", threshold, 1)
	zone("bad", 1, s.hi)
	for _, v := range []float64{0, threshold, 1} {
		d.text("tick", "middle", math.Max(s.at(v), 14), top+bar+16, screen.Significant(math.Round(v*100)/100, 3))
	}
	at := s.clip(khat)
	d.line("needle", at, top-7, at, top+bar+4)
	label := screen.Fixed(khat, 2)
	if math.IsInf(khat, 1) {
		label = "infinite"
	}
	d.text("reading", "middle", math.Min(math.Max(at, 24), width-24), top-11, label)
	return d.html()
}
