package vae

import (
	"context"
	"fmt"
	"math"

	"elbo/data/array"
	"elbo/graph"
)

// NLLResult is an importance-sampling estimate of the negative log-likelihood, nats per datum.
type NLLResult struct {
	// NLL is the mean over the data of −log 1/k Σ_s p(x|z_s) p(z_s)/q(z_s|x), which is above the true
	// value on average and nears it as k grows; NLLSE is its standard error over data.
	NLL, NLLSE float64
	K          int
	Images     int64
	// Bound is the evidence lower bound from the same draws, with its standard error.
	Bound, BoundSE float64
}

// A pass of NLL decodes nllRows particles in all, nllItems data at a time: activations of that
// many rows stay in the cache while the products are large enough to be efficient.
const (
	nllRows  = 512
	nllItems = 4
)

// NLL estimates the log-likelihood of items of a (nil means all) with k draws each from the
// posterior. Every datum is encoded once. Draws and binarisation are functions of the seed, k and
// the item's number alone. progress, where not nil, hears how many items are done.
func (r *Runner) NLL(
	ctx context.Context, a *array.Array, items []int64, k int, seed uint64, progress func(done, total int64),
) (*NLLResult, error) {
	if k < 1 {
		return nil, fmt.Errorf("vae: nll with k = %d: at least one draw is needed", k)
	}
	e, err := r.newEstimator(int(min(nllItems, count(a, items))), k, seed)
	if err != nil {
		return nil, err
	}
	var nll, bound tally
	err = r.eachBatch(ctx, a, items, max(e.rows, 1), func(w *batch) error {
		if err := e.estimate(ctx, w); err != nil {
			return err
		}
		for i := range w.items {
			nll.add(math.Log(float64(k)) - e.sum[i].value())
			bound.add(e.total[i] / float64(k))
		}
		if progress != nil {
			progress(nll.n, count(a, items))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &NLLResult{
		NLL: nll.mean, NLLSE: nll.se(), K: k, Images: nll.n, Bound: bound.mean, BoundSE: bound.se(),
	}, nil
}

// estimator runs the two programs of NLL: encode once, then decode s particles at a time.
type estimator struct {
	rows, k, s int
	encode     *pass
	weigh      *pass
	fields     []string
	draws      []int32
	live       []float32
	sum        []logSum
	total      []float64
}

// newEstimator divides k draws into the fewest equal chunks of at most nllRows rows.
func (r *Runner) newEstimator(rows, k int, seed uint64) (*estimator, error) {
	rows = max(rows, 1)
	most := max(nllRows/rows, 1)
	chunks := (k + most - 1) / most
	s := (k + chunks - 1) / chunks
	e := &estimator{rows: rows, k: k, s: s, live: make([]float32, s),
		sum: make([]logSum, rows), total: make([]float64, rows)}
	var c code
	var err error
	e.encode, err = r.pass(passKey{"nll/encode", rows, 1, seed}, func(n *net) []graph.Output {
		x := n.input(rows)
		return append(n.code(x).outputs(), graph.Output{Name: "binary", Node: x})
	})
	if err != nil {
		return nil, err
	}
	e.weigh, err = r.pass(passKey{"nll/weigh", rows, s, seed}, func(n *net) []graph.Output {
		c = codeInputs(n, rows, e.encode.in)
		return n.weighPass(c, rows, s)
	})
	if err != nil {
		return nil, err
	}
	for _, name := range codeFields {
		if e.weigh.in.Has(name) {
			e.fields = append(e.fields, name)
		}
	}
	return e, nil
}

// weighPass returns log Σ_s w_s and Σ_s log w_s of every row, over the particles that are live.
func (n *net) weighPass(c code, rows, s int) []graph.Output {
	g := n.c.G
	q := c.guide(n, n.rowNoise(s, rows))
	t := &decoder{n: n, x: g.Data("binary", rows, n.m.width), prior: n.prior()}
	w := graph.Sub(t.LogJoint(g, q.Zeta), q.LogQ)
	live := g.Data("live", s, 1)
	return []graph.Output{
		{Name: "logsum", Node: graph.LogSumExp(graph.Where(live, w, g.Const(math.Inf(-1))), 0)},
		{Name: "sum", Node: graph.Sum(graph.Where(live, w, g.Const(0)), 0)},
	}
}

// estimate adds up the weights of k draws for each row of the batch.
func (e *estimator) estimate(ctx context.Context, w *batch) error {
	if err := w.set(e.encode); err != nil {
		return err
	}
	if err := e.encode.run(); err != nil {
		return err
	}
	for _, name := range append([]string{"binary"}, e.fields...) {
		raw, err := e.encode.in.GetBytes(name)
		if err != nil {
			return err
		}
		if err := e.weigh.in.SetBytes(name, raw); err != nil {
			return err
		}
	}
	clear(e.sum)
	clear(e.total)
	for first := 0; first < e.k; first += e.s {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.chunk(w, first); err != nil {
			return err
		}
	}
	return nil
}

// chunk draws and weighs particles first … first+s−1.
func (e *estimator) chunk(w *batch, first int) (err error) {
	if e.draws, err = w.draws(e.draws, first, e.s, e.k); err != nil {
		return err
	}
	if err := e.weigh.setInts(slotDraw, e.draws); err != nil {
		return err
	}
	for i := range e.live {
		e.live[i] = 0
		if first+i < e.k {
			e.live[i] = 1
		}
	}
	if err := e.weigh.setFloats("live", e.live); err != nil {
		return err
	}
	if err := e.weigh.run(); err != nil {
		return err
	}
	logs, err := e.weigh.in.Get("logsum")
	if err != nil {
		return err
	}
	sums, err := e.weigh.in.Get("sum")
	if err != nil {
		return err
	}
	for i := range e.sum {
		e.sum[i].add(logs[i])
		e.total[i] += sums[i]
	}
	return nil
}

// logSum is log Σ exp(x_i), kept as its largest term and the sum relative to it.
type logSum struct{ top, rest float64 }

// add takes one more term; the zero value is an empty sum.
func (l *logSum) add(x float64) {
	switch {
	case math.IsInf(x, -1):
	case l.rest == 0:
		l.top, l.rest = x, 1
	case x > l.top:
		l.top, l.rest = x, l.rest*math.Exp(l.top-x)+1
	default:
		l.rest += math.Exp(x - l.top)
	}
}

// value is −∞ for an empty sum.
func (l *logSum) value() float64 { return l.top + math.Log(l.rest) }
