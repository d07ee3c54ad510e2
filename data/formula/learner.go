package formula

import (
	"fmt"
	"math"
	"sort"

	"elbo/data"
)

// learner gathers what one variable needs to know, over the used rows of the first pass.
type learner struct {
	atom    *atom
	v       Variable
	reg     int // input of a numeric variable
	moments moments
	sample  *sample
	levels  *levelSet
}

// moments are the count, mean, sum of squared deviations and range of a stream.
type moments struct {
	n        int64
	mean, m2 float64
	lo, hi   float64
}

// add merges a block, computed by two sweeps, into the running moments (Chan, Golub & LeVeque 1979).
func (m *moments) add(x []float64) {
	if len(x) == 0 {
		return
	}
	sum, lo, hi := 0.0, x[0], x[0]
	for _, v := range x {
		sum += v - x[0]
		lo, hi = min(lo, v), max(hi, v)
	}
	b := moments{n: int64(len(x)), mean: x[0] + sum/float64(len(x)), lo: lo, hi: hi}
	for _, v := range x {
		d := v - b.mean
		b.m2 += d * d
	}
	m.merge(b)
}

// merge joins the moments of another part of the stream.
func (m *moments) merge(b moments) {
	if m.n == 0 {
		*m = b
		return
	}
	if b.n == 0 {
		return
	}
	n := m.n + b.n
	d := b.mean - m.mean
	m.mean += d * float64(b.n) / float64(n)
	m.m2 += b.m2 + d*d*float64(m.n)*(float64(b.n)/float64(n))
	m.n, m.lo, m.hi = n, min(m.lo, b.lo), max(m.hi, b.hi)
}

// sd is the sample standard deviation, with n − 1; 0 when every value is the same.
func (m *moments) sd() float64 {
	if m.n < 2 || m.lo == m.hi {
		return 0
	}
	return math.Sqrt(m.m2 / float64(m.n-1))
}

// levelSet collects the levels of a factor that occur in used rows.
type levelSet struct {
	col    data.Column
	seen   []bool           // text column, by code
	values map[float64]bool // numeric column
	last   float64          // the value before, to skip repeats
	limit  int              // most distinct numbers
	cells  []int32          // codes of the block at hand
	floats []float64        // numbers of the block at hand
}

func newLevelSet(col *data.Column, limit int) *levelSet {
	s := &levelSet{col: *col, limit: limit, last: math.NaN()}
	if col.Kind == data.KindFactor {
		s.seen, s.cells = make([]bool, len(col.Levels)), make([]int32, blockRows)
	} else {
		s.values, s.floats = map[float64]bool{}, make([]float64, blockRows)
	}
	return s
}

// load reads the block and masks missing cells; it gives how many there were.
func (s *levelSet) load(recs []byte, recordBytes, n int, dropped []bool) (missing int64) {
	if s.seen == nil {
		loadFloats(s.floats[:n], recs[s.col.Offset:], recordBytes)
		for r, v := range s.floats[:n] {
			if v != v {
				dropped[r] = true
				missing++
			}
		}
		return missing
	}
	for r := range n {
		s.cells[r] = data.Code(recs[r*recordBytes:], &s.col)
		if s.cells[r] < 0 {
			dropped[r] = true
			missing++
		}
	}
	return missing
}

// add notes the levels of the rows that are used; it is false when there are too many.
func (s *levelSet) add(n int, dropped []bool) bool {
	if s.seen != nil {
		for r, code := range s.cells[:n] {
			if !dropped[r] {
				s.seen[code] = true
			}
		}
		return true
	}
	for r, v := range s.floats[:n] {
		if !dropped[r] && v != s.last {
			s.last = v
			s.values[v+0] = true // −0 + 0 is 0
		}
	}
	return len(s.values) <= s.limit
}

// sorted lists the levels: labels bytewise, numbers by value.
func (s *levelSet) sorted() []string {
	var out []string
	for code, seen := range s.seen {
		if seen {
			out = append(out, s.col.Levels[code])
		}
	}
	if s.seen != nil {
		sort.Strings(out)
		return out
	}
	values := make([]float64, 0, len(s.values))
	for v := range s.values {
		values = append(values, v)
	}
	sort.Float64s(values)
	for _, v := range values {
		out = append(out, numberLabel(v))
	}
	return out
}

// newLearner decides what kind of variable an atom is in this table.
func (ft *fitter) newLearner(a *atom) (l learner, err error) {
	l = learner{atom: a, v: Variable{Text: a.text, Label: a.text, Kind: Numeric}}
	col := find(ft.schema, a.column)
	if a.kind == atomFactor || a.kind == atomColumn && col.Kind == data.KindFactor {
		l.v.Kind, l.v.Label, l.v.Column, l.v.FromNumbers = Factor, a.column, a.column, col.Kind == data.KindFloat
		l.levels = newLevelSet(col, ft.opt.MaxColumns)
		return l, nil
	}
	if a.input.Op == Name {
		l.v.Column = a.input.Text
	} else {
		l.v.Input = ft.sourceOf(a.input)
	}
	switch a.kind {
	case atomPoly:
		l.v.Kind = Poly
	case atomSpline:
		l.v.Kind, l.v.Degree, l.sample = Spline, a.degree, &sample{}
	}
	if l.reg, err = ft.prog.compile(a.input, ft.schema); err != nil {
		return l, err
	}
	ft.outputs = append(ft.outputs, output{reg: l.reg, text: a.text})
	return l, nil
}

// learn takes the used inputs of a block.
func (l *learner) learn(x []float64) {
	switch l.atom.kind {
	case atomScale, atomCenter, atomPoly:
		l.moments.add(x)
	case atomSpline:
		l.sample.add(x)
	}
}

// finish turns what the first pass learnt into frozen parameters.
func (ft *fitter) finish(l *learner) error {
	fault := checker{ft.formula.Text}.fault
	switch l.atom.kind {
	case atomScale, atomPoly:
		l.v.Center, l.v.Scale = l.moments.mean, l.moments.sd()
		if l.v.Scale == 0 && l.atom.kind == atomScale {
			ft.note("%s: the values are all the same, so they are centred but not scaled", l.v.Text)
		}
	case atomCenter:
		l.v.Center = l.moments.mean
	case atomSpline:
		s := l.sample
		if s.stride > 1 {
			ft.note("%s: knots come from every %d-th used row", l.v.Text, s.stride)
			s.values = append(s.values, s.lo, s.hi)
		}
		knots, ok := splineKnots(s.values, l.atom.df, l.atom.degree)
		if !ok {
			return fault(l.atom.node, ErrData, "leave the term out", "%s: the values are all the same", l.v.Text)
		}
		l.v.Knots, l.sample = knots, nil
	}
	if l.v.Kind == Factor {
		return ft.finishFactor(l)
	}
	return nil
}

// finishFactor orders the levels, the reference first.
func (ft *fitter) finishFactor(l *learner) error {
	l.v.Levels = l.levels.sorted()
	if len(l.v.Levels) == 1 {
		ft.note("factor %s has the one level %q in the rows used", l.v.Text, l.v.Levels[0])
	}
	if !l.atom.hasRef {
		return nil
	}
	return putFirst(l.v.Levels, l.atom, ft.formula.Text)
}

// putFirst moves the reference level to the front; the others keep their order.
func putFirst(levels []string, a *atom, text string) error {
	for i, level := range levels {
		if level == a.ref {
			copy(levels[1:i+1], levels[:i])
			levels[0] = a.ref
			return nil
		}
	}
	hint := "levels are " + clipList(levels, 12)
	if near := data.Nearest(a.ref, levels); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return checker{text}.fault(a.node, ErrUnknown, hint, "%s: reference level %q does not occur in the rows used",
		a.text, a.ref)
}

// note records a remark for the user.
func (ft *fitter) note(format string, args ...any) {
	ft.report.Notes = append(ft.report.Notes, fmt.Sprintf(format, args...))
}
