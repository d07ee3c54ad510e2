package optim

import (
	"math"

	"elbo/graph"
)

// Adam is Kingma & Ba (2015), Algorithm 1. Zero fields mean the paper's defaults.
type Adam struct {
	Beta1 float64 // decay of the mean, 0 means 0.9
	Beta2 float64 // decay of the mean square, 0 means 0.999
	Eps   float64 // added to the root of the mean square, 0 means 1e-8
	// Decay is decoupled weight decay (AdamW, Loshchilov & Hutter 2019): w ← w − lr·Decay·w.
	Decay float64
}

// AdamW returns Adam with decoupled weight decay.
func AdamW(decay float64) Adam { return Adam{Decay: decay} }

// Name returns "adam", or "adamw" with weight decay.
func (r Adam) Name() string {
	if r.Decay != 0 {
		return "adamw"
	}
	return "adam"
}

// Update emits m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − lr m̂/(√v̂ + ε).
func (r Adam) Update(c *graph.Code, params []graph.ParamGrad, lr graph.V) {
	b1, b2, eps := orDefault(r.Beta1, 0.9), orDefault(r.Beta2, 0.999), orDefault(r.Eps, 1e-8)
	t := c.Affine(c.StepV(), 1, 1)
	// 1/(1−β^t), with β^t as exp(t log β): no power of a negative base, exact enough at any t.
	fix1 := correction(c, t, b1)
	fix2 := c.Sqrt(correction(c, t, b2))
	rate := c.Mul(lr, fix1)
	for _, p := range params {
		m := c.NewState("adam/m/"+p.Name, nil, c.Shape(p.Param)...)
		v := c.NewState("adam/v/"+p.Name, nil, c.Shape(p.Param)...)
		m1 := c.Add(c.Scale(m, b1), c.Scale(p.Grad, 1-b1))
		v1 := c.Add(c.Scale(v, b2), c.Scale(c.Square(p.Grad), 1-b2))
		c.SetState(m, m1)
		c.SetState(v, v1)
		next := c.Sub(p.Param, c.Div(c.Mul(rate, m1), c.Affine(c.Mul(c.Sqrt(v1), fix2), 1, eps)))
		if r.Decay != 0 {
			next = c.Sub(next, c.Mul(c.Scale(lr, r.Decay), p.Param))
		}
		c.SetState(p.Param, next)
	}
}

func correction(c *graph.Code, t graph.V, beta float64) graph.V {
	return c.Div(c.Const(1), c.Affine(c.Exp(c.Scale(t, math.Log(beta))), -1, 1))
}

func orDefault(x, def float64) float64 {
	if x == 0 {
		return def
	}
	return x
}
