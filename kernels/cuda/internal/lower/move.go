package lower

import (
	"slices"

	"elbo/kernels"
)

func (l *lowering) zero(v kernels.ValueID) {
	n := l.shape(v).Size()
	l.launch("zero", l.word(v), over(n), at(v), number(n))
}

// strided copies src to dst over a space, at element strides and offsets of both.
func (l *lowering) strided(dst, src kernels.ValueID, space kernels.Shape, ds, ss []int, dstAt, srcAt int) {
	n := space.Size()
	if n == 0 {
		return
	}
	s, st := collapse(space, [][]int{ds, ss})
	if dstAt == 0 && srcAt == 0 && l.flip(dst, src, s, st[0], st[1]) {
		return
	}
	for len(s) < kernels.MaxRank {
		s, st[0], st[1] = slices.Insert(s, 0, 1), slices.Insert(st[0], 0, 0), slices.Insert(st[1], 0, 0)
	}
	args := []Arg{at(dst), at(src), number(n), number(s[1]), number(s[2]), number(s[3])}
	for _, x := range slices.Concat(st[0], st[1], []int{dstAt, srcAt}) {
		args = append(args, number(x))
	}
	l.launch("move", l.word(dst), over(n), args...)
}

// flipFrom is the extent from which a transpose goes through squares in shared memory: below, a
// warp's reads or writes touch few lines anyway.
const flipFrom = 8

// flip transposes a matrix, or a batch of them, where that is what the strides say.
func (l *lowering) flip(dst, src kernels.ValueID, s kernels.Shape, ds, ss []int) bool {
	batch := 1
	if len(s) == 3 && ds[0] == s[1]*s[2] && ss[0] == ds[0] && s[0] < 1<<16 {
		batch, s, ds, ss = s[0], s[1:], ds[1:], ss[1:]
	}
	if len(s) != 2 || ds[0] != s[1] || ds[1] != 1 || ss[0] != 1 || ss[1] != s[0] || min(s[0], s[1]) < flipFrom {
		return false
	}
	across := ceilDiv(s[1], 32)
	l.launch("flip", l.word(dst), [2]int{ceilDiv(s[0], 32) * across, batch},
		at(dst), at(src), number(s[0]), number(s[1]), number(across))
	return true
}

func (l *lowering) copyOp(in *kernels.Instr) error {
	s := l.shape(in.Outs[0])
	l.strided(in.Outs[0], in.Args[0], s, rowMajor(s), broadcastStrides(l.shape(in.Args[0]), s), 0, 0)
	return nil
}

// assign moves nothing where the result lies where the argument does; View is the same.
func (l *lowering) assign(in *kernels.Instr) error {
	if sameStart(l.p, in.Args[0], in.Outs[0]) {
		return nil
	}
	l.strided(in.Outs[0], in.Args[0], kernels.Shape{l.shape(in.Outs[0]).Size()}, []int{1}, []int{1}, 0, 0)
	return nil
}

func (l *lowering) transpose(in *kernels.Instr) error {
	s, own := l.shape(in.Outs[0]), rowMajor(l.shape(in.Args[0]))
	src := make([]int, len(s))
	for i, a := range in.Attr.Axes {
		src[i] = own[a]
	}
	l.strided(in.Outs[0], in.Args[0], s, rowMajor(s), src, 0, 0)
	return nil
}

func (l *lowering) slice(in *kernels.Instr) error {
	s, src := l.shape(in.Outs[0]), rowMajor(l.shape(in.Args[0]))
	l.strided(in.Outs[0], in.Args[0], s, rowMajor(s), src, 0, in.Attr.Start*src[in.Attr.Axis])
	return nil
}

func (l *lowering) pad(in *kernels.Instr) error {
	s, a := l.shape(in.Outs[0]), in.Attr.Axis
	n := s.Size()
	l.launch("place", l.word(in.Outs[0]), over(n), at(in.Outs[0]), at(in.Args[0]), number(n), number(s[a]),
		number(s[a+1:].Size()), number(l.shape(in.Args[0])[a]), number(in.Attr.Start))
	return nil
}

func (l *lowering) concat(in *kernels.Instr) error {
	dst, to := rowMajor(l.shape(in.Outs[0])), 0
	for _, a := range in.Args {
		s := l.shape(a)
		l.strided(in.Outs[0], a, s, dst, rowMajor(s), to*dst[in.Attr.Axis], 0)
		to += s[in.Attr.Axis]
	}
	return nil
}

func (l *lowering) tril(in *kernels.Instr) error {
	s := l.shape(in.Outs[0])
	k, n := len(s)-2, s.Size()
	l.launch("tril", l.word(in.Outs[0]), over(n), at(in.Outs[0]), at(in.Args[0]), number(n), number(s[k]),
		number(s[k+1]), number(in.Attr.Start))
	return nil
}

func (l *lowering) diag(in *kernels.Instr) error {
	s := l.shape(in.Outs[0])
	n := s[len(s)-1]
	batch := s[:len(s)-1].Size()
	l.strided(in.Outs[0], in.Args[0], kernels.Shape{batch, n}, []int{n, 1}, []int{n * n, n + 1}, 0, 0)
	return nil
}

func (l *lowering) diagEmbed(in *kernels.Instr) error {
	s := l.shape(in.Outs[0])
	n := s.Size()
	l.launch("diag_embed", l.word(in.Outs[0]), over(n), at(in.Outs[0]), at(in.Args[0]), number(n), number(s[len(s)-1]))
	return nil
}

// window lays windows of images out as rows, or adds rows back up to images.
func (l *lowering) window(in *kernels.Instr) error {
	kernel, image := "im2col", l.shape(in.Args[0])
	if in.Op == kernels.Col2Im {
		kernel, image = "col2im", l.shape(in.Outs[0])
	}
	w := in.Attr.Window
	oh, ow, err := w.Out(image[1], image[2])
	if err != nil {
		return err
	}
	sy, sx := w.Steps()
	n := l.shape(in.Outs[0]).Size()
	args := []Arg{at(in.Outs[0]), at(in.Args[0]), number(n)}
	for _, x := range []int{image[1], image[2], image[3], oh, ow, w.Kernel[0], w.Kernel[1], sy, sx, w.Pad[0], w.Pad[1]} {
		args = append(args, number(x))
	}
	l.launch(kernel, "", over(n), args...)
	return nil
}
