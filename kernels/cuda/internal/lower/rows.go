package lower

import "elbo/kernels"

// linkSegment is the number of positions within which equal indices are linked: every position
// is compared with all of its segment, and segments are added one after the other.
const linkSegment = 8192

func (l *lowering) gather(in *kernels.Instr) error {
	l.plan.Checks = true
	table, n := l.shape(in.Args[0]), l.shape(in.Outs[0]).Size()
	out := in.Outs[0]
	if rows := l.shape(in.Args[1])[0]; n == 0 && rows > 0 {
		// Rows without elements: only the indices are looked at.
		l.launch("link_rows", "", over(rows), l.partials(4*rows), at(in.Args[1]), number(rows), number(table[0]),
			number(linkSegment), number(l.source), l.state())
		return nil
	}
	elem, width := l.rowWord(out, table[1:].Size())
	n = l.shape(in.Args[1])[0] * width
	l.launch("gather", elem, over(n), at(out), at(in.Args[0]), at(in.Args[1]), number(n),
		number(width), number(table[0]), number(l.source), l.state())
	return nil
}

// rowWord returns the longest word that rows of a value are made of, and how many: values begin at
// multiples of 64 bytes.
func (l *lowering) rowWord(v kernels.ValueID, width int) (elem string, count int) {
	bytes := width * l.p.Values[v].DType.Size()
	for _, size := range []int{8, 4, 2} {
		if bytes%size == 0 {
			return words[size], bytes / size
		}
	}
	return l.word(v), width
}

// Sums into up to fewRows rows look at every position for every result, up to fewLooks times in all.
const (
	fewRows  = 256
	fewLooks = 1 << 28
)

// scatterFew is scatter for few rows: one launch.
func (l *lowering) scatterFew(dst, idx, src kernels.ValueID) {
	out, n := l.shape(dst), l.shape(idx)[0]
	k, width := out.Size(), out[1:].Size()
	m := geometry(&pass{mode: col, k: k, r: n}, 1)
	args := []Arg{at(dst), at(idx), at(src), number(0), number(0)}
	if m.segments > 1 {
		args[3], args[4] = l.partials(8*m.segments*k), l.counters(m.blocks)
	}
	for _, x := range []int{out[0], width, n, m.lanes, m.segments, m.segment, l.source} {
		args = append(args, number(x))
	}
	l.launch("add_few", "", [2]int{m.blocks, m.segments}, append(args, l.state())...)
}

// scatter links equal indices and adds chains of rows in order. Sums of float32 over several
// segments wait in float64.
func (l *lowering) scatter(in *kernels.Instr) error {
	l.plan.Checks = true
	dst, idx, src := in.Outs[0], in.Args[0], in.Args[1]
	out := l.shape(dst)
	n, width, size := l.shape(idx)[0], out[1:].Size(), out.Size()
	if n > 0 && size > 0 && out[0] <= fewRows && size*n <= fewLooks {
		l.scatterFew(dst, idx, src)
		return nil
	}
	l.zero(dst)
	if n == 0 {
		return nil
	}
	acc, elem, link := at(dst), "real", l.partials(4*n)
	wide := n > linkSegment && l.p.DType == kernels.F32
	if wide {
		acc, elem = l.partials(8*size), "double"
		l.launch("zero", "elbo_u64", over(size), acc, number(size))
	}
	l.launch("link_rows", "", over(n), link, at(idx), number(n), number(out[0]),
		number(linkSegment), number(l.source), l.state())
	for start := 0; start < n; start += linkSegment {
		count := min(linkSegment, n-start)
		l.launch("add_rows", elem, over(count*width), acc, at(idx), link, at(src),
			number(start), number(count), number(width))
	}
	if wide {
		l.launch("narrow", "", over(size), at(dst), acc, number(size))
	}
	return nil
}
