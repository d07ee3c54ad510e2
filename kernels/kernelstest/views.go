package kernelstest

import (
	"testing"

	"elbo/kernels"
)

// views checks that a view shares memory with slots, constants and scratch values, that it
// keeps them alive, and that every structural op reads through one.
func views(t *testing.T, dev kernels.Device) {
	for _, dt := range dtypes {
		b := NewBuilder("views "+dt.String(), dt)
		r := newSource(6)
		none := [2]float64{}
		view := func(v kernels.ValueID, shape ...int) kernels.ValueID {
			return b.Apply(kernels.View, kernels.Attr{Shape: shape}, v)
		}
		x, c := b.random(r, "x", 6, 4), b.Const(rounded(r.numbers(24), dt), 24)
		made := b.Elem(kernels.Square, none, x)
		flat := view(view(made, 2, 12), 24)
		other := b.Elem(kernels.Exp, none, view(c, 4, 6)) // would take made's memory if the view did not hold it
		b.Output("sum", b.Elem(kernels.Add, none, flat, view(x, 24)))
		b.Output("product", b.Apply(kernels.MatMul, kernels.Attr{}, view(flat, 6, 4), other))
		b.Output("view of a view", view(flat, 3, 8))
		state := b.State("state", rounded(r.numbers(8), dt), 8)
		b.Update(state, view(b.Elem(kernels.Neg, none, view(state, 2, 4)), 8))
		check(t, dev, b, groupTolerance(dt), 0, false)
	}
}
