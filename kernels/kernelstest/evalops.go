package kernelstest

import (
	"math"
	"slices"

	"elbo/kernels"
)

// structural holds the definition of every structural op: what element `at` of the result is.
var structural = map[kernels.Op]func(ev *evaluator, in *kernels.Instr) []float64{
	kernels.Copy: func(ev *evaluator, in *kernels.Instr) []float64 {
		return ev.pick(in, func(at []int) int { return broadcastIndex(ev.shape(in.Args[0]), at) })
	},
	kernels.View: same, kernels.Assign: same, kernels.ToFloat: same,
	kernels.Transpose: func(ev *evaluator, in *kernels.Instr) []float64 {
		from := make([]int, len(in.Attr.Axes))
		return ev.pick(in, func(at []int) int {
			for i, a := range in.Attr.Axes {
				from[a] = at[i]
			}
			return index(ev.shape(in.Args[0]), from)
		})
	},
	kernels.Slice: func(ev *evaluator, in *kernels.Instr) []float64 {
		return ev.pick(in, func(at []int) int { return index(ev.shape(in.Args[0]), moved(at, in.Attr.Axis, in.Attr.Start)) })
	},
	kernels.Pad: func(ev *evaluator, in *kernels.Instr) []float64 {
		s := ev.shape(in.Args[0])
		return ev.pick(in, func(at []int) int {
			k := at[in.Attr.Axis] - in.Attr.Start
			if k < 0 || k >= s[in.Attr.Axis] {
				return -1
			}
			return index(s, moved(at, in.Attr.Axis, -in.Attr.Start))
		})
	},
	kernels.Concat:    concat,
	kernels.SumReduce: sumReduce, kernels.MaxReduce: maxReduce, kernels.CumSum: cumSum,
	kernels.MatMul: matMul, kernels.Gather: gather, kernels.ScatterAdd: scatterAdd,
	kernels.Tril: func(ev *evaluator, in *kernels.Instr) []float64 {
		return ev.pick(in, func(at []int) int {
			if n := len(at); at[n-1] > at[n-2]+in.Attr.Start {
				return -1
			}
			return index(ev.shape(in.Args[0]), at)
		})
	},
	kernels.Diag: func(ev *evaluator, in *kernels.Instr) []float64 {
		return ev.pick(in, func(at []int) int {
			return index(ev.shape(in.Args[0]), append(slices.Clone(at), at[len(at)-1]))
		})
	},
	kernels.DiagEmbed: func(ev *evaluator, in *kernels.Instr) []float64 {
		return ev.pick(in, func(at []int) int {
			n := len(at)
			if at[n-1] != at[n-2] {
				return -1
			}
			return index(ev.shape(in.Args[0]), at[:n-1])
		})
	},
	kernels.Cholesky: cholesky, kernels.TriSolve: triSolve,
	kernels.Iota: func(ev *evaluator, in *kernels.Instr) []float64 {
		return ev.fill(in, func(at []int) float64 { return float64(at[len(at)-1]) })
	},
	kernels.Step: func(ev *evaluator, in *kernels.Instr) []float64 { return []float64{float64(ev.step)} },
	kernels.RandUniform: func(ev *evaluator, in *kernels.Instr) []float64 {
		y := make([]float64, ev.shape(in.Outs[0]).Size())
		kernels.FillUniform(y, ev.p.DType, ev.p.Seed, in.Attr.Site, ev.step)
		return y
	},
	kernels.RandNormal: func(ev *evaluator, in *kernels.Instr) []float64 {
		y := make([]float64, ev.shape(in.Outs[0]).Size())
		kernels.FillNormal(y, ev.p.DType, ev.p.Seed, in.Attr.Site, ev.step)
		return y
	},
	kernels.BatchIndex: batchIndex,
	kernels.Im2Col:     im2col, kernels.Col2Im: col2im, kernels.UniformRows: uniformRows,
	kernels.ToInt: func(ev *evaluator, in *kernels.Instr) []float64 {
		y := slices.Clone(ev.vals[in.Args[0]])
		for i, x := range y {
			if y[i] = math.Trunc(x); math.IsNaN(x) {
				y[i] = -1
			}
		}
		return y
	},
}

func same(ev *evaluator, in *kernels.Instr) []float64 { return slices.Clone(ev.vals[in.Args[0]]) }

// fill builds a result from a function of the index.
func (ev *evaluator) fill(in *kernels.Instr, f func(at []int) float64) []float64 {
	s := ev.shape(in.Outs[0])
	y := make([]float64, s.Size())
	each(s, func(i int, at []int) { y[i] = f(at) })
	return y
}

// pick builds a result from elements of the first argument; -1 is a zero.
func (ev *evaluator) pick(in *kernels.Instr, from func(at []int) int) []float64 {
	x := ev.vals[in.Args[0]]
	return ev.fill(in, func(at []int) float64 {
		if k := from(at); k >= 0 {
			return x[k]
		}
		return 0
	})
}

// moved returns the index shifted along one axis.
func moved(at []int, axis, by int) []int {
	to := slices.Clone(at)
	to[axis] += by
	return to
}

func concat(ev *evaluator, in *kernels.Instr) []float64 {
	axis := in.Attr.Axis
	return ev.fill(in, func(at []int) float64 {
		start := 0
		for _, id := range in.Args {
			s := ev.shape(id)
			if at[axis] < start+s[axis] {
				return ev.vals[id][index(s, moved(at, axis, -start))]
			}
			start += s[axis]
		}
		panic("kernelstest: concat beyond its arguments")
	})
}

// reduced calls f with each element of the argument and the element of the result it goes to.
func (ev *evaluator) reduced(in *kernels.Instr, f func(to int, x float64)) {
	s, out := ev.shape(in.Args[0]), ev.shape(in.Outs[0])
	each(s, func(i int, at []int) {
		kept := []int{}
		for k, a := range at {
			if !slices.Contains(in.Attr.Axes, k) {
				kept = append(kept, a)
			}
		}
		f(index(out, kept), ev.vals[in.Args[0]][i])
	})
}

func sumReduce(ev *evaluator, in *kernels.Instr) []float64 {
	sum := make([]float64, ev.shape(in.Outs[0]).Size())
	lost := make([]float64, len(sum))
	ev.reduced(in, func(to int, x float64) { sum[to], lost[to] = twoSum(sum[to], x, lost[to]) })
	for i := range sum {
		if lost[i]-lost[i] == 0 {
			sum[i] += lost[i]
		}
	}
	return sum
}

func maxReduce(ev *evaluator, in *kernels.Instr) []float64 {
	y := make([]float64, ev.shape(in.Outs[0]).Size())
	for i := range y {
		y[i] = math.Inf(-1)
	}
	ev.reduced(in, func(to int, x float64) {
		if x > y[to] || math.IsNaN(x) {
			y[to] = x
		}
	})
	return y
}

func cumSum(ev *evaluator, in *kernels.Instr) []float64 {
	s := ev.shape(in.Args[0])
	n := s[in.Attr.Axis]
	return ev.fill(in, func(at []int) float64 {
		from, to := 0, at[in.Attr.Axis]
		if in.Attr.Flag {
			from, to = to, n-1
		}
		sum := 0.0
		for k := from; k <= to; k++ {
			sum += ev.vals[in.Args[0]][index(s, moved(at, in.Attr.Axis, k-at[in.Attr.Axis]))]
		}
		return sum
	})
}

func gather(ev *evaluator, in *kernels.Instr) []float64 {
	s, idx := ev.shape(in.Args[0]), ev.vals[in.Args[1]]
	return ev.pick(in, func(at []int) int { return index(s, moved(at, 0, int(idx[at[0]])-at[0])) })
}

func scatterAdd(ev *evaluator, in *kernels.Instr) []float64 {
	y := make([]float64, ev.shape(in.Outs[0]).Size())
	src, s := ev.vals[in.Args[1]], ev.shape(in.Args[1])
	each(s, func(i int, at []int) {
		y[index(ev.shape(in.Outs[0]), moved(at, 0, int(ev.vals[in.Args[0]][at[0]])-at[0]))] += src[i]
	})
	return y
}

func batchIndex(ev *evaluator, in *kernels.Instr) []float64 {
	b, n := uint64(ev.shape(in.Outs[0])[0]), uint64(in.Attr.N)
	batches := (n + b - 1) / b
	order := kernels.NewPermutation(n, ev.p.Seed, ev.step/batches)
	y := make([]float64, b)
	for i := range y {
		at := ev.step%batches*b + uint64(i)
		if at >= n {
			at = ev.step % batches * b
		}
		y[i] = float64(order.At(at))
	}
	return y
}
