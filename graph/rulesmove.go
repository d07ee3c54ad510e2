package graph

import "elbo/kernels"

// addMovementRules adds the ops that move, reduce or make elements.
func addMovementRules[V any](t map[kernels.Op]*rule[V]) {
	noGradient(t, kernels.Iota, kernels.Step, kernels.RandUniform, kernels.RandNormal,
		kernels.BatchIndex, kernels.ToFloat, kernels.ToInt, kernels.UniformRows)
	for op, f := range map[kernels.Op]argRule[V]{
		kernels.Copy: pass[V],
		kernels.View: func(b Builder[V], in *Application[V], dy V, _ int) V {
			return ReshapeB(b, dy, b.Shape(in.Args[0])...)
		},
		kernels.Transpose: func(b Builder[V], in *Application[V], dy V, _ int) V {
			inverse := make([]int, len(in.Attr.Axes))
			for i, a := range in.Attr.Axes {
				inverse[a] = i
			}
			return b.Apply(kernels.Transpose, kernels.Attr{Axes: inverse}, nil, dy)
		},
		kernels.Slice: func(b Builder[V], in *Application[V], dy V, _ int) V {
			return PadB(b, dy, in.Attr.Axis, in.Attr.Start, b.Shape(in.Args[0])[in.Attr.Axis])
		},
		kernels.Pad: func(b Builder[V], in *Application[V], dy V, _ int) V {
			start := in.Attr.Start
			return SliceB(b, dy, in.Attr.Axis, start, start+b.Shape(in.Args[0])[in.Attr.Axis])
		},
		kernels.SumReduce: func(b Builder[V], in *Application[V], dy V, _ int) V {
			return spread(b, in, dy)
		},
		kernels.MaxReduce: maxReduceRule[V],
		kernels.Im2Col: func(b Builder[V], in *Application[V], dy V, _ int) V {
			return Col2ImB(b, dy, in.Attr.Window, b.Shape(in.Args[0]))
		},
		kernels.Col2Im: func(b Builder[V], in *Application[V], dy V, _ int) V {
			return Im2ColB(b, dy, in.Attr.Window)
		},
		kernels.CumSum: func(b Builder[V], in *Application[V], dy V, _ int) V {
			return b.Apply(kernels.CumSum, kernels.Attr{Axis: in.Attr.Axis, Flag: !in.Attr.Flag}, nil, dy)
		},
	} {
		t[op] = &rule[V]{args: []argRule[V]{f}}
	}
	t[kernels.Concat] = &rule[V]{variadic: true, args: []argRule[V]{concatRule[V]}}
	t[kernels.Gather] = &rule[V]{args: []argRule[V]{
		func(b Builder[V], in *Application[V], dy V, _ int) V {
			return ScatterAddB(b, in.Args[1], dy, b.Shape(in.Args[0])[0])
		}, nil}}
	t[kernels.ScatterAdd] = &rule[V]{args: []argRule[V]{nil,
		func(b Builder[V], in *Application[V], dy V, _ int) V { return GatherB(b, dy, in.Args[0]) }}}
}

// kept returns x, a value with a reduction's axes removed, with these axes of extent 1.
func kept[V any](b Builder[V], in *Application[V], x V) V {
	s := b.Shape(in.Args[0]).Clone()
	for _, a := range in.Attr.Axes {
		s[a] = 1
	}
	return ReshapeB(b, x, s...)
}

// spread repeats a reduction's cotangent over the axes that were reduced.
func spread[V any](b Builder[V], in *Application[V], dy V) V {
	return BroadcastToB(b, kept(b, in, dy), b.Shape(in.Args[0])...)
}

// maxReduceRule shares dy equally among the elements that attain the maximum.
func maxReduceRule[V any](b Builder[V], in *Application[V], dy V, _ int) V {
	hit := EqB(b, in.Args[0], kept(b, in, in.Out))
	hits := hit
	if len(in.Attr.Axes) > 0 {
		hits = b.Apply(kernels.SumReduce, kernels.Attr{Axes: in.Attr.Axes}, nil, hit)
	}
	return WhereB(b, hit, kept(b, in, DivB(b, dy, hits)), b.Const(0))
}

// concatRule cuts argument i's part out of dy.
func concatRule[V any](b Builder[V], in *Application[V], dy V, i int) V {
	axis, start := in.Attr.Axis, 0
	for _, a := range in.Args[:i] {
		start += b.Shape(a)[axis]
	}
	return SliceB(b, dy, axis, start, start+b.Shape(in.Args[i])[axis])
}
