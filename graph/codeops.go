package graph

import "elbo/kernels"

// Arithmetic on code values, for optimisers and schedules. Operands broadcast.

// Add returns a + b.
func (c *Code) Add(a, b V) V { return c.elem(kernels.Add, a, b) }

// Sub returns a − b.
func (c *Code) Sub(a, b V) V { return c.elem(kernels.Sub, a, b) }

// Mul returns a b.
func (c *Code) Mul(a, b V) V { return c.elem(kernels.Mul, a, b) }

// Div returns a / b.
func (c *Code) Div(a, b V) V { return c.elem(kernels.Div, a, b) }

// Max returns the larger of a and b, NaN where either is.
func (c *Code) Max(a, b V) V { return c.elem(kernels.Max, a, b) }

// Min returns the smaller of a and b, NaN where either is.
func (c *Code) Min(a, b V) V { return c.elem(kernels.Min, a, b) }

// Pow returns a to the power b, for a > 0.
func (c *Code) Pow(a, b V) V { return c.elem(kernels.Pow, a, b) }

// Sqrt returns the square root of a.
func (c *Code) Sqrt(a V) V { return c.elem(kernels.Sqrt, a) }

// Exp returns e to the power a.
func (c *Code) Exp(a V) V { return c.elem(kernels.Exp, a) }

// Cos returns the cosine of a.
func (c *Code) Cos(a V) V { return c.elem(kernels.Cos, a) }

// Square returns a².
func (c *Code) Square(a V) V { return c.elem(kernels.Square, a) }

// Affine returns scale a + shift in one fused multiply-add.
func (c *Code) Affine(a V, scale, shift float64) V {
	return c.Elem(kernels.Affine, [2]float64{scale, shift}, a)
}

// Scale returns x a.
func (c *Code) Scale(a V, x float64) V { return c.Mul(a, c.Const(x)) }

// SumAll returns the sum of all elements of a.
func (c *Code) SumAll(a V) V {
	axes := make([]int, len(c.Shape(a)))
	for i := range axes {
		axes[i] = i
	}
	if len(axes) == 0 {
		return a
	}
	return c.Apply(kernels.SumReduce, kernels.Attr{Axes: axes}, nil, a)
}

// Output adds a small result of the program that the host reads after a run.
func (c *Code) Output(name string, v V) { c.outs = append(c.outs, namedValue{name, v}) }

func (c *Code) elem(op kernels.Op, args ...V) V { return c.Elem(op, [2]float64{}, args...) }
