package htmlreport

import (
	"fmt"
	"html"
	"html/template"
	"strings"
)

// drawing is an SVG under construction, in units of CSS pixels.
type drawing struct {
	b             strings.Builder
	width, height float64
	label         string
}

func newDrawing(width, height float64, label string) *drawing {
	return &drawing{width: width, height: height, label: label}
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&d.b, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, class, x1, y1, x2, y2)
}

func (d *drawing) rect(class string, x, y, w, h float64) {
	fmt.Fprintf(&d.b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2"/>`, class, x, y, w, h)
}

func (d *drawing) dot(class string, x, y, r float64) {
	fmt.Fprintf(&d.b, `<circle class="%s" cx="%.1f" cy="%.1f" r="%.1f"/>`, class, x, y, r)
}

// text writes at a point; anchor is start, middle or end.
func (d *drawing) text(class, anchor string, x, y float64, s string) {
	fmt.Fprintf(&d.b, `<text class="%s" text-anchor="%s" x="%.1f" y="%.1f">%s</text>`, class, anchor, x, y,
		html.EscapeString(s))
}

// open begins a group with a tooltip.
func (d *drawing) open(class, title string) {
	fmt.Fprintf(&d.b, `<g class="%s"><title>%s</title>`, class, html.EscapeString(title))
}

func (d *drawing) close() { d.b.WriteString("</g>") }

// path draws a polyline.
func (d *drawing) path(class string, xs, ys []float64) {
	fmt.Fprintf(&d.b, `<path class="%s" d="`, class)
	for i := range xs {
		op := "L"
		if i == 0 {
			op = "M"
		}
		fmt.Fprintf(&d.b, "%s%.1f %.1f", op, xs[i], ys[i])
	}
	d.b.WriteString(`"/>`)
}

// html returns the finished element. Everything variable in it was escaped when it was written.
func (d *drawing) html() template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">%s</svg>`,
		d.width, d.height, html.EscapeString(d.label), d.b.String()))
}
