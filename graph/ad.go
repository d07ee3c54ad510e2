package graph

// reverse returns the derivatives of out, seeded with the cotangent seed of out's shape,
// with respect to the values wrt. order lists the applications out depends on (more do no
// harm), arguments before results. A value that out does not depend on gets zeros.
//
// Gradients flow through wrt values too, so a wrt that depends on another wrt is not held
// fixed. Only values that depend on some wrt are visited.
func reverse[V comparable](b Builder[V], order []Application[V], out V, seed V, wrt []V) []V {
	table := rules[V]()
	sites, _ := b.(interface{ SetSite(string) string })

	// Forward: which applications carry a gradient from a wrt.
	active := make(map[V]bool, len(order)+len(wrt))
	for _, w := range wrt {
		active[w] = true
	}
	made := make(map[V]bool, len(order))
	path := make([]*Application[V], 0, len(order))
	for k := range order {
		in := &order[k]
		if made[in.Out] {
			continue // listed before
		}
		made[in.Out] = true
		for i, a := range in.Args {
			if active[a] && ruleOf(table, in.Op).arg(in, i) != nil {
				active[in.Out] = true
				path = append(path, in)
				break
			}
		}
	}

	// Backward: every cotangent is complete when its application is reached.
	adjoint := map[V]V{out: seed}
	for k := len(path) - 1; k >= 0; k-- {
		in := path[k]
		dy, ok := adjoint[in.Out]
		if !ok {
			continue
		}
		old := ""
		if sites != nil && in.Site != "" {
			old = sites.SetSite("gradient of " + in.Site)
		}
		r := ruleOf(table, in.Op)
		for i, a := range in.Args {
			f := r.arg(in, i)
			if f == nil || !active[a] {
				continue
			}
			da := SumToB(b, f(b, in, dy, i), b.Shape(a))
			if sum, ok := adjoint[a]; ok {
				da = AddB(b, sum, da)
			}
			adjoint[a] = da
		}
		if sites != nil && in.Site != "" {
			sites.SetSite(old)
		}
	}

	grads := make([]V, len(wrt))
	for i, w := range wrt {
		g, ok := adjoint[w]
		if !ok {
			g = ZerosB(b, b.Shape(w))
		}
		grads[i] = g
	}
	return grads
}
