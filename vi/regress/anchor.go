package regress

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"elbo/graph"
	"elbo/vi/elbo"
)

// curvature is the pass that expands the log-likelihood over all rows at a point.
type curvature struct {
	*pass
	lay *layout
}

const slotAt = "at"

// newCurvature compiles the expansion pass. Its accumulators are the value, one gradient per
// predictor and one Hessian block per pair of predictors.
func (d *design) newCurvature(dev graph.Device) (*curvature, error) {
	lay := d.lay
	p, err := d.newPass(dev, "curvature", chunkRows(lay.p), func(g *graph.Graph, in inputs) []graph.Assign {
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
	if err != nil {
		return nil, err
	}
	return &curvature{pass: p, lay: lay}, nil
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

// expand runs the pass at ζ0 over the first limit rows (0 means all).
func (c *curvature) expand(at []float64, limit int64) (*anchor, error) {
	lay := c.lay
	d := lay.dim()
	set := map[string][]float64{slotAt: at}
	for _, name := range c.in.Program().StateNames() {
		if name != slotAt {
			set[name] = make([]float64, len(c.in.Program().Init(name)))
		}
	}
	if err := c.run(set, limit); err != nil {
		return nil, err
	}
	a := &anchor{at: append([]float64(nil), at...), grad: make([]float64, d), hess: make([]float64, d*d)}
	value, err := c.get("value")
	if err != nil {
		return nil, err
	}
	a.value = value[0]
	n := lay.k + len(lay.lik.Shared)
	for k := range n {
		g, err := c.get(gradSlot(k))
		if err != nil {
			return nil, err
		}
		copy(a.grad[lay.first(k):], g)
		for j := range k + 1 {
			h, err := c.get(hessSlot(k, j))
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

// priorExpansion evaluates value, gradient and Hessian of the log prior at ζ on a device.
type priorExpansion struct {
	in  *graph.Instance
	dim int
}

func (d *design) newPriorExpansion(dev graph.Device, priors *priorSet) (*priorExpansion, error) {
	lay := d.lay
	dim := lay.dim()
	spec := graph.Spec{Name: "prior"}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) {
		at := g.State(slotAt, nil, dim, 1)
		value := graph.Sum(priors.logProb(g, lay, at))
		grad := graph.Grad(value, at)[0]
		spec.Outputs = []graph.Output{{Name: "value", Node: value}, {Name: "grad", Node: grad}}
		// Row j of the Hessian is the gradient of component j; the prior couples few coordinates,
		// but the number of coordinates is moderate, so a dense Hessian by unit directions is fine:
		// Hessian times the identity, one column per particle.
		eye := graph.DiagEmbed(g.ConstTensor([]float64{1}, dim))
		wide := graph.BroadcastTo(at, dim, dim)
		gw := graph.Grad(graph.Sum(priors.logProb(g, lay, wide)), wide)[0]
		hv := graph.Grad(graph.Sum(graph.Mul(gw, eye)), wide)[0]
		spec.Outputs = append(spec.Outputs, graph.Output{Name: "hess", Node: hv})
	})
	if err != nil {
		return nil, err
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		return nil, err
	}
	in, err := prog.Load(dev)
	if err != nil {
		return nil, err
	}
	return &priorExpansion{in: in, dim: dim}, nil
}

func (e *priorExpansion) expand(at []float64) (*anchor, error) {
	if err := e.in.Set(slotAt, at); err != nil {
		return nil, err
	}
	if err := e.in.Run(0, 1); err != nil {
		return nil, err
	}
	a := &anchor{at: at}
	value, err := e.in.Get("value")
	if err != nil {
		return nil, err
	}
	a.value = value[0]
	if a.grad, err = e.in.Get("grad"); err != nil {
		return nil, err
	}
	a.hess, err = e.in.Get("hess")
	return a, err
}

// mode is the posterior mode with the expansion of the likelihood there.
type mode struct {
	like   *anchor
	metric *metric
	passes int
	found  bool // Newton's method converged
}

// metric is the whitening at the mode.
type metric struct {
	w    []float64 // L⁻ᵀ (D,D), upper triangular
	diag []float64 // 1/sqrt of the precision's diagonal
	// stiff is the largest eigenvalue of the precision scaled to a unit diagonal: 1 where coordinates do not
	// correlate, up to D.
	stiff float64
}

// Newton's constants: a step is accepted when the log joint does not fall; the decrement λ²/2
// estimates how far, in nats, the mode is.
const (
	newtonPasses = 60
	newtonTol    = 1e-9
	warmRows     = 16384
)

// findMode runs damped Newton on the log joint: first on the leading rows (scaled to N by
// nothing: only to get near), then on all rows until the decrement is negligible.
func findMode(c *curvature, pe *priorExpansion, start []float64) (*mode, error) {
	m := &mode{}
	at := start
	if c.d.rows() > 4*warmRows {
		warm, err := newton(c, pe, at, warmRows, 1e-4, m)
		if err != nil {
			return nil, err
		}
		at = warm.at
	}
	like, err := newton(c, pe, at, 0, newtonTol, m)
	if err != nil {
		return nil, err
	}
	m.like = like
	prior, err := pe.expand(like.at)
	if err != nil {
		return nil, err
	}
	m.metric, err = whiten(like, prior)
	return m, err
}

// newton climbs the log joint from at and returns the expansion at the best point.
func newton(c *curvature, pe *priorExpansion, at []float64, limit int64, tol float64, m *mode) (*anchor, error) {
	like, prior, err := expandBoth(c, pe, at, limit)
	if err != nil {
		return nil, err
	}
	m.found = false
	damp := 1.0
	for range newtonPasses {
		m.passes++
		step, decrement := ascent(like, prior)
		if decrement < tol {
			m.found = true
			return like, nil
		}
		next := make([]float64, len(at))
		moved := false
		for i := range next {
			next[i] = like.at[i] + damp*step[i]
			moved = moved || next[i] != like.at[i]
		}
		l2, p2, err := expandBoth(c, pe, next, limit)
		if err != nil {
			return nil, err
		}
		gain := l2.value + p2.value - like.value - prior.value
		switch {
		case !moved, math.Abs(gain) < 1e-12*math.Abs(like.value) && decrement < 1e-6:
			m.found = true
			return like, nil
		case gain >= 0 && finiteAll(l2.grad, l2.hess):
			like, prior = l2, p2
			damp = math.Min(1, 4*damp)
		default:
			if damp /= 4; damp < 1e-12 {
				return like, nil
			}
		}
	}
	return like, nil
}

func expandBoth(c *curvature, pe *priorExpansion, at []float64, limit int64) (like, prior *anchor, err error) {
	if like, err = c.expand(at, limit); err != nil {
		return nil, nil, err
	}
	prior, err = pe.expand(at)
	return like, prior, err
}

func finiteAll(xs ...[]float64) bool {
	for _, x := range xs {
		for _, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return false
			}
		}
	}
	return true
}

// precision returns −(H_likelihood + H_prior) as a symmetric matrix.
func precision(like, prior *anchor) *mat.SymDense {
	d := len(like.at)
	s := mat.NewSymDense(d, nil)
	for i := range d {
		for j := range i + 1 {
			s.SetSym(i, j, -(like.hess[i*d+j] + prior.hess[i*d+j]))
		}
	}
	return s
}

// ascent returns the Newton step in the metric |−H| (eigenvalues made positive where the log
// joint is not concave) and half its squared length, the gain it predicts in nats.
func ascent(like, prior *anchor) (step []float64, decrement float64) {
	d := len(like.at)
	g := make([]float64, d)
	for i := range g {
		g[i] = like.grad[i] + prior.grad[i]
	}
	step = make([]float64, d)
	var chol mat.Cholesky
	x := mat.NewVecDense(d, step)
	if p := precision(like, prior); chol.Factorize(p) && chol.SolveVecTo(x, mat.NewVecDense(d, g)) == nil {
		return step, mat.Dot(x, mat.NewVecDense(d, g)) / 2
	}
	values, vectors := positiveEigen(precision(like, prior))
	var y mat.VecDense
	y.MulVec(vectors.T(), mat.NewVecDense(d, g))
	for i := range d {
		y.SetVec(i, y.AtVec(i)/values[i])
	}
	x.MulVec(vectors, &y)
	return step, mat.Dot(x, mat.NewVecDense(d, g)) / 2
}

// positiveEigen decomposes a symmetric matrix and makes its eigenvalues positive: absolute
// values, at least 1e−8 of the largest.
func positiveEigen(s *mat.SymDense) ([]float64, *mat.Dense) {
	var e mat.EigenSym
	if !e.Factorize(s, true) {
		d := s.SymmetricDim()
		return ones(d), eye(d)
	}
	values := e.Values(nil)
	top := 0.0
	for _, v := range values {
		top = math.Max(top, math.Abs(v))
	}
	for i, v := range values {
		values[i] = math.Max(math.Abs(v), math.Max(1e-8*top, 1e-300))
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	return values, &vectors
}

func ones(d int) []float64 {
	x := make([]float64, d)
	for i := range x {
		x[i] = 1
	}
	return x
}

func eye(d int) *mat.Dense {
	m := mat.NewDense(d, d, nil)
	for i := range d {
		m.Set(i, i, 1)
	}
	return m
}

// whiten factors the precision at the mode: W = L⁻ᵀ so that ζ = ζ0 + W z has unit curvature.
func whiten(like, prior *anchor) (*metric, error) {
	d := len(like.at)
	p := precision(like, prior)
	var chol mat.Cholesky
	if !chol.Factorize(p) {
		// Not a proper maximum along some direction: clip the curvature, training corrects it.
		values, vectors := positiveEigen(p)
		var scaled, full mat.Dense
		scaled.Apply(func(_, j int, v float64) float64 { return v * values[j] }, vectors)
		full.Mul(&scaled, vectors.T())
		for i := range d {
			for j := range i + 1 {
				p.SetSym(i, j, (full.At(i, j)+full.At(j, i))/2)
			}
		}
		if !chol.Factorize(p) {
			return nil, fmt.Errorf("%w: the posterior's curvature cannot be factored; "+
				"remove collinear columns or give proper priors", ErrModel)
		}
	}
	var l, inv mat.TriDense
	chol.LTo(&l)
	if err := inv.InverseTri(&l); err != nil && !finiteAll(inv.RawTriangular().Data) {
		return nil, fmt.Errorf("%w: the posterior's curvature is singular: %w", ErrModel, err)
	}
	m := &metric{w: make([]float64, d*d), diag: make([]float64, d), stiff: largestEigenvalue(p)}
	for i := range d {
		for j := range i + 1 {
			m.w[j*d+i] = inv.At(i, j)
		}
		m.diag[i] = 1 / math.Sqrt(p.At(i, i))
	}
	return m, nil
}
