package graph

import (
	"fmt"
	"testing"

	"elbo/kernels"
)

// windowShape is an image and a window that fits.
type windowShape struct {
	image kernels.Shape
	w     Window
}

// windowShapes: strides below, at and above the kernel's extent, odd sizes, padding on one or
// both sides, single pixels and windows over the whole image.
var windowShapes = []windowShape{
	{kernels.Shape{2, 5, 4, 2}, Window{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [2]int{1, 1}}},
	{kernels.Shape{1, 4, 5, 3}, Window{Kernel: [2]int{2, 3}}},
	{kernels.Shape{2, 5, 5, 1}, Window{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}}},
	{kernels.Shape{1, 6, 7, 1}, Window{Kernel: [2]int{2, 1}, Stride: [2]int{3, 2}}},
	{kernels.Shape{1, 3, 4, 2}, Window{Kernel: [2]int{2, 2}, PadEnd: [2]int{1, 1}}},
	{kernels.Shape{2, 3, 2, 2}, Window{Kernel: [2]int{1, 1}}},
	{kernels.Shape{2, 3, 2, 2}, Window{Kernel: [2]int{3, 2}}},
	{kernels.Shape{1, 2, 2, 1}, Window{Kernel: [2]int{3, 4}, Pad: [2]int{2, 1}, PadEnd: [2]int{0, 2}}},
}

// windowCases covers the functions made of windows and products.
func windowCases() []opCase {
	all := []kernels.Domain{{Lo: -2, Hi: 2}}
	var out []opCase
	for _, c := range windowShapes {
		s, w := c.image, c.w
		oh, ow, err := w.Out(s[1], s[2])
		if err != nil {
			panic(err)
		}
		out = append(out,
			opCase{name: fmt.Sprint("conv ", s, w), shapes: []kernels.Shape{s, {w.Size() * s[3], 3}}, dom: all,
				apply: func(_ *Graph, p []*Node) *Node { return Conv2D(p[0], p[1], w) }},
			opCase{name: fmt.Sprint("transposed conv ", s, w), dom: all,
				shapes: []kernels.Shape{{s[0], oh, ow, 2}, {2, w.Size() * s[3]}},
				apply:  func(_ *Graph, p []*Node) *Node { return ConvTranspose2D(p[0], p[1], w, s[1], s[2]) }},
			opCase{name: fmt.Sprint("max pooling ", s, w), shapes: []kernels.Shape{s}, dom: all,
				apply: func(_ *Graph, p []*Node) *Node { return MaxPool2D(p[0], w) }},
			opCase{name: fmt.Sprint("mean pooling ", s, w), shapes: []kernels.Shape{s}, dom: all,
				apply: func(_ *Graph, p []*Node) *Node { return AvgPool2D(p[0], w) }})
	}
	return out
}

// Convolutions, their transposes and pooling against loops written from their definitions.
func TestConvolutionByDefinition(t *testing.T) {
	for i, c := range windowCases() {
		b, err := c.build(kernels.F64, uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		s := windowShapes[i/4]
		got := evaluate(t, nil, b.y)
		want := [](func(windowShape, [][]float64) []float64){
			convolution, transposedConvolution, maxPooling, meanPooling,
		}[i%4](s, b.init)
		if len(got) != len(want) {
			t.Fatalf("%s: %d elements, want %d", c.name, len(got), len(want))
		}
		for k := range want {
			// Sums of up to 24 terms below 4 in another order.
			if !closeTo(got[k], want[k], 1e-13) {
				t.Errorf("%s: element %d is %g, want %g", c.name, k, got[k], want[k])
				break
			}
		}
	}
}

// pairs calls f with every pixel of the image that a pixel of the result sees: their numbers,
// channels left out, and the place in the window.
func (c windowShape) pairs(f func(out, in, place int)) {
	oh, ow, _ := c.w.Out(c.image[1], c.image[2])
	sy, sx := c.w.Steps()
	for n := range c.image[0] {
		for y := range oh {
			for x := range ow {
				for i := range c.w.Kernel[0] {
					for j := range c.w.Kernel[1] {
						iy, ix := y*sy+i-c.w.Pad[0], x*sx+j-c.w.Pad[1]
						if iy >= 0 && iy < c.image[1] && ix >= 0 && ix < c.image[2] {
							f((n*oh+y)*ow+x, (n*c.image[1]+iy)*c.image[2]+ix, i*c.w.Kernel[1]+j)
						}
					}
				}
			}
		}
	}
}

// places returns the pixels of the result.
func (c windowShape) places() int {
	oh, ow, _ := c.w.Out(c.image[1], c.image[2])
	return c.image[0] * oh * ow
}

func convolution(c windowShape, p [][]float64) []float64 {
	const oc = 3
	ic := c.image[3]
	y := make([]float64, c.places()*oc)
	c.pairs(func(out, in, place int) {
		for o := range oc {
			for k := range ic {
				y[out*oc+o] += p[0][in*ic+k] * p[1][(place*ic+k)*oc+o]
			}
		}
	})
	return y
}

func transposedConvolution(c windowShape, p [][]float64) []float64 {
	const ic = 2
	oc := c.image[3]
	y := make([]float64, c.image.Size())
	c.pairs(func(out, in, place int) {
		for k := range ic {
			for o := range oc {
				y[in*oc+o] += p[0][out*ic+k] * p[1][k*c.w.Size()*oc+place*oc+o]
			}
		}
	})
	return y
}

func maxPooling(c windowShape, p [][]float64) []float64 {
	ch := c.image[3]
	y := make([]float64, c.places()*ch)
	for i := range y {
		y[i] = -1e9
	}
	c.pairs(func(out, in, _ int) {
		for k := range ch {
			y[out*ch+k] = max(y[out*ch+k], p[0][in*ch+k])
		}
	})
	return y
}

func meanPooling(c windowShape, p [][]float64) []float64 {
	ch := c.image[3]
	y, count := make([]float64, c.places()*ch), make([]float64, c.places())
	c.pairs(func(out, in, _ int) {
		count[out]++
		for k := range ch {
			y[out*ch+k] += p[0][in*ch+k]
		}
	})
	for i := range y {
		y[i] /= count[i/ch]
	}
	return y
}

// Padding does not win a maximum of negative numbers, and ties share the gradient.
func TestMaxPoolingTies(t *testing.T) {
	mustBuild(t, kernels.F64, func(g *Graph) {
		x := g.Param("x", []float64{-1, -1, -3, -2}, 1, 2, 2, 1)
		y := MaxPool2D(x, Window{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}, Pad: [2]int{1, 1}})
		check(t, "corners", evaluate(t, nil, y), []float64{-1, -1, -3, -2})
		one := MaxPool2D(x, Window{Kernel: [2]int{2, 2}})
		check(t, "maximum", evaluate(t, nil, one), []float64{-1})
		check(t, "gradient", evaluate(t, nil, Grad(Sum(one), x)[0]), []float64{0.5, 0.5, 0, 0})
	})
}

// Windows that move nothing become views: no instruction is left of them.
func TestWholeWindowsMoveNothing(t *testing.T) {
	for _, c := range []struct {
		w     Window
		moves bool
	}{
		{Window{Kernel: [2]int{1, 1}}, false}, {Window{Kernel: [2]int{4, 6}}, false},
		{Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 2}}, true}, {Window{Kernel: [2]int{4, 1}}, true},
	} {
		c0 := newCode("windows", kernels.F32)
		x := c0.Input("x", 2, 4, 6, 3)
		cols := Im2ColB(c0, x, c.w)
		back := Col2ImB(c0, cols, c.w, c0.Shape(x))
		if got := c0.root(cols) != x; got != c.moves {
			t.Errorf("window %v: the windows are a copy: %v", c.w, got)
		}
		if got := c0.root(back) != x; got != c.moves {
			t.Errorf("window %v: the images are a copy: %v", c.w, got)
		}
	}
}

// Two windows of one image are two values; the same window twice is one.
func TestWindowsAreToldApart(t *testing.T) {
	c := newCode("windows", kernels.F32)
	x := c.Input("x", 1, 6, 6, 1)
	w := Window{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}}
	a := Im2ColB(c, x, w)
	if Im2ColB(c, x, w) != a {
		t.Error("the same windows are laid out twice")
	}
	v := w
	v.Pad = [2]int{1, 1}
	u := v
	v.Stride, u.PadEnd = [2]int{3, 3}, [2]int{0, 0}
	if Im2ColB(c, x, v) == a || Im2ColB(c, x, u) == Im2ColB(c, x, v) {
		t.Error("different windows are one value")
	}
}

// Uniforms of a row do not depend on its place nor on the step; other rows and sites differ.
func TestUniformRowsOfARow(t *testing.T) {
	mustBuild(t, kernels.F32, func(g *Graph) {
		idx := g.DataInt("idx", 3)
		u := UniformRows("static", idx, 200)
		at := func(step uint64, rows ...float64) []float64 {
			out, err := Reference(map[string][]float64{"idx": rows}, 7, step, u)
			if err != nil {
				t.Fatal(err)
			}
			return out[0]
		}
		a, b := at(0, 4, 9, 4), at(5, 9, 4, 8)
		check(t, "row 4 twice", a[:200], a[400:])
		check(t, "row 4 elsewhere", a[:200], b[200:400])
		check(t, "row 9 elsewhere", a[200:400], b[:200])
		if a[0] == a[200] || a[0] == b[400] {
			t.Error("rows share uniforms")
		}
	})
	if be := misuse(t, func(g *Graph) { UniformRows("u", g.DataInt("idx", 2, 2), 3) }); be.Op != "UniformRows" {
		t.Errorf("refused at %q", be.Op)
	}
}

// Misuse names the function and what is wrong.
func TestWindowMisuse(t *testing.T) {
	w := Window{Kernel: [2]int{3, 3}}
	for op, f := range map[string]func(g *Graph){
		"Conv2D":    func(g *Graph) { Conv2D(g.Data("x", 1, 5, 5, 2), g.Data("w", 9, 4), w) },
		"MaxPool2D": func(g *Graph) { MaxPool2D(g.Data("x", 1, 2, 5, 2), w) },
		"AvgPool2D": func(g *Graph) { AvgPool2D(g.Data("x", 5, 2), w) },
		"im2col":    func(g *Graph) { Im2Col(g.Data("x", 1, 2, 2, 2), Window{}) },
		"col2im":    func(g *Graph) { Col2Im(g.Data("x", 9, 9), w, 1, 4, 5, 1) },
		"ConvTranspose2D": func(g *Graph) {
			ConvTranspose2D(g.Data("x", 1, 3, 3, 2), g.Data("w", 2, 9), w, 6, 6)
		},
	} {
		if be := misuse(t, f); be.Op != op {
			t.Errorf("%s was refused at %q: %v", op, be.Op, be)
		}
	}
}
