package lower

import "elbo/kernels"

// scanBelow is the number of lines below which a running sum gets a block a line.
const scanBelow = 2048

func (l *lowering) cumsum(in *kernels.Instr) error {
	s, axis := l.shape(in.Outs[0]), in.Attr.Axis
	n, b, back := s[axis], s[axis+1:].Size(), 0
	if in.Attr.Flag {
		back = 1
	}
	if s.Size() == 0 {
		return nil
	}
	lines := s.Size() / n
	if lines < scanBelow && n > 32 {
		l.launch("scan", "", [2]int{lines, 1}, at(in.Outs[0]), at(in.Args[0]), number(n), number(b), number(back))
		return nil
	}
	l.launch("cumsum", "", over(lines), at(in.Outs[0]), at(in.Args[0]), number(lines), number(n), number(b), number(back))
	return nil
}

// Matrices above panelAbove are factored in panels of panelWidth columns (64 at most), with all the
// card's processors at work on what is right of a panel.
const (
	panelAbove = 96
	panelWidth = 64
)

func (l *lowering) cholesky(in *kernels.Instr) error {
	s, out := l.shape(in.Outs[0]), in.Outs[0]
	n, batch := s[len(s)-1], s[:len(s)-2].Size()
	if n == 0 || batch == 0 {
		return nil
	}
	if n <= panelAbove || batch >= 1<<16 {
		l.launch("cholesky", "", [2]int{batch, 1}, at(out), at(in.Args[0]), number(n))
		return nil
	}
	size := s.Size()
	l.launch("tril", l.word(out), over(size), at(out), at(in.Args[0]), number(size), number(n), number(n), number(0))
	for c := 0; c < n; c += panelWidth {
		w := min(panelWidth, n-c)
		rest := ceilDiv(n-c-w, 16)
		for _, part := range []struct {
			kernel string
			blocks int
		}{{"factor", 1}, {"below", rest}, {"outer", rest * rest}} {
			l.launch(part.kernel, "", [2]int{part.blocks, batch}, at(out), number(n), number(c), number(w))
		}
	}
	return nil
}

func (l *lowering) triSolve(in *kernels.Instr) error {
	s := l.shape(in.Outs[0])
	n, m, trans := s[0], s[1:].Size(), 0
	if in.Attr.TransA {
		trans = 1
	}
	if n == 0 || m == 0 {
		return nil
	}
	width := powerOfTwo(min(m, 32), 1, 32)
	l.launch("trisolve", "", [2]int{ceilDiv(m, width), 1}, at(in.Outs[0]), at(in.Args[0]), at(in.Args[1]),
		number(n), number(m), number(trans), number(Threads/width))
	return nil
}
