package htmlreport

import (
	"fmt"
	"html/template"
	"math"
)

// Latent is a set of points in the plane, posterior means of images.
type Latent struct {
	X, Y         []float64
	Labels       []int32  // colours; nil for one colour
	LabelNames   []string // texts of labels; nil for their numbers
	XAxis, YAxis string
	Caption      string
}

const (
	cloudHeight = 460.0
	maxLegend   = 20
)

// cloud draws the points, coloured by label, with the entries of its legend.
func cloud(l *Latent) (template.HTML, []legendEntry) {
	if len(l.X) == 0 {
		return "", nil
	}
	xlo, xhi, okX := span(0.04, l.X)
	ylo, yhi, okY := span(0.04, l.Y)
	if !okX || !okY {
		return "", nil
	}
	const left, right, top = 46.0, plotWidth - 8, 8.0
	bottom := cloudHeight - 34
	x, y := scale{lo: xlo, hi: xhi, from: left, to: right}, scale{lo: ylo, hi: yhi, from: bottom, to: top}
	d := newDrawing(plotWidth, cloudHeight, "posterior means of images in the latent space")
	for _, t := range y.ticks(6) {
		d.line("grid", left, t.At, right, t.At)
		d.text("tick", "end", left-6, t.At+3.5, t.Text)
	}
	for _, t := range x.ticks(8) {
		d.line("grid", t.At, top, t.At, bottom)
		d.text("tick", "middle", t.At, bottom+16, t.Text)
	}
	d.text("note", "end", right, bottom+31, l.XAxis)
	d.text("note", "start", left, bottom+31, "↑ "+l.YAxis)
	d.open("cloud", "each point is an image")
	for i := range l.X {
		if finite(l.X[i], l.Y[i]) {
			d.dot(l.class(i), x.at(l.X[i]), y.at(l.Y[i]), 2.1)
		}
	}
	d.close()
	return d.html(), l.legend()
}

// class returns the colour of a point.
func (l *Latent) class(i int) string {
	if i >= len(l.Labels) {
		return colour(0)
	}
	return colour(max(int(l.Labels[i]), 0))
}

// legend lists the labels that occur, the first twenty.
func (l *Latent) legend() []legendEntry {
	seen := map[int32]bool{}
	most := int32(-1)
	for _, v := range l.Labels {
		if v >= 0 {
			seen[v] = true
			most = max(most, v)
		}
	}
	var out []legendEntry
	for v := int32(0); v <= most && len(out) < maxLegend; v++ {
		if !seen[v] {
			continue
		}
		text := fmt.Sprint(v)
		if int(v) < len(l.LabelNames) {
			text = l.LabelNames[v]
		}
		out = append(out, legendEntry{swatch(colour(int(v))), text})
	}
	return out
}

// Plane projects n points of d coordinates (row-major) to two: themselves up to two dimensions,
// their first two principal components beyond, with the share of the variance each explains.
func Plane(points []float64, n, d int) (x, y []float64, share [2]float64) {
	x, y = make([]float64, n), make([]float64, n)
	if d <= 2 {
		for i := range n {
			x[i] = points[i*d]
			if d == 2 {
				y[i] = points[i*d+1]
			}
		}
		return x, y, share
	}
	mean, cov := momentsOf(points, n, d)
	total := 0.0
	for j := range d {
		total += cov[j*d+j]
	}
	for k, out := range [][]float64{x, y} {
		v, value := leading(cov, d)
		if total > 0 {
			share[k] = value / total
		}
		for i := range n {
			for j := range d {
				out[i] += (points[i*d+j] - mean[j]) * v[j]
			}
		}
		for a := range d { // the next leading direction is that of what is left
			for b := range d {
				cov[a*d+b] -= value * v[a] * v[b]
			}
		}
	}
	return x, y, share
}

// momentsOf returns mean and covariance of points.
func momentsOf(points []float64, n, d int) (mean, cov []float64) {
	mean, cov = make([]float64, d), make([]float64, d*d)
	for i := range n {
		for j := range d {
			mean[j] += points[i*d+j] / float64(n)
		}
	}
	for i := range n {
		p := points[i*d : (i+1)*d]
		for a := range d {
			da := (p[a] - mean[a]) / float64(n)
			for b := range d {
				cov[a*d+b] += da * (p[b] - mean[b])
			}
		}
	}
	return mean, cov
}

// leading returns the direction of the largest variance and that variance, by power iteration
// from the coordinate of largest variance; its largest component is positive.
func leading(cov []float64, d int) (v []float64, value float64) {
	v = make([]float64, d)
	start := 0
	for j := range d {
		if cov[j*d+j] > cov[start*d+start] {
			start = j
		}
		v[j] = 1e-3 / float64(1+j)
	}
	v[start] = 1
	next := make([]float64, d)
	for range 500 {
		norm := 0.0
		for a := range d {
			next[a] = 0
			for b := range d {
				next[a] += cov[a*d+b] * v[b]
			}
			norm += next[a] * next[a]
		}
		if norm = math.Sqrt(norm); norm == 0 {
			return v, 0
		}
		moved := 0.0
		for a := range d {
			next[a] /= norm
			moved += math.Abs(next[a] - v[a])
		}
		v, next, value = next, v, norm
		if moved < 1e-12 {
			break
		}
	}
	most := 0
	for j := range d {
		if math.Abs(v[j]) > math.Abs(v[most]) {
			most = j
		}
	}
	if v[most] < 0 {
		for j := range d {
			v[j] = -v[j]
		}
	}
	return v, value
}
