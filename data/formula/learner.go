package formula

import (
	"fmt"

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
