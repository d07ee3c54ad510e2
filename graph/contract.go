package graph

import (
	"slices"

	"elbo/kernels"
)

// Contraction runs once gradients and updates are written. It folds products that have one
// use into fused multiply-adds and sums of padded pieces into one concatenation. Unlike the
// identities applied while values are made it needs to know how often a value is used.

// contractor rewrites the live part of a code.
type contractor struct {
	c     *Code
	users []int32
	to    []V   // replacement of each old value, noValue before its turn
	parts []pad // values known as pieces in zeros, by new value
}

// pad is a value that is zero but for pieces along one axis.
type pad struct {
	axis   int
	pieces []piece // sorted by start, disjoint; none means the value is no such thing
}

type piece struct {
	start, size int
	value       V
}

// maxPieces bounds the operands of one concatenation.
const maxPieces = 256

// contract returns the results over contracted values.
func (c *Code) contract(results []result) []result {
	k := &contractor{c: c, users: make([]int32, len(c.vals)), to: make([]V, len(c.vals))}
	for _, r := range results {
		k.users[r.value]++
	}
	old := len(c.vals)
	for v := old - 1; v >= 0; v-- {
		if k.users[v] > 0 {
			for _, a := range c.vals[v].args {
				k.users[a]++
			}
		}
	}
	k.parts = make([]pad, old)
	for v := range old {
		k.to[v] = noValue
		if k.users[v] > 0 {
			k.to[v] = k.rewrite(V(v))
		}
	}
	c.SetSite("")
	out := slices.Clone(results)
	for i := range out {
		out[i].value = k.to[out[i].value]
	}
	return out
}

// rewrite returns the replacement of v, whose operands have been replaced.
func (k *contractor) rewrite(v V) V {
	x := k.c.vals[v] // a copy: the slice grows below
	if x.op == kernels.OpNone {
		return v
	}
	k.c.SetSite(x.site)
	args := make([]V, len(x.args))
	for i, a := range x.args {
		args[i] = k.to[a]
	}
	switch x.op {
	case kernels.View:
		return k.c.toShape(args[0], x.shape) // gradients are taken: a stop-gradient is its operand
	case kernels.Pad:
		k.parts[v] = pad{x.attr.Axis, []piece{{x.attr.Start, k.c.Shape(args[0])[x.attr.Axis], args[0]}}}
	case kernels.Add:
		if out := k.joinPads(v, &x); out != noValue {
			return out
		}
		if out := k.mulAdd(&x, x.args[0], args[1]); out != noValue {
			return out
		}
		if out := k.mulAdd(&x, x.args[1], args[0]); out != noValue {
			return out
		}
	case kernels.Sub:
		if out := k.mulSub(&x, args[0]); out != noValue {
			return out
		}
	}
	if slices.Equal(args, x.args) {
		return v
	}
	if x.op.IsElementwise() {
		return k.c.Elem(x.op, x.imm, args...)
	}
	return k.c.Apply(x.op, x.attr, x.shape, args...)
}

// mulAdd returns product + rest in one rounding where the old value product is used once. A
// product over fewer points than the sum moves into it too: that costs no more than the sum.
func (k *contractor) mulAdd(x *value, product, rest V) V {
	m := &k.c.vals[product]
	if k.users[product] != 1 {
		return noValue
	}
	out := noValue
	switch {
	case m.op == kernels.Mul:
		out = k.c.Elem(kernels.FMA, noImm, k.to[m.args[0]], k.to[m.args[1]], rest)
	case m.op == kernels.Square:
		out = k.c.Elem(kernels.FMA, noImm, k.to[m.args[0]], k.to[m.args[0]], rest)
	case m.op == kernels.Affine && m.imm[1] == 0:
		out = k.c.Elem(kernels.Axpy, m.imm, k.to[m.args[0]], rest)
	default:
		return noValue
	}
	return k.c.toShape(out, x.shape)
}

// mulSub returns first − k b as −k b + first in one rounding, under the same conditions.
func (k *contractor) mulSub(x *value, first V) V {
	b := x.args[1]
	m := &k.c.vals[b]
	if m.op != kernels.Affine || m.imm[1] != 0 || k.users[b] != 1 {
		return noValue
	}
	return k.c.toShape(k.c.Elem(kernels.Axpy, [2]float64{-m.imm[0]}, k.to[m.args[0]], first), x.shape)
}

// joinPads returns the sum of two values made of disjoint pieces as a concatenation of
// pieces and zeros. The sums of fewer pieces it contains are made too and die unused.
func (k *contractor) joinPads(v V, x *value) V {
	a, b := k.parts[x.args[0]], k.parts[x.args[1]]
	n := len(a.pieces) + len(b.pieces)
	if len(a.pieces) == 0 || len(b.pieces) == 0 || a.axis != b.axis || n > maxPieces {
		return noValue
	}
	all := slices.Concat(a.pieces, b.pieces)
	slices.SortFunc(all, func(p, q piece) int { return p.start - q.start })
	var args []V
	at := 0
	gap := func(to int) {
		if to > at {
			s := x.shape.Clone()
			s[a.axis] = to - at
			args = append(args, k.c.fill(k.c.Const(0), s))
		}
	}
	for _, p := range all {
		if p.start < at {
			return noValue // pieces overlap
		}
		gap(p.start)
		args = append(args, p.value)
		at = p.start + p.size
	}
	gap(x.shape[a.axis])
	k.parts[v] = pad{a.axis, all}
	return k.c.Apply(kernels.Concat, kernels.Attr{Axis: a.axis}, nil, args...)
}
