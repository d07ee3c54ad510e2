package family

import (
	"elbo/graph"
	"elbo/vi"
)

// momentDraws is how many draws stand for the moments of a guide function, few as they are
// asked for after every block of training, and momentSeed their seed: fixed, so that moments
// are a smooth function of the parameters.
const (
	momentDraws = 500
	momentSeed  = 0x6d6f6d656e7473
)

// sampled describes a guide function on the host by evaluating its graph.
type sampled struct {
	d      int
	zeta   *graph.Node
	logq   *graph.Node
	values map[string][]float64
	mean   []float64
	cov    []float64
}

// newSampled builds the guide once more. The guide has been built before, for the step
// program, so a misuse here is the same panic as there.
func newSampled(f Custom, d int, param func(string) []float64) *sampled {
	q := &sampled{d: d, values: map[string][]float64{}}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) {
		guide := f.Guide(g, d, vi.Particles{})
		q.zeta, q.logq = guide.Zeta, guide.LogQ
	})
	if err != nil {
		panic(err)
	}
	for _, n := range g.Inputs() {
		if in := g.Input(n); in.Kind == graph.InputParam {
			q.values[in.Name] = param(in.Name)
		}
	}
	return q
}

// Mean returns the mean of the fixed draws (D).
func (q *sampled) Mean() []float64 {
	q.moments()
	return q.mean
}

// Cov returns the covariance of the fixed draws (D,D).
func (q *sampled) Cov() []float64 {
	q.moments()
	return q.cov
}

// Draw returns n draws (n,D) and their log densities.
func (q *sampled) Draw(n int, seed uint64) (zeta, logq []float64) {
	for step := uint64(0); len(logq) < n; step++ {
		out, err := graph.Reference(q.values, seed, step, q.zeta, q.logq)
		if err != nil {
			panic(err) // every input of the graph has a value
		}
		zeta = append(zeta, out[0]...)
		logq = append(logq, out[1]...)
	}
	return zeta, logq
}

func (q *sampled) moments() {
	if q.mean != nil {
		return
	}
	zeta, logq := q.Draw(momentDraws, momentSeed)
	d, n := q.d, float64(len(logq))
	q.mean, q.cov = make([]float64, d), make([]float64, d*d)
	for i, x := range zeta {
		q.mean[i%d] += x / n
	}
	for s := range logq {
		z := zeta[s*d : (s+1)*d]
		for i := range d {
			for j := range d {
				q.cov[i*d+j] += (z[i] - q.mean[i]) * (z[j] - q.mean[j]) / (n - 1)
			}
		}
	}
}
