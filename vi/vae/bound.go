package vae

import (
	"context"

	"elbo/data/array"
	"elbo/graph"
)

// BoundOptions steer Bound, Encode and Reconstruct.
type BoundOptions struct {
	Seed  uint64 // of binarisation and noise
	K     int    // particles per datum of Bound; 0 means the model's
	Batch int    // rows of a pass; 0 means 256
}

// batch returns the rows of a pass over items of a, at least 1.
func (o BoundOptions) batch(a *array.Array, items []int64) int {
	if o.Batch > 0 {
		return o.Batch
	}
	return int(max(min(evalBatch, count(a, items)), 1))
}

// BoundResult is the bound of a data set. All numbers but counts are nats per datum.
type BoundResult struct {
	// Bound is the mean over the data of the model's bound, without β and free bits; BoundSE is its
	// standard error over data.
	Bound, BoundSE float64
	Recon, KL      float64
	// KLPerDim (latent) is nil where there is no closed form.
	KLPerDim []float64
	Images   int64
	// MeanVar (latent) is the variance over the data of the posterior mean, and Active counts the
	// coordinates where it exceeds ActiveAbove. Means of flows are those of Encode's draws; what the
	// draws themselves make the means vary by is taken off.
	MeanVar []float64
	Active  int
}

// ActiveAbove is the variance of the posterior mean above which a coordinate is active (Burda, Grosse &
// Salakhutdinov 2016).
const ActiveAbove = 0.01

// Bound evaluates the model's bound on items of a; nil means all. It is a function of the seed
// and the items; how they are cut into batches changes rounding alone.
func (r *Runner) Bound(ctx context.Context, a *array.Array, items []int64, o BoundOptions) (*BoundResult, error) {
	if o.K == 0 {
		o.K = r.m.cfg.K
	}
	b := o.batch(a, items)
	p, err := r.pass(passKey{"bound", b, o.K, o.Seed}, func(n *net) []graph.Output { return n.boundPass(b, o.K) })
	if err != nil {
		return nil, err
	}
	d := r.m.cfg.Latent
	sums := boundSums{klDim: make([]float64, d), mean: make([]tally, d)}
	var draws []int32
	err = r.eachBatch(ctx, a, items, b, func(w *batch) (err error) {
		if draws, err = w.draws(draws, 0, o.K, o.K); err != nil {
			return err
		}
		if err := w.set(p); err != nil {
			return err
		}
		if err := p.setInts(slotDraw, draws); err != nil {
			return err
		}
		if err := p.run(); err != nil {
			return err
		}
		return sums.add(p, len(w.items), d)
	})
	if err != nil {
		return nil, err
	}
	if r.m.cfg.flows() { // one draw is no posterior mean
		if err := r.means(ctx, a, items, o, &sums); err != nil {
			return nil, err
		}
	}
	return sums.result(p.in.Has(OutKLDim)), nil
}

// means adds up the posterior means of Encode in place of those of single draws. A mean of S draws
// has the variance σ²/S of its own, and the draws' biased variance sd² is σ²(S−1)/S on average.
func (r *Runner) means(ctx context.Context, a *array.Array, items []int64, o BoundOptions, sums *boundSums) error {
	mean, sd, err := r.Encode(ctx, a, items, o)
	if err != nil {
		return err
	}
	d := r.m.cfg.Latent
	sums.mean, sums.spread = make([]tally, d), make([]float64, d)
	for i, x := range mean {
		sums.mean[i%d].add(float64(x))
		sums.spread[i%d] += float64(sd[i]) * float64(sd[i]) / (momentDraws - 1) / float64(len(mean)/d)
	}
	return nil
}

// boundPass gives the terms of every row.
func (n *net) boundPass(b, k int) []graph.Output {
	g := n.c.G
	x := n.input(b)
	c := n.code(x)
	q := c.guide(n, n.rowNoise(k, b))
	t := &decoder{n: n, x: x, prior: n.prior()}

	// The bound is Σ_b weight_b · bound_b: its derivative by the weights is each row's bound.
	ones := make([]float64, b)
	for i := range ones {
		ones[i] = 1
	}
	q.Weight = g.ConstTensor(ones, b)
	rows := graph.Grad(n.m.reported().Bound(g, t, q), q.Weight)[0]

	mean, _ := c.moments(n, q)
	out := []graph.Output{
		{Name: "rows", Node: rows}, {Name: OutRecon, Node: graph.Mean(t.fit, 0)}, {Name: "mean", Node: mean},
	}
	kl := graph.Mean(graph.Sub(q.LogQ, t.LogPrior(g, q.Zeta)), 0)
	if q.KL != nil && t.StandardPrior() {
		kl = graph.Sum(q.KL, 1)
		out = append(out, graph.Output{Name: OutKLDim, Node: q.KL})
	}
	return append(out, graph.Output{Name: OutKL, Node: kl})
}

// boundSums adds rows up.
type boundSums struct {
	bound, recon, kl tally
	klDim            []float64
	mean             []tally
	spread           []float64 // variance that the means have of their draws; nil where they are exact
}

// add takes the first n rows of a pass.
func (s *boundSums) add(p *pass, n, d int) error {
	read := func(name string, visit func(i int, x float64)) error {
		v, err := p.in.Get(name)
		if err != nil {
			return err
		}
		for i := range n * (len(v) / p.rows()) {
			visit(i, v[i])
		}
		return nil
	}
	for name, visit := range map[string]func(i int, x float64){
		"rows":   func(_ int, x float64) { s.bound.add(x) },
		OutRecon: func(_ int, x float64) { s.recon.add(x) },
		OutKL:    func(_ int, x float64) { s.kl.add(x) },
		"mean":   func(i int, x float64) { s.mean[i%d].add(x) },
		OutKLDim: func(i int, x float64) { s.klDim[i%d] += x },
	} {
		if name == OutKLDim && !p.in.Has(name) {
			continue
		}
		if err := read(name, visit); err != nil {
			return err
		}
	}
	return nil
}

// rows returns B.
func (p *pass) rows() int { return p.in.Program().Slot(SlotX).Shape[0] }

func (s *boundSums) result(dims bool) *BoundResult {
	out := &BoundResult{
		Bound: s.bound.mean, BoundSE: s.bound.se(), Recon: s.recon.mean, KL: s.kl.mean, Images: s.bound.n,
	}
	for d := range s.mean {
		v := s.mean[d].variance()
		if s.spread != nil {
			v = max(v-s.spread[d], 0)
		}
		out.MeanVar = append(out.MeanVar, v)
		if v > ActiveAbove {
			out.Active++
		}
		if dims {
			out.KLPerDim = append(out.KLPerDim, s.klDim[d]/float64(s.bound.n))
		}
	}
	return out
}
