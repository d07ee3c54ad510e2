package formula

import (
	"math"

	"elbo/data"
)

// Alias is a design column that earlier columns determine.
type Alias struct {
	Name string
	// Of names the earlier columns that it is a combination of, with Coef their coefficients on the user's scale.
	// Empty: the column is constant (b_Intercept determines it, when there is one).
	Of   []string
	Coef []float64
}

// MaxCollinear is the widest design that Collinear examines; its cost grows with the cube of the width.
const MaxCollinear = 1024

// aliasTolerance is the share of a column's variance that must be left over by the columns before it. Sums of
// 16,384 products carry a relative error of about 1.4e-14 and the elimination adds little to that on scaled
// columns, so 1e-12 is a hundred times what rounding can leave of an exact combination. In terms of norms it is
// 1e-6, where lm() of R, which works on the columns themselves, has 1e-7.
const aliasTolerance = 1e-12

// Collinear finds the columns that are linear combinations of columns before them, as lm() does: columns are taken
// in order and one is set aside when too little of it is left over. It uses the Gram matrix of centred and scaled
// columns, one pass over the used rows. examined is false for designs wider than MaxCollinear.
func Collinear(e *Encoder, t data.Table, rows *RowSet, stats *DesignStats) (aliases []Alias, examined bool, err error) {
	if e.P() > MaxCollinear {
		return nil, false, nil
	}
	if rows == nil {
		rows = AllRows(t.Rows())
	}
	c, err := e.Bind(t.Schema(), UnseenError)
	if err != nil {
		return nil, false, err
	}
	total := newGramSums(e, stats)
	if err := fold(c, t, rows, total, func() *gramSums { return newGramSums(e, stats) }); err != nil {
		return nil, false, err
	}
	return total.aliases(e), true, nil
}

// gramSums accumulates the cross products of shifted and scaled columns. Columns that hold a zero are not shifted,
// so that the zeros of indicators cost nothing; centring them is left to the end, where it is benign.
type gramSums struct {
	p          int
	centred    bool // there is an intercept
	shift, inv []float64
	n          int64
	gram       []float64 // (P, P), upper triangle
	sum        []float64
	index      []int // non-zeros of the row at hand
	value      []float64
}

func newGramSums(e *Encoder, s *DesignStats) *gramSums {
	p := e.P()
	g := &gramSums{p: p, centred: e.HasIntercept(), shift: make([]float64, p), inv: make([]float64, p),
		gram: make([]float64, p*p), sum: make([]float64, p), index: make([]int, p), value: make([]float64, p)}
	for j := range p {
		spread := s.SD[j]
		if g.centred && (s.Min[j] > 0 || s.Max[j] < 0 || !e.indicatorTerm(j)) {
			g.shift[j] = s.Mean[j]
		} else {
			spread = math.Hypot(s.SD[j], s.Mean[j])
		}
		if spread > 0 {
			g.inv[j] = 1 / spread
		}
	}
	return g
}

// indicatorTerm says whether the term of column j has a factor in it, so that most of its values are zero.
func (e *Encoder) indicatorTerm(j int) bool {
	ti := e.columns[j].Term
	if ti < 0 {
		return false
	}
	for _, v := range e.spec.Terms[ti].Variables {
		if e.spec.Variables[v].Kind == Factor {
			return true
		}
	}
	return false
}

func (g *gramSums) add(x, _, _ []float64, n, p int) {
	for r := range n {
		m := 0
		for j, v := range x[r*p : r*p+p] {
			if v -= g.shift[j]; v != 0 {
				g.index[m], g.value[m] = j, v*g.inv[j]
				m++
			}
		}
		for i, a := range g.index[:m] {
			va := g.value[i]
			row := g.gram[a*p : a*p+p]
			g.sum[a] += va
			for k := i; k < m; k++ {
				row[g.index[k]] += va * g.value[k]
			}
		}
	}
	g.n += int64(n)
}

func (g *gramSums) merge(next *gramSums) {
	for i, v := range next.gram {
		g.gram[i] += v
	}
	for j, v := range next.sum {
		g.sum[j] += v
	}
	g.n += next.n
	clear(next.gram)
	clear(next.sum)
	next.n = 0
}

// cross gives the entry of the centred matrix for columns i ≤ j.
func (g *gramSums) cross(i, j int) float64 {
	v := g.gram[i*g.p+j]
	if g.centred {
		v -= g.sum[i] * (g.sum[j] / float64(g.n))
	}
	return v
}

// aliases runs a Cholesky factorisation that skips the columns whose pivot vanishes.
func (g *gramSums) aliases(e *Encoder) []Alias {
	var out []Alias
	var kept []int    // columns in the factor
	var l [][]float64 // their rows of the factor
	root := make([]float64, g.p)
	first := 0
	if g.centred {
		first = 1
	}
	for j := first; j < g.p; j++ {
		if root[j] = math.Sqrt(g.cross(j, j)); !(root[j]*root[j] > aliasTolerance*g.gram[j*g.p+j]) {
			out = append(out, Alias{Name: e.columns[j].Name})
			continue
		}
		row := make([]float64, len(kept), len(kept)+1)
		left := 1.0
		for k, col := range kept {
			v := g.cross(col, j) / (root[col] * root[j])
			for m := range k {
				v -= row[m] * l[k][m]
			}
			row[k] = v / l[k][k]
			left -= row[k] * row[k]
		}
		if left < aliasTolerance {
			out = append(out, g.combination(e, j, row, kept, l, root))
			continue
		}
		kept, l = append(kept, j), append(l, append(row, math.Sqrt(left)))
	}
	return out
}

// combination solves for the coefficients of an aliased column and keeps those that rounding does not explain.
func (g *gramSums) combination(e *Encoder, j int, row []float64, kept []int, l [][]float64, root []float64) Alias {
	const noise = 1e-6 // √aliasTolerance: the error of a coefficient in units of standard deviations
	a := Alias{Name: e.columns[j].Name}
	coef := append([]float64(nil), row...)
	for k := len(kept) - 1; k >= 0; k-- {
		coef[k] /= l[k][k]
		for m := range k {
			coef[m] -= coef[k] * l[k][m]
		}
	}
	for k, col := range kept {
		if math.Abs(coef[k]) > noise {
			a.Of = append(a.Of, e.columns[col].Name)
			a.Coef = append(a.Coef, coef[k]*root[j]/root[col]*g.inv[col]/g.inv[j])
		}
	}
	return a
}
