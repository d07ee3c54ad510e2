package regress

import (
	"errors"
	"fmt"

	"elbo/graph"
	"elbo/vi/elbo"
)

// curvature is the pass that expands the log-likelihood over all rows at a point.
type curvature struct {
	all, some *pass // over all rows, and over a sample of them: the same where rows are fed
	lay       *layout
}

const slotAt = "at"

// newCurvature compiles the expansion pass.
func (d *design) newCurvature(dev graph.Device) (*curvature, error) {
	c := &curvature{lay: d.lay}
	fed, err := d.newCurvaturePass(dev, false)
	if err != nil {
		return nil, err
	}
	c.all, c.some = fed, fed
	if d.resident.exact() {
		if c.all, err = d.newCurvaturePass(dev, true); err != nil {
			return nil, errors.Join(err, fed.close())
		}
	}
	return c, nil
}

// newCurvaturePass has as accumulators the value, one gradient per predictor and one Hessian block per pair of
// predictors.
func (d *design) newCurvaturePass(dev graph.Device, resident bool) (*pass, error) {
	lay := d.lay
	return d.newPass(dev, "curvature", chunkRows(lay.p), 1, resident, func(g *graph.Graph, in inputs) []graph.Assign {
		at := g.State(slotAt, nil, lay.dim(), 1)
		rows, _ := lay.anchorPredictors(g, in, at)
		e := elbo.Expand(func(h []*graph.Node) *graph.Node { return lay.pointwise(in, h) }, rows)
		out := []graph.Assign{fold(g, "value", graph.Sum(graph.Mul(in.weight, e.Value)))}
		for k := range rows {
			out = append(out, fold(g, gradSlot(k), lay.project(in.x, k, graph.Mul(in.weight, e.Grad[k]))))
			for j := range k + 1 {
				w := graph.Mul(in.weight, e.Hess[k][j])
				out = append(out, fold(g, hessSlot(k, j), lay.projectPair(in.x, k, j, w)))
			}
		}
		return out
	})
}

func (c *curvature) close() error {
	err := c.all.close()
	if c.some != c.all {
		err = errors.Join(err, c.some.close())
	}
	return err
}

// chunkRows keeps a chunk of the design near 1 MiB, inside a core's cache.
func chunkRows(p int) int { return min(max((1<<17)/p, 64), 4096) }

func gradSlot(k int) string { return fmt.Sprintf("grad/%d", k) }

func hessSlot(k, j int) string { return fmt.Sprintf("hess/%d,%d", k, j) }

// project maps per-row derivatives (B,1) by predictor k to derivatives by its coordinates: (P,1) or (1,1).
func (l *layout) project(x *graph.Node, k int, w *graph.Node) *graph.Node {
	if k < l.k {
		return graph.MatMulT(x, w, true, false)
	}
	return graph.SumKeep(w, 0)
}

// projectPair maps per-row second derivatives by predictors k ≥ j to a block of the Hessian.
func (l *layout) projectPair(x *graph.Node, k, j int, w *graph.Node) *graph.Node {
	if j >= l.k {
		return graph.SumKeep(w, 0) // both shared: (1,1)
	}
	if k >= l.k {
		return graph.MatMulT(w, x, true, false) // shared × coefficients: (1,P)
	}
	return graph.MatMulT(graph.Mul(x, w), x, true, false)
}

// expand runs the pass at ζ0 over all rows, or over a sample of kept rows.
func (c *curvature) expand(at []float64, sample []int64) (*anchor, error) {
	lay, p := c.lay, c.all
	if sample != nil {
		p = c.some
	}
	d := lay.dim()
	if err := p.set(0, map[string][]float64{slotAt: at}); err != nil {
		return nil, err
	}
	if err := p.run(sample); err != nil {
		return nil, err
	}
	a := &anchor{at: append([]float64(nil), at...), grad: make([]float64, d), hess: make([]float64, d*d)}
	value, err := p.get(0, "value")
	if err != nil {
		return nil, err
	}
	a.value = value[0]
	n := lay.k + len(lay.lik.Shared)
	for k := range n {
		g, err := p.get(0, gradSlot(k))
		if err != nil {
			return nil, err
		}
		copy(a.grad[lay.first(k):], g)
		for j := range k + 1 {
			h, err := p.get(0, hessSlot(k, j))
			if err != nil {
				return nil, err
			}
			a.place(lay, k, j, h, d)
		}
	}
	return a, nil
}

// first returns the first coordinate of predictor k, width the number of its coordinates.
func (l *layout) first(k int) int {
	if k < l.k {
		return k * l.p
	}
	return l.k*l.p + k - l.k
}

func (l *layout) width(k int) int {
	if k < l.k {
		return l.p
	}
	return 1
}

// place writes a Hessian block and its mirror image.
func (a *anchor) place(l *layout, k, j int, h []float64, d int) {
	r0, c0, w := l.first(k), l.first(j), l.width(j)
	for i, x := range h {
		r, c := r0+i/w, c0+i%w
		a.hess[r*d+c], a.hess[c*d+r] = x, x
	}
}
