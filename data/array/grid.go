package array

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
)

// GridConfig lays out a grid of images. The zero value is near square with a gutter of one pixel.
type GridConfig struct {
	Columns int  // images in a row; 0 means ⌈√n⌉
	Gutter  int  // pixels between images and around them; 0 means 1, negative means none
	Zoom    int  // pixels a pixel, each way; 0 means as many as make an image at least 28 pixels wide
	Invert  bool // greyscale with 1 as black
}

// WriteGrid writes n images of the given item shape (see ImageShape), values in [0, 1], as one PNG, replacing path
// atomically. Values outside are clipped, NaN is drawn as 0.
func WriteGrid(path string, item []int, values []float32, cfg GridConfig) error {
	return writeAtomic(path, func(w io.Writer) error { return EncodeGrid(w, item, values, cfg) })
}

// EncodeGrid writes the bytes of the PNG.
func EncodeGrid(w io.Writer, item []int, values []float32, cfg GridConfig) error {
	f, err := ImageShape(item)
	if err != nil {
		return err
	}
	d := f.Height * f.Width * f.Channels
	n := len(values) / d
	if n < 1 || n*d != len(values) {
		return fmt.Errorf("data: image grid: %d values are no whole number of images of %s", len(values), ShapeText(item))
	}
	g := newGrid(n, f, cfg)
	if g.width > maxGridSide || g.height > maxGridSide {
		return fmt.Errorf("data: image grid: %d images make %d×%d pixels, at most %d each way", n, g.width, g.height,
			maxGridSide)
	}
	if f.Channels == 1 {
		return png.Encode(w, g.grey(values))
	}
	return png.Encode(w, g.colour(values))
}

const (
	maxGridSide = 1 << 14
	// gutterGrey tells black and white images apart from what lies between them.
	gutterGrey = 96
)

// grid is a layout with all sizes known.
type grid struct {
	ImageFormat
	cfg           GridConfig
	n             int
	width, height int // of the whole, in pixels
}

func newGrid(n int, f ImageFormat, cfg GridConfig) *grid {
	if cfg.Columns < 1 {
		cfg.Columns = int(math.Ceil(math.Sqrt(float64(n))))
	}
	cfg.Columns = min(cfg.Columns, n)
	switch {
	case cfg.Gutter < 0:
		cfg.Gutter = 0
	case cfg.Gutter == 0:
		cfg.Gutter = 1
	}
	if cfg.Zoom < 1 {
		cfg.Zoom = max(1, (27+f.Width)/f.Width)
	}
	rows := (n + cfg.Columns - 1) / cfg.Columns
	return &grid{ImageFormat: f, cfg: cfg, n: n,
		width:  cfg.Columns*(f.Width*cfg.Zoom+cfg.Gutter) + cfg.Gutter,
		height: rows*(f.Height*cfg.Zoom+cfg.Gutter) + cfg.Gutter}
}

// grey draws images of one channel.
func (g *grid) grey(values []float32) image.Image {
	out := image.NewGray(image.Rect(0, 0, g.width, g.height))
	for i := range out.Pix {
		out.Pix[i] = gutterGrey
	}
	g.draw(func(x, y, image, i, j int) {
		v := shade(values[g.index(image, i, j, 0)])
		if g.cfg.Invert {
			v = 255 - v
		}
		out.Pix[out.PixOffset(x, y)] = v
	})
	return out
}

// colour draws images of three channels.
func (g *grid) colour(values []float32) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, g.width, g.height))
	for i := range out.Pix {
		out.Pix[i] = gutterGrey
		if i%4 == 3 {
			out.Pix[i] = 255
		}
	}
	g.draw(func(x, y, image, i, j int) {
		out.SetNRGBA(x, y, color.NRGBA{R: shade(values[g.index(image, i, j, 0)]),
			G: shade(values[g.index(image, i, j, 1)]), B: shade(values[g.index(image, i, j, 2)]), A: 255})
	})
	return out
}

// draw visits every pixel (x, y) of the whole that shows row i, column j of an image.
func (g *grid) draw(set func(x, y, image, i, j int)) {
	z := g.cfg.Zoom
	for k := range g.n {
		left := g.cfg.Gutter + k%g.cfg.Columns*(g.Width*z+g.cfg.Gutter)
		top := g.cfg.Gutter + k/g.cfg.Columns*(g.Height*z+g.cfg.Gutter)
		for y := range g.Height * z {
			for x := range g.Width * z {
				set(left+x, top+y, k, y/z, x/z)
			}
		}
	}
}

// shade maps [0, 1] to a byte.
func shade(v float32) uint8 {
	switch {
	case !(v > 0): // NaN too
		return 0
	case v >= 1:
		return 255
	}
	return uint8(v*255 + 0.5)
}
