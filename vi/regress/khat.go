package regress

import (
	"fmt"
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

// khatBlock is the number of draws a program holds: with 100 coefficients they fill about 1 MiB, a core's cache.
const khatBlock = 1024

// khatRows keeps rows × draws of a chunk near 2^18 numbers, which is large enough for matrix products at full speed.
func khatRows(draws int) int { return min(max((1<<18)/draws, 64), 4096) }

// streamWeights computes the pieces for S draws (S,D) in one pass over all rows: memory is
// O(S (D + rows of a chunk)). Per row it folds the difference of log-likelihoods to the
// anchor's, which keeps the sums small and so exact to rounding of their own size.
func (p *Problem) streamWeights(dev graph.Device, a *anchor, draws, logq []float64) (*weights, error) {
	d, s := p.Dim(), len(logq)
	block := min(s, khatBlock)
	copies := (s + block - 1) / block
	ps, err := p.newWeightsPass(dev, block, copies)
	if err != nil {
		return nil, err
	}
	defer ps.close()
	for c := range copies {
		delta := make([]float64, d*block)
		for j := range d {
			for i := range block {
				at := min(c*block+i, s-1) // the last block is filled up with the last draw
				delta[j*block+i] = draws[at*d+j] - a.at[j]
			}
		}
		if err := ps.set(c, p.design.lay.draws(a.at, delta, block)); err != nil {
			return nil, err
		}
	}
	if err := ps.run(nil); err != nil {
		return nil, err
	}
	w := &weights{logq: logq}
	for c := range copies {
		sum, err := ps.get(c, "sum")
		if err != nil {
			return nil, err
		}
		w.like = append(w.like, sum[:min(block, s-c*block)]...)
	}
	w.prior, err = p.priorOf(dev, transpose(draws, s, d), s)
	return w, err
}

// newWeightsPass compiles the pass for a block of draws. Coefficients and shared coordinates are states of their
// own, so that no chunk has to cut them apart.
func (p *Problem) newWeightsPass(dev graph.Device, block, copies int) (*pass, error) {
	lay := p.design.lay
	resident := p.design.resident.exact()
	return p.design.newPass(dev, "khat", khatRows(block), copies, resident, func(g *graph.Graph, in inputs) []graph.Assign {
		at := g.State(slotAt, nil, lay.dim(), 1)
		_, here := lay.anchorPredictors(g, in, at)
		var h []*graph.Node
		for k := range lay.k {
			h = append(h, graph.MatMul(in.x, g.State(drawsSlot(k), nil, lay.p, block)))
		}
		for k := range lay.lik.Shared {
			h = append(h, g.State(drawsSlot(lay.k+k), nil, 1, block))
		}
		for k := range h {
			h[k] = graph.Add(here[k], h[k])
		}
		diff := graph.Sub(lay.pointwise(in, h), lay.pointwise(in, here))
		return []graph.Assign{fold(g, "sum", graph.Sum(graph.Mul(in.weight, diff), 0))}
	})
}

func drawsSlot(k int) string { return fmt.Sprintf("%s/%d", slotDraws, k) }

// draws lists the states of a weights pass: the anchor and displacements (D,S), cut into predictors.
func (l *layout) draws(at, delta []float64, s int) map[string][]float64 {
	set := map[string][]float64{slotAt: at}
	for k := range l.k + len(l.lik.Shared) {
		first := l.first(k) * s
		set[drawsSlot(k)] = delta[first : first+l.width(k)*s]
	}
	return set
}

// transpose turns (rows,columns) into (columns,rows).
func transpose(x []float64, rows, columns int) []float64 {
	out := make([]float64, len(x))
	for i := range rows {
		for j := range columns {
			out[j*rows+i] = x[i*columns+j]
		}
	}
	return out
}

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
