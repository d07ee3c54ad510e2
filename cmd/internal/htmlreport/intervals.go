package htmlreport

import (
	"fmt"
	"html/template"
	"math"
	"sort"
	"unicode/utf8"

	"elbo/cmd/internal/result"
	"elbo/cmd/internal/screen"
)

// Geometry of the interval plot.
const (
	plotWidth = 860.0
	rowHeight = 24.0
	axisRoom  = 30.0
	maxRows   = 200 // beyond, the page is no place for single coefficients
	charWidth = 7.3
)

// bar is one row of the interval plot.
type bar struct {
	name                         string
	mean, lower, upper, in1, in2 float64
	sd                           float64
}

// intervals plots coefficients with their intervals; the inner bar holds half the mass.
func intervals(rows []result.Parameter, prob float64) template.HTML {
	bars := make([]bar, 0, len(rows))
	for _, p := range rows {
		if len(bars) == maxRows {
			break
		}
		const half = 0.6744897501960817 // the normal quantile of 0.75
		b := bar{name: p.Name, mean: float64(p.Mean), lower: float64(p.Lower), upper: float64(p.Upper),
			sd: float64(p.SD)}
		b.in1, b.in2 = b.mean-half*b.sd, b.mean+half*b.sd
		if finite(b.mean, b.lower, b.upper) {
			bars = append(bars, b)
		}
	}
	if len(bars) == 0 {
		return ""
	}
	names, values := 0, 0
	for _, b := range bars {
		names = max(names, utf8.RuneCountInString(b.name))
		values = max(values, len(b.text()))
	}
	left := math.Min(16+charWidth*float64(names), 300)
	right := plotWidth - 16 - charWidth*float64(values)
	s := barScale(bars, left+14, right-14)
	height := axisRoom + rowHeight*float64(len(bars))
	d := newDrawing(plotWidth, height+8, "coefficients with "+result.Percent(prob)+"% intervals")
	for _, t := range s.ticks(6) {
		d.line("grid", t.At, axisRoom-6, t.At, height)
		d.text("tick", "middle", t.At, axisRoom-12, t.Text)
	}
	if s.lo <= 0 && s.hi >= 0 {
		d.line("zero", s.at(0), axisRoom-6, s.at(0), height)
	}
	for i, b := range bars {
		b.draw(d, s, axisRoom+rowHeight*(float64(i)+0.5), left, prob)
	}
	return d.html()
}

func (b bar) draw(d *drawing, s scale, y, left, prob float64) {
	class := "row"
	if b.lower <= 0 && b.upper >= 0 {
		class = "row faint"
	}
	d.open(class, fmt.Sprintf("%s: %s, %s%% interval %s", b.name, screen.Fixed(b.mean, screen.Decimals(b.sd)),
		result.Percent(prob), b.text()))
	d.rect("hit", 0, y-rowHeight/2, d.width, rowHeight)
	d.text("name", "end", left, y+4, clip(b.name, 40))
	d.line("outer", s.at(b.lower), y, s.at(b.upper), y)
	d.line("inner", s.at(b.in1), y, s.at(b.in2), y)
	d.dot("mean", s.at(b.mean), y, 3.4)
	d.text("value", "end", d.width-4, y+4, b.text())
	d.close()
}

func (b bar) text() string {
	n := screen.Decimals(b.sd)
	return fmt.Sprintf("%s … %s", screen.Fixed(b.lower, n), screen.Fixed(b.upper, n))
}

// barScale fits the bars; where a few coefficients dwarf the rest it bends beyond the rest.
func barScale(bars []bar, from, to float64) scale {
	lo, hi := 0.0, 0.0
	var size []float64
	for _, b := range bars {
		lo, hi = math.Min(lo, b.lower), math.Max(hi, b.upper)
		size = append(size, math.Max(math.Abs(b.lower), math.Abs(b.upper)))
	}
	sort.Float64s(size)
	s := scale{lo: lo, hi: hi, from: from, to: to}
	if middle := quantile(size, 0.5); middle > 0 && size[len(size)-1]/middle > 25 {
		s.bend = middle
	}
	if lo == hi {
		s.lo, s.hi = lo-1, hi+1
	}
	return s
}

func finite(xs ...float64) bool {
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// clip shortens a text to n characters.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
