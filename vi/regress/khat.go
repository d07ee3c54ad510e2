package regress

import (
	"math"

	"elbo/graph"
)

// weights holds, per draw, the pieces of an importance ratio p(x, ζ)/q(ζ).
type weights struct {
	like  []float64 // log-likelihood minus that at the anchor, nats
	prior []float64 // log prior with Jacobians
	logq  []float64
}

// logRatios returns log p(x, ζ_s) − log q(ζ_s), up to the anchor's log-likelihood.
func (w *weights) logRatios() []float64 {
	out := make([]float64, len(w.logq))
	for s := range out {
		out[s] = w.like[s] + w.prior[s] - w.logq[s]
	}
	return out
}

// elbo returns the mean of log p − log q over the draws and its standard error, nats.
func (w *weights) elbo(anchorValue float64) (mean, se float64) {
	r := w.logRatios()
	for _, x := range r {
		mean += x
	}
	mean /= float64(len(r))
	for _, x := range r {
		se += (x - mean) * (x - mean)
	}
	return anchorValue + mean, math.Sqrt(se / float64(len(r)*max(len(r)-1, 1)))
}

const slotDraws = "draws"

// streamWeights computes the pieces for S draws (S,D) in one pass over all rows: memory is
// O(S (D + rows of a chunk)). Per row it folds the difference of log-likelihoods to the
// anchor's, which keeps the sums small and so exact to rounding of their own size.
func (p *Problem) streamWeights(dev graph.Device, a *anchor, draws, logq []float64) (*weights, error) {
	lay := p.design.lay
	d, s := lay.dim(), len(logq)
	columns := make([]float64, len(draws)) // (D,S)
	for i := range s {
		for j := range d {
			columns[j*s+i] = draws[i*d+j]
		}
	}
	ps, err := p.design.newPass(dev, "khat", khatRows(s), func(g *graph.Graph, in inputs) []graph.Assign {
		at := g.State(slotAt, nil, d, 1)
		zeta := g.State(slotDraws, nil, d, s)
		delta := graph.Sub(zeta, at)
		_, here := lay.anchorPredictors(g, in, at)
		h := append(lay.predictors(in.x, delta), lay.shared(delta)...)
		for k := range h {
			h[k] = graph.Add(here[k], h[k])
		}
		diff := graph.Sub(lay.pointwise(in, h), lay.pointwise(in, here))
		return []graph.Assign{fold(g, "sum", graph.Sum(graph.Mul(in.weight, diff), 0))}
	})
	if err != nil {
		return nil, err
	}
	defer ps.close()
	if err := ps.run(map[string][]float64{slotAt: a.at, slotDraws: columns}, 0); err != nil {
		return nil, err
	}
	w := &weights{logq: logq}
	if w.like, err = ps.get("sum"); err != nil {
		return nil, err
	}
	w.prior, err = p.priorOf(dev, columns, s)
	return w, err
}

// khatRows keeps rows × draws near 2^16 numbers, so that a chunk stays in a core's cache.
func khatRows(draws int) int { return min(max((1<<16)/draws, 16), 4096) }

// priorOf evaluates the log prior of draws given as columns (D,S).
func (p *Problem) priorOf(dev graph.Device, columns []float64, s int) ([]float64, error) {
	lay := p.design.lay
	spec := graph.Spec{Name: "prior draws"}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) {
		zeta := g.State(slotDraws, nil, lay.dim(), s)
		spec.Outputs = []graph.Output{{Name: "logp", Node: p.priors.logProb(g, lay, zeta)}}
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
	defer in.Close()
	if err := in.Set(slotDraws, columns); err != nil {
		return nil, err
	}
	if err := in.Run(0, 1); err != nil {
		return nil, err
	}
	return in.Get("logp")
}
