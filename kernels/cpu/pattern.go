//go:build cgo

package cpu

// #include "exec.h"
import "C"

import (
	"slices"

	"elbo/kernels"
)

// pattern is a set of ops of a group that tile_pattern.h does in one pass, at the place of the last.
type pattern struct {
	kind     int
	ops      []int // in order
	io       []int // registers of operands, then of results
	operands int
	imm      []float64
}

func (p *pattern) last() int { return p.ops[len(p.ops)-1] }

// match returns the pattern that ends at an op, or nil.
func (g *group) match(last int) *pattern {
	if p := g.adam(last); p != nil {
		return p
	}
	return g.softSigmoid(last)
}

// patterns finds the patterns among neighbouring ops of a group: each op's, nil for ops by themselves.
func (g *group) patterns() []*pattern {
	out := make([]*pattern, len(g.code))
	for last := range g.code {
		p := g.match(last)
		if p == nil || last-p.ops[0] != len(p.ops)-1 || out[p.ops[0]] != nil {
			continue
		}
		for _, i := range p.ops {
			out[i] = p
		}
	}
	return out
}

// made returns the op that makes a register if it is of the kind wanted, else nil.
func (g *group) made(reg int, op kernels.Op) *kernels.FusedOp {
	if i := reg - len(g.ins); i >= 0 && g.code[i].Op == op {
		return &g.code[i]
	}
	return nil
}

// adam matches the step of Adam that ends at op last: with the gradient g, the mean m and the mean
// square v,
//
//	m' = b₁m + (c₁g + z₁), v' = b₂v + (c₂g² + z₂), w' = w − rate·m' / (e₁·fix·√v' + e₀)
//
// Others may read m', v', g² and w' alone.
func (g *group) adam(last int) *pattern {
	if g.code[last].Op != kernels.Sub {
		return nil
	}
	at := func(op *kernels.FusedOp, arg int) int { return int(op.Args[arg]) }
	quotient := g.made(at(&g.code[last], 1), kernels.Div)
	if quotient == nil {
		return nil
	}
	step, below := g.made(at(quotient, 0), kernels.Mul), g.made(at(quotient, 1), kernels.Affine)
	if step == nil || below == nil {
		return nil
	}
	rate, mean := g.factors(step, kernels.Axpy)
	product := g.made(at(below, 0), kernels.Mul)
	if mean < 0 || product == nil {
		return nil
	}
	fix, root := g.factors(product, kernels.Sqrt)
	if root < 0 {
		return nil
	}
	square := at(g.made(root, kernels.Sqrt), 0)
	m, v := g.made(mean, kernels.Axpy), g.made(square, kernels.Axpy)
	if v == nil {
		return nil
	}
	dm, dv := g.made(at(m, 1), kernels.Affine), g.made(at(v, 1), kernels.Affine)
	if dm == nil || dv == nil {
		return nil
	}
	sq := g.made(at(dv, 0), kernels.Square)
	if sq == nil || at(sq, 0) != at(dm, 0) {
		return nil
	}
	nin := len(g.ins)
	p := &pattern{
		kind: C.ELBO_PATTERN_ADAM, operands: 6,
		io:  []int{at(dm, 0), at(m, 0), at(v, 0), rate, fix, at(&g.code[last], 0), mean, square, nin + last, at(dv, 0)},
		imm: []float64{dm.Imm0, dm.Imm1, m.Imm0, dv.Imm0, dv.Imm1, v.Imm0, below.Imm0, below.Imm1},
	}
	for _, reg := range []int{at(m, 1), mean, at(dv, 0), at(v, 1), square, at(quotient, 0), root, at(below, 0),
		at(quotient, 1), at(&g.code[last], 1), nin + last} {
		p.ops = append(p.ops, reg-nin)
	}
	return g.settled(p)
}

// softSigmoid matches softplus and sigmoid of one operand, of which op last is the second.
func (g *group) softSigmoid(last int) *pattern {
	pairs := map[kernels.Op]kernels.Op{kernels.Softplus: kernels.Sigmoid, kernels.Sigmoid: kernels.Softplus}
	other := pairs[g.code[last].Op]
	nin := len(g.ins)
	for i := range last {
		if other == 0 || g.code[i].Op != other || g.code[i].Args[0] != g.code[last].Args[0] {
			continue
		}
		soft, sigmoid := i, last
		if other == kernels.Sigmoid {
			soft, sigmoid = last, i
		}
		return g.settled(&pattern{kind: C.ELBO_PATTERN_SOFTSIGMOID, operands: 1, ops: []int{i, last},
			io: []int{int(g.code[i].Args[0]), nin + soft, nin + sigmoid}})
	}
	return nil
}

// factors returns the factor of a product that an op of the given kind makes, and the other one;
// the former is -1 where there is none.
func (g *group) factors(product *kernels.FusedOp, op kernels.Op) (other, made int) {
	a, b := int(product.Args[0]), int(product.Args[1])
	switch {
	case g.made(b, op) != nil:
		return a, b
	case g.made(a, op) != nil:
		return b, a
	}
	return -1, -1
}

// settled returns p with its ops in order if nobody but itself reads any but its results and none of
// its ops needs one that needs a result; else nil.
func (g *group) settled(p *pattern) *pattern {
	slices.Sort(p.ops)
	nin, results := len(g.ins), p.io[p.operands:]
	hidden := func(r int) bool { return slices.Contains(p.ops, r-nin) && !slices.Contains(results, r) }
	if slices.ContainsFunc(g.outs, func(o result) bool { return hidden(o.reg) }) {
		return nil
	}
	_, after := g.sides(p)
	for i, op := range g.code {
		for _, r := range op.Args[:arity(op.Op)] {
			inside := slices.Contains(p.ops, i)
			if inside && slices.Contains(after, int(r)-nin) || !inside && hidden(int(r)) {
				return nil
			}
		}
	}
	return p
}

// sides divides the other ops up to a pattern's last into those that can precede it and those
// that need its results.
func (g *group) sides(p *pattern) (before, after []int) {
	nin := len(g.ins)
	for i, op := range g.code[:p.last()] {
		if slices.Contains(p.ops, i) {
			continue
		}
		needs := slices.ContainsFunc(op.Args[:arity(op.Op)], func(r int16) bool {
			return slices.Contains(p.ops, int(r)-nin) || slices.Contains(after, int(r)-nin)
		})
		if needs {
			after = append(after, i)
		} else {
			before = append(before, i)
		}
	}
	return before, after
}

// together moves the ops of every pattern next to each other.
func (g *group) together() {
	for last := range g.code {
		if p := g.match(last); p != nil {
			before, after := g.sides(p)
			g.reorder(slices.Concat(before, p.ops, after))
		}
	}
}

// reorder puts the first len(order) ops in the given order, which dependences must allow.
func (g *group) reorder(order []int) {
	nin := len(g.ins)
	to := make([]int16, nin+len(g.code))
	for r := range to {
		to[r] = int16(r)
	}
	old := slices.Clone(g.code)
	for i, from := range order {
		g.code[i] = old[from]
		to[nin+from] = int16(nin + i)
	}
	g.renumber(to)
}

// wide writes a pattern's operands and results.
func (l *layout) wide(p *pattern) (*C.elbo_wide, error) {
	w, err := array[C.elbo_wide](l.c.mem, 1)
	if err != nil {
		return nil, err
	}
	w[0].count = C.int32_t(len(p.io))
	for k, r := range p.io {
		w[0].at[k] = C.int32_t(l.entry[r])
	}
	for k, x := range p.imm {
		w[0].imm[k] = C.double(x)
	}
	return &w[0], nil
}
