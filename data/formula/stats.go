package formula

import (
	"fmt"
	"math"

	"elbo/data"
)

// DesignStats describes the columns of the design and the response over the used rows, each row counted once
// whatever its weight (as rstanarm does when it scales its default priors).
type DesignStats struct {
	N          int64
	SumWeights float64
	Mean       []float64 // per design column
	SD         []float64 // sample standard deviation, with N − 1
	Min, Max   []float64
	Constant   []bool // every value the same; true of the intercept
	YMean, YSD float64
	YMin, YMax float64
}

// Stats computes the statistics in one pass. rows are the used rows, nil for all of the table.
func Stats(e *Encoder, t data.Table, rows *RowSet) (*DesignStats, error) {
	if rows == nil {
		rows = AllRows(t.Rows())
	}
	c, err := e.Bind(t.Schema(), UnseenError)
	if err != nil {
		return nil, err
	}
	if !c.HasResponse() {
		return nil, fmt.Errorf("formula: stats: %w", c.response.err)
	}
	p := e.P()
	total := newStatSums(p)
	if err := fold(c, t, rows, total, func() *statSums { return newStatSums(p) }); err != nil {
		return nil, err
	}
	return total.result(), nil
}

// ConstantColumns names the columns without variation, the intercept left out.
func (s *DesignStats) ConstantColumns(e *Encoder) []string {
	var names []string
	for j, c := range e.columns {
		if s.Constant[j] && c.Term >= 0 {
			names = append(names, c.Name)
		}
	}
	return names
}

// statSums are moments of P design columns and, in the last place, of the response.
type statSums struct {
	n        int64
	weights  float64
	mean, m2 []float64
	lo, hi   []float64
	sum, sq  []float64 // of the block at hand
}

func newStatSums(p int) *statSums {
	s := &statSums{}
	for _, column := range []*[]float64{&s.mean, &s.m2, &s.lo, &s.hi, &s.sum, &s.sq} {
		*column = make([]float64, p+1)
	}
	s.reset()
	return s
}

func (s *statSums) reset() {
	s.n, s.weights = 0, 0
	clear(s.mean)
	clear(s.m2)
	for j := range s.lo {
		s.lo[j], s.hi[j] = math.Inf(1), math.Inf(-1)
	}
}

// add sums a block twice, for the means and for the squares about them, and merges it (Chan, Golub & LeVeque 1979).
func (s *statSums) add(x, y, w []float64, n, p int) {
	clear(s.sum)
	clear(s.sq)
	sum, lo, hi := s.sum[:p], s.lo[:p], s.hi[:p]
	for r := range n {
		for j, v := range x[r*p : r*p+p] {
			sum[j] += v
			if v < lo[j] {
				lo[j] = v
			}
			if v > hi[j] {
				hi[j] = v
			}
		}
	}
	for r, v := range y[:n] {
		s.sum[p] += v
		s.lo[p], s.hi[p] = min(s.lo[p], v), max(s.hi[p], v)
		s.weights += w[r]
	}
	for j := range s.sum {
		s.sum[j] /= float64(n)
	}
	sq := s.sq[:p]
	for r := range n {
		for j, v := range x[r*p : r*p+p] {
			d := v - sum[j]
			sq[j] += d * d
		}
	}
	for _, v := range y[:n] {
		d := v - s.sum[p]
		s.sq[p] += d * d
	}
	s.join(int64(n), s.sum, s.sq)
}

// join merges the moments of n more rows.
func (s *statSums) join(n int64, mean, m2 []float64) {
	if n == 0 {
		return
	}
	all := s.n + n
	share := float64(n) / float64(all)
	for j := range s.mean {
		d := mean[j] - s.mean[j]
		s.mean[j] += d * share
		s.m2[j] += m2[j] + d*d*float64(s.n)*share
	}
	s.n = all
}

func (s *statSums) merge(next *statSums) {
	s.join(next.n, next.mean, next.m2)
	s.weights += next.weights
	for j := range s.lo {
		s.lo[j], s.hi[j] = min(s.lo[j], next.lo[j]), max(s.hi[j], next.hi[j])
	}
	next.reset()
}

func (s *statSums) result() *DesignStats {
	p := len(s.mean) - 1
	sd, constant := make([]float64, p+1), make([]bool, p)
	for j := range sd {
		if s.n > 1 && s.lo[j] != s.hi[j] {
			sd[j] = math.Sqrt(s.m2[j] / float64(s.n-1))
		}
		if j < p {
			constant[j] = s.lo[j] == s.hi[j]
		}
	}
	return &DesignStats{N: s.n, SumWeights: s.weights, Mean: s.mean[:p], SD: sd[:p], Min: s.lo[:p], Max: s.hi[:p],
		Constant: constant,
		YMean:    s.mean[p], YSD: sd[p], YMin: s.lo[p], YMax: s.hi[p]}
}
