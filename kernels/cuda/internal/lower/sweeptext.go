package lower

import (
	"fmt"
	"strings"

	"elbo/kernels"
)

// sweepRender writes the kernel of a sweep.
type sweepRender struct {
	l      *lowering
	s      *sweep
	params []string
	args   []Arg
	names  map[kernels.ValueID]string // of parameters
	values map[kernels.ValueID]int    // where values by row begin in shared memory
	parts  int                        // partial results of a block so far
	ends   strings.Builder            // the sums of a block
	final  strings.Builder            // the results from all blocks' sums
	b      strings.Builder
}

// sweep emits the kernel of a sweep.
func (l *lowering) sweep(s *sweep) {
	s.makeRoom(l)
	r := &sweepRender{l: l, s: s, names: map[kernels.ValueID]string{}, values: map[kernels.ValueID]int{}}
	body := r.body()
	partials := 8 * r.parts * (s.blocks + ceilDiv(s.blocks, 32))
	for _, a := range []struct {
		param string
		arg   Arg
	}{
		{"double *part", l.partials(partials)}, {"elbo_u32 *done", l.counters(1 + ceilDiv(s.blocks, 32))},
		{"elbo_i64 rows", number(s.rows)}, {"elbo_i64 tiles", number(ceilDiv(s.rows, s.tiling.rows))},
		{"elbo_i64 blocks", number(s.blocks)},
	} {
		r.params, r.args = append(r.params, a.param), append(r.args, a.arg)
	}
	if s.gather >= 0 {
		in := &l.p.Instrs[s.gather]
		l.plan.Checks = true
		r.params = append(r.params, "const elbo_i32 *idx", "elbo_i64 table", "elbo_i64 instr", "step_state *state")
		r.args = append(r.args, at(in.Args[1]), number(l.shape(in.Args[0])[0]), number(s.gather), l.state())
	}
	size := l.p.DType.Size()
	shared := s.shared(s.tiling.rows, s.ld, size)
	l.source = s.up[0].instr
	name := l.src.render(r.params, body, shared, "join", "sweep")
	l.src.reside(name, s.resident(size))
	l.add(name, [2]int{s.blocks, 1}, r.args)
}

func (r *sweepRender) line(format string, args ...any) { fmt.Fprintf(&r.b, format+"\n", args...) }

// param returns the name of the parameter for a value, which is written or only read.
func (r *sweepRender) param(v kernels.ValueID, written bool) string {
	name := r.names[v]
	if name == "" {
		name = fmt.Sprintf("v%d", len(r.names))
		r.names[v] = name
		kind := "const real *"
		if written {
			kind = "real *"
		}
		r.params, r.args = append(r.params, kind+name), append(r.args, at(v))
	}
	return name
}

// body returns the block of the kernel.
func (r *sweepRender) body() string {
	s, t := r.s, &r.s.tiling
	x := s.x
	if s.gather >= 0 {
		x = r.l.p.Instrs[s.gather].Args[0]
	}
	from := r.param(x, false)
	r.line("{\n\treal *const x = (real *)s;\n\tconst elbo_u32 t = threadIdx.x, rt = t %% %du;", t.rows)
	r.line("\telbo_vec<%d> next[%d];", t.vector, t.ahead)
	r.layOut()
	r.accumulators()
	fetch := fmt.Sprintf("elbo_ahead<%d, %d>(next, %s, %%s, rows)", s.cols, t.rows, from)
	if s.gather >= 0 {
		fetch = fmt.Sprintf("elbo_ahead_by<%d, %d>(next, %s, %%s, rows, idx, table, instr, state)", s.cols, t.rows, from)
	}
	r.line("\t"+fetch+";", "bx")
	r.line("\tfor (elbo_i64 tile = bx; tile < tiles; tile += blocks) {")
	r.line("\t\tconst elbo_i64 row = tile * %d + rt;\n\t\tconst bool in = row < rows;", t.rows)
	r.line("\t\t__syncthreads();\n\t\telbo_put<%d, %d, %d>(x, next);\n\t\t__syncthreads();", s.cols, t.ld, t.rows)
	r.line("\t\tif (tile + blocks < tiles)\n\t\t\t"+fetch+";", "tile + blocks")
	for i := range s.groups {
		r.operands(i)
	}
	r.downward()
	for i := range s.groups {
		r.points(i)
		r.line("\t\t__syncthreads();")
	}
	r.upward()
	r.line("\t}\n\tdouble *const mine = part + (elbo_u64)bx * %d;\n\telbo_u32 groups;", r.parts)
	r.b.WriteString(r.ends.String())
	r.line("\tif (elbo_tree(s, part, done, bx, (elbo_u32)blocks, %d, &groups))", r.parts)
	r.line("\t\tfor (int k = (int)t; k < %d; k += (int)ELBO_THREADS) {", r.parts)
	r.line("\t\t\tconst real sum = (real)elbo_parts(part + blocks * %d + k, %d, groups);", r.parts, r.parts)
	r.b.WriteString(r.final.String())
	r.line("\t\t}\n}")
	return r.b.String()
}

// layOut gives W and the values by row their places behind the tile, and brings W there, (S, LD).
func (r *sweepRender) layOut() {
	s := r.s
	at := s.tiling.rows * s.ld
	for i := range s.down {
		p := &s.down[i]
		w := r.param(p.thin, false)
		r.line("\tfor (elbo_u32 e = t; e < %d; e += ELBO_THREADS)", s.cols*p.n)
		r.line("\t\tx[%d + e / %d * %d + e %% %d] = %s[e %% %d * %du + e / %d * %du];",
			at, s.cols, s.ld, s.cols, w, s.cols, p.row, s.cols, p.col)
		r.values[p.thin] = at
		at += p.n * s.ld
	}
	for i := range s.down {
		r.values[s.down[i].out] = at
		at += s.down[i].n * s.tiling.rows
	}
	for i := range s.groups {
		for _, o := range s.groups[i].outs {
			if o.join == store {
				r.values[o.value] = at
				at += s.groups[i].points * s.tiling.rows
			}
		}
	}
}

// downward writes the products X W, a few columns at a time, and stores those that others read.
func (r *sweepRender) downward() {
	s, t := r.s, &r.s.tiling
	for i := range s.down {
		p := &s.down[i]
		for c := 0; c < p.n; c += 8 {
			r.line("\t\telbo_down<%d, %d, %d, %d, %d>(x, x + %d, x + %d);", s.cols, s.ld, t.rows, t.vector, min(8, p.n-c),
				r.values[p.thin]+c*s.ld, r.values[p.out]+c*t.rows)
		}
	}
	r.line("\t\t__syncthreads();")
	for i := range s.down {
		p := &s.down[i]
		if s.stored[p.out] {
			r.line("\t\tfor (elbo_u32 k = t / %du; in && k < %d; k += %d)", t.rows, p.n, Threads/t.rows)
			r.line("\t\t\t%s[row * %d + k] = x[%d + k * %d + rt];", r.param(p.out, true), p.n, r.values[p.out], t.rows)
		}
	}
}

// upward writes the products Xᵀ R, and how their sums end.
func (r *sweepRender) upward() {
	s, t := r.s, &r.s.tiling
	for i := range s.up {
		p, u := &s.up[i], &s.tiling.upward[i]
		r.line("\t\telbo_up<%d, %d, %d, %d, %d, %d, %d>(up%d, x, x + %d);", s.cols, s.ld, t.rows, u.vector, u.width,
			u.times, p.n, i, r.values[p.thin])
		fmt.Fprintf(&r.ends, "\telbo_up_end<%d, %d, %d, %d, %d>(s, up%d, mine + %d);\n", s.cols, u.vector, u.width, u.times,
			p.n, i, r.parts)
		r.result(p.out, s.cols*p.n, fmt.Sprintf("(k - %d) %% %d * %du + (k - %d) / %d * %du", r.parts, s.cols, p.row,
			r.parts, s.cols, p.col))
	}
}

// result names the next n partial results as a value's, element by element.
func (r *sweepRender) result(v kernels.ValueID, n int, element string) {
	fmt.Fprintf(&r.final, "\t\t\tif (k >= %d && k < %d)\n\t\t\t\t%s[%s] = sum;\n", r.parts, r.parts+n, r.param(v, true),
		element)
	r.parts += n
}

// accumulators declares what a thread sums up.
func (r *sweepRender) accumulators() {
	for i := range r.s.up {
		u := &r.s.tiling.upward[i]
		r.line("\tdouble up%d[%d] = {};", i, u.times*u.vector*r.s.up[i].n)
	}
	for i := range r.s.groups {
		for k, o := range r.s.groups[i].outs {
			if o.join == sum {
				r.line("\tdouble sum%d_%d[%d] = {};", i, k, r.each(i))
			}
		}
	}
}

// each is the number of points of a tile that a thread has in a group.
func (r *sweepRender) each(i int) int {
	return ceilDiv(r.s.groups[i].points*r.s.tiling.rows, Threads)
}
