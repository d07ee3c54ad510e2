package optim

import (
	"math"

	"elbo/graph"
)

// Schedule returns the factor of the learning rate at a step (0 at the first).
type Schedule func(c *graph.Code, step graph.V) graph.V

// Constant keeps the learning rate.
func Constant() Schedule {
	return func(c *graph.Code, _ graph.V) graph.V { return c.Const(1) }
}

// Cosine falls from 1 to 0 over the given steps, ½(1 + cos πt/T), and stays at 0
// (Loshchilov & Hutter 2017 without restarts).
func Cosine(steps int64) Schedule {
	return func(c *graph.Code, step graph.V) graph.V {
		x := c.Min(c.Scale(step, math.Pi/float64(steps)), c.Const(math.Pi))
		return c.Affine(c.Cos(x), 0.5, 0.5)
	}
}

// InverseSqrt is 1 for the first steps given, then √(steps/t).
func InverseSqrt(steps int64) Schedule {
	return func(c *graph.Code, step graph.V) graph.V {
		t := c.Max(c.Affine(step, 1, 1), c.Const(float64(steps)))
		return c.Sqrt(c.Div(c.Const(float64(steps)), t))
	}
}

// WarmUp rises linearly to 1 over the given steps and multiplies the schedule that follows.
func WarmUp(steps int64, then Schedule) Schedule {
	return func(c *graph.Code, step graph.V) graph.V {
		up := c.Min(c.Affine(step, 1/float64(steps), 1/float64(steps)), c.Const(1))
		return c.Mul(up, then(c, step))
	}
}
