package lower

import (
	"fmt"
	"strings"

	"elbo/kernels"
)

// over opens the loop over a thread's points of group i: its row of the tile and every so manieth column k.
func (r *sweepRender) over(i int) {
	r.line("#pragma unroll\n\t\tfor (int u = 0; u < %d; u++) {", r.each(i))
	r.line("\t\t\tconst elbo_u32 k = t / %du + u * %du;", r.s.tiling.rows, Threads/r.s.tiling.rows)
}

// operands writes the loads of a group's operands from device memory, ahead of the products that it waits for.
func (r *sweepRender) operands(i int) {
	g := &r.s.groups[i]
	opened := false
	for n := range g.ins {
		if !r.loaded(g, n) {
			continue
		}
		r.line("\t\treal x%d_%d[%d];", i, n, r.each(i))
		opened = true
	}
	if !opened {
		return
	}
	r.over(i)
	r.line("\t\t\tif (in && k < %d) {", g.points)
	for n := range g.ins {
		if r.loaded(g, n) {
			r.line("\t\t\t\tx%d_%d[u] = %s[%s];", i, n, r.param(g.ins[n].value, false), r.element(g, n))
		}
	}
	r.line("\t\t\t}\n\t\t}")
}

// loaded reports whether an operand comes from device memory.
func (r *sweepRender) loaded(g *rowGroup, n int) bool {
	_, inside := r.values[g.ins[n].value]
	return g.ins[n].number == nil && !(inside && r.s.columns[g.ins[n].value] > 0)
}

// element is the index of an operand in device memory.
func (r *sweepRender) element(g *rowGroup, n int) string {
	inner := g.along(g.ins[n].strides)
	if g.lead[n] == 0 {
		return inner
	}
	return fmt.Sprintf("row * %d + %s", g.lead[n], inner)
}

// along writes the offset at point k of a row for strides along its axes.
func (g *rowGroup) along(strides []int) string {
	var terms []string
	below := g.points
	for i, d := range g.minor {
		below /= max(d, 1)
		if d == 1 || strides[i] == 0 {
			continue
		}
		c := "k"
		if below > 1 {
			c = fmt.Sprintf("(k / %du)", below)
		}
		if i > 0 && below*d < g.points {
			c = fmt.Sprintf("(%s %% %du)", c, d)
		}
		terms = append(terms, times(c, strides[i]))
	}
	return sumOf(terms)
}

// points writes the code of a group for the points of a tile. Rows beyond the last give zeros, which change
// no sum.
func (r *sweepRender) points(i int) {
	g, t := &r.s.groups[i], r.s.tiling.rows
	r.over(i)
	r.line("\t\t\tif (in && k < %d) {", g.points)
	for n := range g.code {
		op := &g.code[n]
		var args [3]string
		for j := range kernels.Info(op.Op).Arity {
			args[j] = r.register(i, int(op.Args[j]))
		}
		r.line("\t\t\t\tconst real r%d = %s;", len(g.ins)+n, expression(op, args, r.l.p.DType))
	}
	var beyond strings.Builder
	for n, o := range g.outs {
		text := r.register(i, o.reg)
		if o.join == sum {
			r.line("\t\t\t\tsum%d_%d[u] += (double)%s;", i, n, text)
			r.endSum(i, n)
			continue
		}
		r.line("\t\t\t\tx[%d + k * %d + rt] = %s;", r.values[o.value], t, text)
		if r.s.stored[o.value] {
			r.line("\t\t\t\t%s[row * %d + k] = %s;", r.param(o.value, true), g.points, text)
		}
		fmt.Fprintf(&beyond, "\t\t\t\tx[%d + k * %d + rt] = (real)0;\n", r.values[o.value], t)
	}
	r.line("\t\t\t}")
	if beyond.Len() > 0 {
		r.line("\t\t\telse if (k < %d) {\n%s\t\t\t}", g.points, beyond.String())
	}
	r.line("\t\t}")
}

// register is the C expression of a register at the current point.
func (r *sweepRender) register(i, reg int) string {
	g := &r.s.groups[i]
	switch {
	case reg >= len(g.ins):
		return fmt.Sprintf("r%d", reg)
	case g.ins[reg].number != nil:
		return literal(*g.ins[reg].number, r.l.p.DType)
	case r.loaded(g, reg):
		return fmt.Sprintf("x%d_%d[u]", i, reg)
	}
	in := &g.ins[reg]
	return fmt.Sprintf("x[%d + (%s) * %d + rt]", r.values[in.value], g.along(in.strides), r.s.tiling.rows)
}

// endSum writes how a group's sum over rows ends: by points of a row, or all points in one.
func (r *sweepRender) endSum(i, n int) {
	g, t := &r.s.groups[i], r.s.tiling.rows
	o := &g.outs[n]
	name, count := fmt.Sprintf("sum%d_%d", i, n), g.sums(o)
	if count == 1 {
		for u := 1; u < r.each(i); u++ {
			fmt.Fprintf(&r.ends, "\t%s[0] += %s[%d];\n", name, name, u)
		}
		fmt.Fprintf(&r.ends, "\telbo_row_sum(s, %s[0], %du, mine + %d, true, true);\n", name, t, r.parts)
		r.result(o.value, 1, "0")
		return
	}
	for u := range r.each(i) {
		k := fmt.Sprintf("t / %du + %du", t, u*(Threads/t))
		fmt.Fprintf(&r.ends, "\telbo_row_sum(s, %s[%d], %du, mine + %d + %s, false, %s < %du);\n", name, u, t, r.parts, k, k,
			count)
	}
	r.result(o.value, count, fmt.Sprintf("k - %d", r.parts))
}
