package kernels

import (
	"strings"
	"testing"
)

func TestWindowOut(t *testing.T) {
	three, two := [2]int{3, 3}, [2]int{2, 2}
	for _, c := range []struct {
		w            Window
		h, wd        int
		oh, ow       int
		reason, text string
	}{
		{Window{Kernel: [2]int{1, 1}}, 5, 4, 5, 4, "", "1x1"},
		{Window{Kernel: three, Stride: two, Pad: [2]int{1, 1}}, 28, 14, 14, 7, "", "3x3/2x2+1x1"},
		{Window{Kernel: [2]int{2, 3}, Stride: [2]int{3, 1}}, 8, 3, 3, 1, "", "2x3/3x1"},
		{Window{Kernel: two, PadEnd: [2]int{1, 1}}, 5, 4, 5, 4, "", "2x2+0x0+1x1"},
		{Window{}, 5, 5, 0, 0, "positive", "0x0"},
		{Window{Kernel: three, Stride: [2]int{-1, 1}}, 5, 5, 0, 0, "positive", "3x3"},
		{Window{Kernel: three, Pad: [2]int{3, 0}}, 5, 5, 0, 0, "padding", "3x3+3x0"},
		{Window{Kernel: three, Pad: [2]int{2, 0}, PadEnd: [2]int{1, 0}}, 5, 5, 0, 0, "padding", "3x3+2x0+1x0"},
		{Window{Kernel: three}, 2, 5, 0, 0, "does not fit", "3x3"},
	} {
		oh, ow, err := c.w.Out(c.h, c.wd)
		told := err == nil && c.reason == "" || err != nil && c.reason != "" && strings.Contains(err.Error(), c.reason)
		if oh != c.oh || ow != c.ow || !told {
			t.Errorf("%v over %d by %d: %d by %d, %v; want %d by %d, %q", c.w, c.h, c.wd, oh, ow, err, c.oh, c.ow, c.reason)
		}
		if !strings.HasPrefix(c.w.String(), c.text) {
			t.Errorf("window %v, want %s", c.w, c.text)
		}
	}
}

// Windows that tile the image in memory order, and near misses.
func TestWindowWhole(t *testing.T) {
	for _, c := range []struct {
		w    Window
		want bool
	}{
		{Window{Kernel: [2]int{1, 1}}, true}, {Window{Kernel: [2]int{4, 6}, Stride: [2]int{9, 9}}, true},
		{Window{Kernel: [2]int{4, 5}}, false}, {Window{Kernel: [2]int{1, 1}, Stride: [2]int{2, 1}}, false},
		{Window{Kernel: [2]int{4, 6}, PadEnd: [2]int{0, 1}}, false},
	} {
		if got := c.w.Whole(4, 6); got != c.want {
			t.Errorf("%v over 4 by 6 moves nothing: %v", c.w, got)
		}
	}
}

func TestWindowShapes(t *testing.T) {
	w := Window{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [2]int{1, 1}}
	attr := Attr{Window: w, Shape: Shape{2, 5, 4, 3}, N: 7}
	for _, c := range []struct {
		op   Op
		arg  Shape
		want Shape
	}{
		{Im2Col, Shape{2, 5, 4, 3}, Shape{12, 27}}, {Im2Col, Shape{5, 4, 3}, nil}, {Im2Col, Shape{2, 0, 4, 3}, nil},
		{Col2Im, Shape{12, 27}, Shape{2, 5, 4, 3}}, {Col2Im, Shape{12, 26}, nil}, {Col2Im, Shape{6, 2, 27}, nil},
		{UniformRows, Shape{4}, Shape{4, 7}}, {UniformRows, Shape{4, 1}, nil},
	} {
		got, err := InferShape(c.op, attr, []Shape{c.arg})
		if (err == nil) != (c.want != nil) || !got.Equal(c.want) {
			t.Errorf("%v of %v: %v, %v; want %v", c.op, c.arg, got, err, c.want)
		}
	}
}
