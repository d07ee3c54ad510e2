package htmlreport

import (
	"html/template"
	"math"
	"sort"

	"elbo/cmd/internal/screen"
)

// series is one curve of a plot.
type series struct {
	name, class string
	x, y        []float64
}

// boundCurves plots the bounds on training and validation data by epoch. Early epochs far below
// the rest would flatten everything after them: they are cut off, and cut says so.
func boundCurves(epochs []Epoch) (svg template.HTML, cut bool) {
	train, valid := series{name: "training", class: "c0"}, series{name: "validation", class: "c1"}
	for _, e := range thin(epochs) {
		train.add(e.Epoch, e.Train)
		valid.add(e.Epoch, e.Valid)
	}
	all := append(append([]float64{}, train.y...), valid.y...)
	lo, hi, ok := span(0.06, all)
	if !ok || len(train.y) < 2 {
		return "", false
	}
	sort.Float64s(all)
	if middle := quantile(all, 0.25); hi-middle < 0.25*(hi-lo) {
		// Three quarters of the points lie in the upper quarter: let them have most of the plot.
		lo, cut = hi-3*(hi-middle), true
	}
	return plotSeries("bound by epoch", lo, hi, train, valid), cut
}

// klCurves plots the KL by epoch and, in its scale, the number of active units.
func klCurves(epochs []Epoch) template.HTML {
	kl, active := series{name: "KL", class: "c0"}, series{name: "active units", class: "c2"}
	for _, e := range thin(epochs) {
		kl.add(e.Epoch, e.KL)
		active.add(e.Epoch, e.Active)
	}
	_, hi, ok := span(0.08, kl.y, active.y)
	if !ok || len(kl.y) < 2 {
		return ""
	}
	return plotSeries("KL and active units by epoch", 0, hi, kl, active)
}

// thin leaves at most tracePoints epochs, the last among them.
func thin(epochs []Epoch) []Epoch {
	stride := len(epochs)/tracePoints + 1
	var out []Epoch
	for i, e := range epochs {
		if i%stride == 0 || i == len(epochs)-1 {
			out = append(out, e)
		}
	}
	return out
}

func (s *series) add(epoch int64, y float64) {
	if finite(y) {
		s.x, s.y = append(s.x, float64(epoch)), append(s.y, y)
	}
}

// plotSeries draws curves with their names at their ends.
func plotSeries(label string, lo, hi float64, list ...series) template.HTML {
	first, last := math.Inf(1), 0.0
	for _, s := range list {
		if n := len(s.x); n > 0 {
			first, last = math.Min(first, s.x[0]), math.Max(last, s.x[n-1])
		}
	}
	x := scale{lo: first, hi: last, from: traceLeft, to: traceRight}
	y := scale{lo: lo, hi: hi, from: traceBottom, to: traceTop}
	d := newDrawing(traceWidth, traceHeight, label)
	for _, t := range y.ticks(4) {
		d.line("grid", traceLeft, t.At, traceRight, t.At)
		d.text(traceTextClass, "end", traceLeft-6, t.At+3.5, t.Text)
	}
	for _, t := range wholeTicks(x) {
		d.text(traceTextClass, "middle", t.At, traceBottom+16, t.Text)
	}
	d.text("note", "end", traceRight, traceBottom+31, "epoch")
	left := traceLeft
	for _, s := range list {
		if len(s.x) == 0 {
			continue
		}
		var xs, ys []float64
		for i := range s.x {
			if s.y[i] >= lo { // what was cut off begins at the frame
				xs, ys = append(xs, x.at(s.x[i])), append(ys, y.at(s.y[i]))
			}
		}
		title := s.name + ", at the end " + screen.Significant(s.y[len(s.y)-1], 5)
		d.open("line", title)
		d.path(s.class, xs, ys)
		d.close()
		d.text(s.class, "start", left, traceBottom+31, s.name)
		left += 12 + 6.4*float64(len(s.name))
	}
	return d.html()
}

// wholeTicks marks whole epochs.
func wholeTicks(x scale) []tick {
	var out []tick
	for _, t := range x.ticks(5) {
		if v := x.lo + (t.At-x.from)/(x.to-x.from)*(x.hi-x.lo); math.Abs(v-math.Round(v)) < 1e-6 {
			out = append(out, tick{t.At, number(v, 0)})
		}
	}
	return out
}

// units draws the KL of each latent dimension as a bar, the largest first.
func units(kl []float64, active []bool) template.HTML {
	order := make([]int, 0, len(kl))
	for i, v := range kl {
		if finite(v) {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return kl[order[a]] > kl[order[b]] })
	if len(order) == 0 {
		return ""
	}
	const top, bottom, left = 10.0, 150.0, 46.0
	d := newDrawing(plotWidth, 172, "KL of each latent dimension")
	y := scale{lo: 0, hi: math.Max(kl[order[0]]*1.06, 1e-6), from: bottom, to: top}
	for _, t := range y.ticks(4) {
		d.line("grid", left, t.At, plotWidth, t.At)
		d.text("tick", "end", left-6, t.At+3.5, t.Text)
	}
	step := (plotWidth - left) / float64(len(order))
	width := math.Min(step*0.78, 34)
	for k, i := range order {
		class := "unit"
		if i < len(active) && !active[i] {
			class = "idle"
		}
		at := left + (float64(k)+0.5)*step
		h := math.Max(bottom-y.at(kl[i]), 0.6)
		d.open(class, "dimension "+screen.Count(int64(i))+": "+screen.Significant(kl[i], 3)+" nats")
		d.rect(class, at-width/2, bottom-h, width, h)
		d.close()
		if len(order) <= 30 {
			d.text("tick", "middle", at, bottom+16, screen.Count(int64(i)))
		}
	}
	return d.html()
}
