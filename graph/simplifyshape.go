package graph

import (
	"slices"

	"elbo/kernels"
)

// simplifyApply rewrites a structural op of the given result shape, or returns noValue.
func (c *Code) simplifyApply(op kernels.Op, attr kernels.Attr, shape kernels.Shape, args []V) V {
	if len(args) == 0 {
		return noValue
	}
	switch op {
	case kernels.View:
		return c.simplifyView(attr, shape, args[0])
	case kernels.Copy:
		return c.simplifyCopy(shape, args[0])
	case kernels.Transpose:
		return c.simplifyTranspose(attr, shape, args[0])
	case kernels.SumReduce:
		return c.simplifySum(attr.Axes, shape, args[0])
	case kernels.MaxReduce:
		if c.vals[args[0]].shape.Size() == shape.Size() {
			return c.toShape(args[0], shape)
		}
	case kernels.Slice:
		return c.simplifySlice(attr, shape, args[0])
	case kernels.Pad:
		if c.vals[args[0]].shape.Equal(shape) {
			return args[0]
		}
	case kernels.Concat:
		if len(args) == 1 {
			return args[0]
		}
	case kernels.Im2Col:
		if s := c.vals[args[0]].shape; attr.Window.Whole(s[1], s[2]) {
			return c.toShape(args[0], shape)
		}
	case kernels.Col2Im:
		if attr.Window.Whole(shape[1], shape[2]) {
			return c.toShape(args[0], shape)
		}
	case kernels.MatMul:
		return c.simplifyMatMul(attr, args[0], args[1])
	case kernels.Diag:
		if x, ok := c.operandOf(kernels.DiagEmbed, args[0]); ok {
			return x
		}
	}
	return noValue
}

// simplifyView joins views; a flagged view is a stop-gradient and stays apart.
func (c *Code) simplifyView(attr kernels.Attr, shape kernels.Shape, x V) V {
	a := &c.vals[x]
	switch {
	case attr.Flag:
		return noValue
	case a.shape.Equal(shape):
		return x
	case a.op == kernels.View && !a.attr.Flag:
		return c.toShape(a.args[0], shape)
	case a.op == kernels.Copy && c.vals[a.args[0]].shape.Size() == 1:
		return c.fill(a.args[0], shape)
	}
	return noValue
}

// fill returns a tensor of one element repeated.
func (c *Code) fill(x V, shape kernels.Shape) V {
	if len(c.vals[x].shape) > len(shape) {
		x = c.toShape(x, kernels.Shape{})
	}
	return c.toShape(x, shape)
}

func (c *Code) simplifyCopy(shape kernels.Shape, x V) V {
	a := &c.vals[x]
	switch {
	case a.shape.Size() == shape.Size():
		return c.toShape(x, shape)
	case a.op == kernels.Copy:
		return c.toShape(a.args[0], shape)
	}
	return noValue
}

func (c *Code) simplifyTranspose(attr kernels.Attr, shape kernels.Shape, x V) V {
	a := &c.vals[x]
	switch {
	case keepsOrder(attr.Axes, a.shape):
		return c.toShape(x, shape)
	case a.op == kernels.Transpose:
		axes := make([]int, len(attr.Axes))
		for i, p := range attr.Axes {
			axes[i] = a.attr.Axes[p]
		}
		return c.Apply(kernels.Transpose, kernels.Attr{Axes: axes}, nil, a.args[0])
	case a.op == kernels.Copy && c.vals[a.args[0]].shape.Size() == 1:
		return c.fill(a.args[0], shape)
	}
	return noValue
}

// keepsOrder reports whether a permutation moves axes of extent 1 only.
func keepsOrder(axes []int, s kernels.Shape) bool {
	last := -1
	for _, a := range axes {
		if s[a] == 1 {
			continue
		}
		if a < last {
			return false
		}
		last = a
	}
	return true
}

func (c *Code) simplifySum(axes []int, shape kernels.Shape, x V) V {
	a := &c.vals[x]
	if a.shape.Size() == shape.Size() {
		return c.toShape(x, shape)
	}
	if y, k, ok := c.exactScale(x); ok {
		return c.affine(c.Apply(kernels.SumReduce, kernels.Attr{Axes: axes}, nil, y), k, 0)
	}
	if a.op == kernels.Copy {
		return c.sumOfBroadcast(axes, shape, a.args[0], a.shape)
	}
	return noValue
}

// sumOfBroadcast sums src, broadcast to wide, over axes: repeated elements are counted.
func (c *Code) sumOfBroadcast(axes []int, shape kernels.Shape, src V, wide kernels.Shape) V {
	s := c.vals[src].shape
	aligned := make(kernels.Shape, len(wide))
	times, kept := 1, kernels.Shape{}
	for i := range wide {
		aligned[i] = 1
		if j := i - (len(wide) - len(s)); j >= 0 {
			aligned[i] = s[j]
		}
		if !slices.Contains(axes, i) {
			kept = append(kept, aligned[i])
		} else if aligned[i] == 1 {
			times *= wide[i]
		}
	}
	if times == 1 {
		return noValue
	}
	y := c.toShape(src, aligned)
	y = c.Apply(kernels.SumReduce, kernels.Attr{Axes: axes}, nil, y)
	return c.toShape(c.affine(c.toShape(y, kept), float64(times), 0), shape)
}

func (c *Code) simplifySlice(attr kernels.Attr, shape kernels.Shape, x V) V {
	a := &c.vals[x]
	switch {
	case a.shape.Equal(shape):
		return x
	case a.op == kernels.Copy && c.vals[a.args[0]].shape.Size() == 1:
		return c.fill(a.args[0], shape)
	case a.op == kernels.Slice && a.attr.Axis == attr.Axis:
		attr.Start += a.attr.Start
		return c.Apply(kernels.Slice, attr, nil, a.args[0])
	case a.op == kernels.Pad && a.attr.Axis == attr.Axis && a.attr.Start == attr.Start &&
		c.vals[a.args[0]].shape.Equal(shape):
		return a.args[0]
	case a.op == kernels.Concat && a.attr.Axis == attr.Axis:
		at := 0
		for _, p := range a.args {
			n := c.vals[p].shape[attr.Axis]
			if attr.Start >= at && attr.Start+attr.N <= at+n {
				attr.Start -= at
				return c.Apply(kernels.Slice, attr, nil, p)
			}
			at += n
		}
	}
	return noValue
}

// simplifyMatMul reads transposed operands where they are.
func (c *Code) simplifyMatMul(attr kernels.Attr, x, y V) V {
	bx, tx := c.transposed(x)
	by, ty := c.transposed(y)
	if !tx && !ty {
		return noValue
	}
	attr.TransA = attr.TransA != tx
	attr.TransB = attr.TransB != ty
	return c.Apply(kernels.MatMul, attr, nil, bx, by)
}

// transposed returns the operand of a transposition of the last two axes, else v.
func (c *Code) transposed(v V) (V, bool) {
	x := &c.vals[v]
	if x.op != kernels.Transpose {
		return v, false
	}
	switch axes := x.attr.Axes; {
	case slices.Equal(axes, []int{1, 0}), slices.Equal(axes, []int{0, 2, 1}):
		return x.args[0], true
	}
	return v, false
}
