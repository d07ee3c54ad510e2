package graph

import (
	"fmt"
	"math"
	"slices"

	"elbo/kernels"
)

// evaluation is one structural op at work: out has the result's size and is zero.
type evaluation struct {
	attr       kernels.Attr
	in         []tensorValue
	out        []float64
	shape      kernels.Shape
	dt         kernels.DType
	seed, step uint64
}

// structuralEval holds every structural op that can be a node.
var structuralEval = map[kernels.Op]func(e *evaluation) error{
	kernels.Copy:        (*evaluation).copy,
	kernels.View:        (*evaluation).view,
	kernels.Transpose:   (*evaluation).transpose,
	kernels.Slice:       (*evaluation).slice,
	kernels.Pad:         (*evaluation).pad,
	kernels.Concat:      (*evaluation).concat,
	kernels.SumReduce:   (*evaluation).sum,
	kernels.MaxReduce:   (*evaluation).max,
	kernels.CumSum:      (*evaluation).cumSum,
	kernels.MatMul:      (*evaluation).matMul,
	kernels.Gather:      (*evaluation).gather,
	kernels.ScatterAdd:  (*evaluation).scatterAdd,
	kernels.Tril:        (*evaluation).tril,
	kernels.Diag:        (*evaluation).diag,
	kernels.DiagEmbed:   (*evaluation).diagEmbed,
	kernels.Cholesky:    (*evaluation).cholesky,
	kernels.TriSolve:    (*evaluation).triSolve,
	kernels.Iota:        (*evaluation).iota,
	kernels.RandUniform: (*evaluation).uniform,
	kernels.RandNormal:  (*evaluation).normal,
	kernels.BatchIndex:  (*evaluation).batchIndex,
	kernels.ToFloat:     (*evaluation).view,
	kernels.ToInt:       (*evaluation).toInt,
	kernels.Im2Col:      (*evaluation).im2col,
	kernels.Col2Im:      (*evaluation).col2im,
	kernels.UniformRows: (*evaluation).uniformRows,
}

func (e *evaluation) copy() error {
	st := broadcastStrides(e.in[0].shape, e.shape)
	eachIndex(e.shape, func(at int, idx []int) { e.out[at] = e.in[0].data[offset(idx, st)] })
	return nil
}

func (e *evaluation) view() error {
	copy(e.out, e.in[0].data)
	return nil
}

func (e *evaluation) toInt() error {
	for i, x := range e.in[0].data {
		if e.out[i] = math.Trunc(x); x != x {
			e.out[i] = -1
		}
	}
	return nil
}

func (e *evaluation) transpose() error {
	from := rowMajor(e.in[0].shape)
	st := make([]int, len(from))
	for i, a := range e.attr.Axes {
		st[i] = from[a]
	}
	eachIndex(e.shape, func(at int, idx []int) { e.out[at] = e.in[0].data[offset(idx, st)] })
	return nil
}

func (e *evaluation) slice() error {
	st := rowMajor(e.in[0].shape)
	base := e.attr.Start * st[e.attr.Axis]
	eachIndex(e.shape, func(at int, idx []int) { e.out[at] = e.in[0].data[base+offset(idx, st)] })
	return nil
}

func (e *evaluation) pad() error { return e.place(e.in[0], e.attr.Start) }

func (e *evaluation) concat() error {
	start := 0
	for _, t := range e.in {
		if err := e.place(t, start); err != nil {
			return err
		}
		start += t.shape[e.attr.Axis]
	}
	return nil
}

// place copies t to the result at start of the attribute's axis.
func (e *evaluation) place(t tensorValue, start int) error {
	st := rowMajor(e.shape)
	base := start * st[e.attr.Axis]
	eachIndex(t.shape, func(at int, idx []int) { e.out[base+offset(idx, st)] = t.data[at] })
	return nil
}

// reduceStrides maps indices of the operand to elements of the result.
func (e *evaluation) reduceStrides() []int {
	st := make([]int, len(e.in[0].shape))
	kept := rowMajor(e.shape)
	k := 0
	for a := range st {
		if !slices.Contains(e.attr.Axes, a) {
			st[a] = kept[k]
			k++
		}
	}
	return st
}

func (e *evaluation) sum() error {
	st := e.reduceStrides()
	eachIndex(e.in[0].shape, func(at int, idx []int) { e.out[offset(idx, st)] += e.in[0].data[at] })
	return nil
}

func (e *evaluation) max() error {
	st := e.reduceStrides()
	for i := range e.out {
		e.out[i] = math.Inf(-1)
	}
	eachIndex(e.in[0].shape, func(at int, idx []int) {
		o := offset(idx, st)
		e.out[o] = max(e.out[o], e.in[0].data[at])
	})
	return nil
}

func (e *evaluation) cumSum() error {
	st := rowMajor(e.shape)
	inner, n := st[e.attr.Axis], e.shape[e.attr.Axis]
	for at := range e.out {
		if at/inner%n != 0 {
			continue
		}
		total := 0.0
		for i := range n {
			if e.attr.Flag {
				i = n - 1 - i
			}
			total += e.in[0].data[at+i*inner]
			e.out[at+i*inner] = total
		}
	}
	return nil
}

func (e *evaluation) gather() error {
	row := len(e.out) / len(e.in[1].data)
	for i, r := range e.in[1].data {
		if r < 0 || int(r) >= e.in[0].shape[0] {
			return fmt.Errorf("%w: row %g of %d at position %d", kernels.ErrIndex, r, e.in[0].shape[0], i)
		}
		copy(e.out[i*row:(i+1)*row], e.in[0].data[int(r)*row:])
	}
	return nil
}

func (e *evaluation) scatterAdd() error {
	row := len(e.in[1].data) / len(e.in[0].data)
	for i, r := range e.in[0].data {
		if r < 0 || int(r) >= e.shape[0] {
			return fmt.Errorf("%w: row %g of %d at position %d", kernels.ErrIndex, r, e.shape[0], i)
		}
		for j := range row {
			e.out[int(r)*row+j] += e.in[1].data[i*row+j]
		}
	}
	return nil
}

func (e *evaluation) iota() error {
	n := e.shape[len(e.shape)-1]
	for i := range e.out {
		e.out[i] = float64(i % n)
	}
	return nil
}

func (e *evaluation) uniform() error {
	kernels.FillUniform(e.out, e.dt, e.seed, e.attr.Site, e.step)
	return nil
}

func (e *evaluation) normal() error {
	kernels.FillNormal(e.out, e.dt, e.seed, e.attr.Site, e.step)
	return nil
}

func (e *evaluation) batchIndex() error {
	rows := make([]int32, len(e.out))
	kernels.BatchRows(rows, e.attr.N, e.seed, e.step)
	copy(e.out, widen(rows))
	return nil
}
