package optim

import (
	"math"

	"elbo/graph"
)

// Exponential falls from 1 to final over the given steps, final^(t/T), and stays there.
func Exponential(steps int64, final float64) Schedule {
	return func(c *graph.Code, step graph.V) graph.V {
		t := c.Min(c.Scale(step, 1/float64(steps)), c.Const(1))
		return c.Exp(c.Scale(t, math.Log(final)))
	}
}

// Linear falls from 1 to final over the given steps, 1 − (1−final) t/T, and stays there.
func Linear(steps int64, final float64) Schedule {
	return func(c *graph.Code, step graph.V) graph.V {
		t := c.Min(c.Scale(step, 1/float64(steps)), c.Const(1))
		return c.Affine(t, final-1, 1)
	}
}

// DownTo maps a schedule from 1 to 0 to one from 1 to final: final + (1−final) s.
func DownTo(final float64, s Schedule) Schedule {
	return func(c *graph.Code, step graph.V) graph.V { return c.Affine(s(c, step), 1-final, final) }
}
