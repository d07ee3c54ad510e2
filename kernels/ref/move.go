package ref

import "elbo/kernels"

// piece is one strided copy into a result: from element from of argument arg to element at.
type piece struct {
	walk     walk
	arg      kernels.ValueID
	at, from int
}

// makePieces makes the kernel that zeroes the result, when asked, and copies pieces into it.
// Elements move as words of their size, whatever their type.
func makePieces(e *executable, out kernels.ValueID, zero bool, pieces ...piece) kernel {
	if e.prog.Values[out].DType.Size() == 8 {
		return movePieces[uint64](e, out, zero, pieces)
	}
	return movePieces[uint32](e, out, zero, pieces)
}

func movePieces[E uint32 | uint64](e *executable, out kernels.ValueID, zero bool, pieces []piece) kernel {
	return func(uint64) error {
		dst := of[E](e, out)
		if zero {
			clear(dst)
		}
		for i := range pieces {
			p := &pieces[i]
			if src := of[E](e, p.arg); len(src) > 0 && p.at < len(dst) && p.from < len(src) {
				run(&p.walk, dst[p.at:], src[p.from:])
			}
		}
		return nil
	}
}

func makeView[T float](*executable, *kernels.Instr) kernel {
	return func(uint64) error { return nil }
}

// makeCopy broadcasts its argument; Assign is the case of equal shapes.
func makeCopy[T float](e *executable, in *kernels.Instr) kernel {
	out := e.shape(in.Outs[0])
	w := newWalk(out, rowMajor(out), broadcastStrides(e.shape(in.Args[0]), out))
	return makePieces(e, in.Outs[0], false, piece{walk: w, arg: in.Args[0]})
}

func makeTranspose[T float](e *executable, in *kernels.Instr) kernel {
	out, st := e.shape(in.Outs[0]), rowMajor(e.shape(in.Args[0]))
	src := make([]int, len(out))
	for i, a := range in.Attr.Axes {
		src[i] = st[a]
	}
	return makePieces(e, in.Outs[0], false, piece{walk: newWalk(out, rowMajor(out), src), arg: in.Args[0]})
}

func makeSlice[T float](e *executable, in *kernels.Instr) kernel {
	out, st := e.shape(in.Outs[0]), rowMajor(e.shape(in.Args[0]))
	return makePieces(e, in.Outs[0], false,
		piece{walk: newWalk(out, rowMajor(out), st), arg: in.Args[0], from: in.Attr.Start * st[in.Attr.Axis]})
}

func makePad[T float](e *executable, in *kernels.Instr) kernel {
	arg, st := e.shape(in.Args[0]), rowMajor(e.shape(in.Outs[0]))
	return makePieces(e, in.Outs[0], true,
		piece{walk: newWalk(arg, st, rowMajor(arg)), arg: in.Args[0], at: in.Attr.Start * st[in.Attr.Axis]})
}

func makeConcat[T float](e *executable, in *kernels.Instr) kernel {
	st := rowMajor(e.shape(in.Outs[0]))
	pieces, at := []piece(nil), 0
	for _, id := range in.Args {
		arg := e.shape(id)
		pieces = append(pieces, piece{walk: newWalk(arg, st, rowMajor(arg)), arg: id, at: at * st[in.Attr.Axis]})
		at += arg[in.Attr.Axis]
	}
	return makePieces(e, in.Outs[0], false, pieces...)
}

// diagonal returns the strides that walk the diagonals of a (..., n, n) tensor.
func diagonal(square kernels.Shape) []int {
	st := rowMajor(square)
	n := len(st)
	return append(st[:n-2:n-2], st[n-2]+st[n-1])
}

func makeDiag[T float](e *executable, in *kernels.Instr) kernel {
	out := e.shape(in.Outs[0])
	w := newWalk(out, rowMajor(out), diagonal(e.shape(in.Args[0])))
	return makePieces(e, in.Outs[0], false, piece{walk: w, arg: in.Args[0]})
}

func makeDiagEmbed[T float](e *executable, in *kernels.Instr) kernel {
	arg := e.shape(in.Args[0])
	w := newWalk(arg, diagonal(e.shape(in.Outs[0])), rowMajor(arg))
	return makePieces(e, in.Outs[0], true, piece{walk: w, arg: in.Args[0]})
}

// makeTril keeps columns j ≤ i + Start of row i.
func makeTril[T float](e *executable, in *kernels.Instr) kernel {
	s := e.shape(in.Outs[0])
	rows, cols := s[len(s)-2], s[len(s)-1]
	return func(uint64) error {
		src, dst := of[T](e, in.Args[0]), of[T](e, in.Outs[0])
		for r := 0; r*cols < len(dst); r++ {
			keep := min(max(r%rows+in.Attr.Start+1, 0), cols)
			row := dst[r*cols : (r+1)*cols]
			copy(row[:keep], src[r*cols:])
			clear(row[keep:])
		}
		return nil
	}
}
