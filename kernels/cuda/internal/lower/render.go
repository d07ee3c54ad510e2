package lower

import (
	"fmt"
	"strings"

	"elbo/kernels"
)

// render writes the text of one kernel of a group.
type render struct {
	l      *lowering
	g      *group
	p      *pass
	live   []bool
	unroll int
	wide   bool   // indices need 64 bits
	coords []bool // coordinates some index uses
	b      strings.Builder
}

func newRender(l *lowering, g *group, p *pass) *render {
	r := &render{l: l, g: g, p: p, live: p.live(g), unroll: 1, coords: make([]bool, len(g.shape))}
	if g.shape.Size() > unrollAbove {
		r.unroll = unroll
	}
	far := g.shape.Size() + Threads*unroll
	for i := range g.ins {
		if g.ins[i].number == nil {
			far = max(far, reach(g.shape, g.ins[i].strides))
		}
	}
	for i := range g.outs {
		far = max(far, reach(g.shape, g.outs[i].strides))
	}
	r.wide = far >= 1<<31
	return r
}

// index is the C type of element indices.
func (r *render) index() string {
	if r.wide {
		return "elbo_u64"
	}
	return "elbo_u32"
}

// reads reports whether input i is loaded from memory.
func (r *render) reads(i int) bool { return r.live[i] && r.g.ins[i].number == nil }

// joined counts the results that are joined.
func (r *render) joined() int {
	n := 0
	for _, o := range r.p.outs {
		if o.join != store {
			n++
		}
	}
	return n
}

// params lists the parameters: results, inputs that are read, and the extents.
func (r *render) params() []string {
	var out []string
	for i := range r.p.outs {
		out = append(out, fmt.Sprintf("real *o%d", i))
	}
	for i := range r.g.ins {
		if r.reads(i) {
			out = append(out, fmt.Sprintf("const real *i%d", i))
		}
	}
	if r.p.mode == flat {
		return append(out, "elbo_i64 n")
	}
	return append(out, "double *part", "elbo_u32 *done", "elbo_i64 kept", "elbo_i64 reduced", "elbo_i64 lanes",
		"elbo_i64 segments", "elbo_i64 segment")
}

// addresses lists the arguments of the results and inputs.
func (r *render) addresses() []Arg {
	var out []Arg
	for i := range r.p.outs {
		out = append(out, at(r.p.outs[i].value))
	}
	for i := range r.g.ins {
		if r.reads(i) {
			out = append(out, at(r.g.ins[i].value))
		}
	}
	return out
}

func (r *render) line(format string, args ...any) { fmt.Fprintf(&r.b, format+"\n", args...) }

// body returns the block of the kernel. Points are loaded, all of a thread's before the first is
// stored, then computed and stored or joined.
func (r *render) body() string {
	load, store := r.loads(), r.stores()
	r.line("{")
	ix := r.index()
	if r.p.mode == flat {
		r.line("\tconst %s count = (%s)n, first = (%s)bx * %d + threadIdx.x;", ix, ix, ix, Threads*r.unroll)
	} else {
		shares := map[mode]string{row: "elbo_shares_row", col: "elbo_shares_col"}[r.p.mode]
		r.line("\tconst elbo_share w = %s(bx, (elbo_u32)lanes);", shares)
		r.line("\tconst %s K = (%s)kept, R = (%s)reduced, k = (%s)w.kept;", ix, ix, ix, ix)
		r.line("\tconst %s start = (%s)by * (%s)segment;", ix, ix, ix)
		r.line("\tconst %s end = start + (%s)segment < R ? start + (%s)segment : R;", ix, ix, ix)
	}
	r.scalars()
	r.accumulators()
	if r.p.mode == flat {
		r.points("first + u * ELBO_THREADS", "q < count", load, store)
	} else {
		r.line("\tif (k < K)")
		r.line("\tfor (%s at = start + w.lane; at < end; at += %d * (%s)lanes) {", r.index(), r.unroll, r.index())
		r.points(fmt.Sprintf("at + u * (%s)lanes", r.index()), "q < end", load, store)
		r.line("\t}")
	}
	r.joins()
	r.line("}")
	return r.b.String()
}

// points writes the loads and stores of a thread's points q.
func (r *render) points(q, valid, load, store string) {
	for i := range r.g.ins {
		if r.reads(i) && !r.scalar(i) {
			r.line("\treal x%d[%d];", i, r.unroll)
		}
	}
	for _, text := range []string{load, store} {
		if text == "" {
			continue
		}
		r.line("#pragma unroll")
		r.line("\tfor (int u = 0; u < %d; u++) {", r.unroll)
		r.line("\t\tconst %s q = %s;", r.index(), q)
		r.line("\t\tif (%s) {", valid)
		r.b.WriteString(r.place() + text)
		r.line("\t\t}\n\t}")
	}
}

// scalar reports whether input i is one element for all of several points. In a space of one point it
// may lie where a result goes, and only the thread of that point may read it.
func (r *render) scalar(i int) bool { return isZero(r.g.ins[i].strides) && r.g.shape.Size() > 1 }

// scalars loads the inputs that are one element.
func (r *render) scalars() {
	for i := range r.g.ins {
		if r.reads(i) && r.scalar(i) {
			r.line("\tconst real x%d = i%d[0];", i, i)
		}
	}
}

// loads returns the text that reads a point's inputs.
func (r *render) loads() string {
	var b strings.Builder
	for i := range r.g.ins {
		if r.reads(i) && !r.scalar(i) {
			fmt.Fprintf(&b, "\t\t\tx%d[u] = i%d[%s];\n", i, i, r.element(r.g.ins[i].strides))
		}
	}
	return b.String()
}

// stores returns the text that computes a point and stores or joins it. All values are computed
// before the first is stored: a result may take the place of an operand.
func (r *render) stores() string {
	var b strings.Builder
	for i := range r.g.code {
		reg := len(r.g.ins) + i
		if !r.live[reg] {
			continue
		}
		op := &r.g.code[i]
		var args [3]string
		for j := range kernels.Info(op.Op).Arity {
			args[j] = r.register(int(op.Args[j]))
		}
		fmt.Fprintf(&b, "\t\t\tconst real r%d = %s;\n", reg, expression(op, args, r.l.p.DType))
	}
	for i, o := range r.p.outs {
		switch o.join {
		case store:
			fmt.Fprintf(&b, "\t\t\to%d[%s] = %s;\n", i, r.element(o.strides), r.register(o.reg))
		case sum:
			fmt.Fprintf(&b, "\t\t\tacc%d += (double)%s;\n", i, r.register(o.reg))
		case maximum:
			fmt.Fprintf(&b, "\t\t\tacc%d = elbo_maxd(acc%d, (double)%s);\n", i, i, r.register(o.reg))
		}
	}
	return b.String()
}

// register is the C expression of a register at the current point.
func (r *render) register(reg int) string {
	switch {
	case reg >= len(r.g.ins):
		return fmt.Sprintf("r%d", reg)
	case r.g.ins[reg].number != nil:
		return literal(*r.g.ins[reg].number, r.l.p.DType)
	case r.scalar(reg):
		return fmt.Sprintf("x%d", reg)
	}
	return fmt.Sprintf("x%d[u]", reg)
}

func (r *render) accumulators() {
	for i, o := range r.p.outs {
		switch o.join {
		case sum:
			r.line("\tdouble acc%d = 0.0;", i)
		case maximum:
			r.line("\tdouble acc%d = -ELBO_INF;", i)
		}
	}
}

// joins writes the joining of lanes, and of segments by the last block to finish.
func (r *render) joins() {
	if r.p.mode == flat {
		return
	}
	at := 0
	for i, o := range r.p.outs {
		if o.join == store {
			continue
		}
		r.line("\tacc%d = elbo_fold(s, w, acc%d, %s);", i, i, joinName(o.join))
		r.line("\tif (w.lane == 0 && k < K) {")
		r.line("\t\tif (segments == 1) o%d[k] = (real)acc%d;", i, i)
		r.line("\t\telse part[(%d * (elbo_u64)segments + by) * K + k] = acc%d;\n\t}", at, i)
		at++
	}
	r.line("\tif (segments > 1 && elbo_last(s, done + bx, (elbo_u32)segments)) {")
	at = 0
	for i, o := range r.p.outs {
		if o.join == store {
			continue
		}
		r.line("\t\tacc%d = elbo_gather_parts(s, w, part + %d * (elbo_u64)segments * K, K, (elbo_u32)segments, %s);",
			i, at, joinName(o.join))
		r.line("\t\tif (w.lane == 0 && k < K) o%d[k] = (real)acc%d;", i, i)
		at++
	}
	r.line("\t}")
}

func joinName(j join) string {
	if j == maximum {
		return "ELBO_JOIN_MAX"
	}
	return "ELBO_JOIN_SUM"
}
