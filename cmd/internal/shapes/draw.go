package shapes

import (
	"math"
	"math/rand/v2"
)

// Side is the height and width of an image in pixels.
const Side = 28

// Names are the kinds of strokes; a label is an index into it.
var Names = []string{"ring", "square", "triangle", "cross", "wave", "arrow"}

type point struct{ x, y float64 }

// outlines are the strokes within [−1, 1]², each a list of polylines.
var outlines = [][][]point{
	{circle(20)},
	{{{-0.8, -0.8}, {0.8, -0.8}, {0.8, 0.8}, {-0.8, 0.8}, {-0.8, -0.8}}},
	{{{0, -1}, {0.87, 0.6}, {-0.87, 0.6}, {0, -1}}},
	{{{-1, 0}, {1, 0}}, {{0, -1}, {0, 1}}},
	{wave(16)},
	{{{0, 1}, {0, -1}}, {{-0.5, -0.4}, {0, -1}, {0.5, -0.4}}},
}

func circle(n int) []point {
	out := make([]point, n+1)
	for i := range out {
		s, c := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		out[i] = point{c, s}
	}
	return out
}

func wave(n int) []point {
	out := make([]point, n+1)
	for i := range out {
		x := 2*float64(i)/float64(n) - 1
		out[i] = point{x, 0.6 * math.Sin(math.Pi*x*1.2)}
	}
	return out
}

// Draw fills one image (Side·Side bytes, 255 is ink) and returns its label.
func Draw(pixels []byte, seed, i uint64) int {
	r := rand.New(rand.NewPCG(seed, i))
	label := r.IntN(len(Names))
	size := 6 + 4*r.Float64()
	stretch := 0.8 + 0.4*r.Float64()
	angle := 0.6 * (r.Float64() - 0.5)
	at := point{Side/2 + 4*(r.Float64()-0.5), Side/2 + 4*(r.Float64()-0.5)}
	half := 0.9 + 0.9*r.Float64() // of the stroke's width
	sin, cos := math.Sincos(angle)
	place := func(p point) point {
		x, y := p.x*size*stretch, p.y*size/stretch
		return point{at.x + cos*x - sin*y, at.y + sin*x + cos*y}
	}
	var segments [][2]point
	for _, line := range outlines[label] {
		for k := 1; k < len(line); k++ {
			segments = append(segments, [2]point{place(line[k-1]), place(line[k])})
		}
	}
	for y := range Side {
		for x := range Side {
			d := distance(point{float64(x) + 0.5, float64(y) + 0.5}, segments)
			// A pixel is covered in proportion to how far the stroke's edge reaches into it.
			ink := math.Min(math.Max(half-d+0.5, 0), 1)
			pixels[y*Side+x] = byte(math.Round(255 * ink))
		}
	}
	return label
}

// distance returns how far p is from the nearest of the segments.
func distance(p point, segments [][2]point) float64 {
	best := math.Inf(1)
	for _, s := range segments {
		dx, dy := s[1].x-s[0].x, s[1].y-s[0].y
		t := ((p.x-s[0].x)*dx + (p.y-s[0].y)*dy) / (dx*dx + dy*dy)
		t = math.Min(math.Max(t, 0), 1)
		ex, ey := p.x-s[0].x-t*dx, p.y-s[0].y-t*dy
		best = math.Min(best, ex*ex+ey*ey)
	}
	return math.Sqrt(best)
}
