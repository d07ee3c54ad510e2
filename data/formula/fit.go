package formula

import (
	"fmt"

	"elbo/data"
)

// NAPolicy says what Fit does with missing values in used columns.
type NAPolicy string

// The policies for missing values.
const (
	NADrop  NAPolicy = "drop"  // leave the row out and count it; the zero value means this too
	NAError NAPolicy = "error" // stop at the first one
)

// Options steers Fit. The zero value drops missing rows, takes the response as a number and allows 20,000 columns.
type Options struct {
	NA         NAPolicy
	Outcome    Outcome // how the response becomes numbers; empty means OutcomeNumber
	MaxColumns int     // refuse wider designs; 0 means 20,000
	// Check, when not nil, judges each coded numeric response (OutcomeNumber): a non-empty answer is the fault of
	// that row, for example "a count cannot be negative". trials is 1 without trials().
	Check func(y, trials float64) string
}

const defaultMaxColumns = 20000

// FitReport says what Fit found.
type FitReport struct {
	Rows        int64            `json:"rows"`      // rows of the table
	RowsUsed    int64            `json:"rows_used"` // rows without a missing value in a used column
	RowsDropped map[string]int64 `json:"rows_dropped"`
	Notes       []string         `json:"notes"` // remarks for the user, one sentence each
	Kept        *RowSet          `json:"-"`     // the rows used
}

// Fit freezes a formula on a table: it streams the table once (once more for each degree of the highest poly()),
// decides which rows are used, and learns levels, centres, scales, recurrences and knots from the used rows.
func Fit(f *Formula, t data.Table, opt Options) (*Encoder, *FitReport, error) {
	ft, err := newFitter(f, t, opt)
	if err != nil {
		return nil, nil, err
	}
	if err := ft.firstPass(); err != nil {
		return nil, nil, err
	}
	if err := ft.polyPasses(); err != nil {
		return nil, nil, err
	}
	enc, err := ft.freeze()
	if err != nil {
		return nil, nil, err
	}
	return enc, ft.report, nil
}

// Columns lists the columns that the formula reads, so that only they need loading; all is true when the dot makes
// that every column.
func (f *Formula) Columns() (names []string, all bool) {
	var s nameSet
	for _, name := range f.response.columns() {
		s.add(name)
	}
	x, err := expand(f, nil)
	if err != nil {
		return s.names, false // cannot happen after Parse
	}
	for i := range x.atoms {
		a := &x.atoms[i]
		if a.node.Op == Dot {
			all = true
			continue
		}
		for _, name := range a.columns() {
			s.add(name)
		}
	}
	for _, o := range x.offsets {
		for _, name := range o.columns() {
			s.add(name)
		}
	}
	return s.names, all
}

// columns lists the columns that an atom reads.
func (a *atom) columns() []string {
	if a.input == nil {
		return []string{a.column}
	}
	return a.input.columns()
}

// fitter holds the state of one Fit.
type fitter struct {
	formula  *Formula
	table    data.Table
	schema   *data.Schema
	opt      Options
	x        *expansion
	report   *FitReport
	prog     *program
	outputs  []output
	learners []learner // one per atom in use, in variable order
	varOf    []int     // atom → variable, −1 when no term uses it
	left     leftSide
	dropped  []bool // mask of the block at hand
	packed   []float64
}

// newFitter resolves every name against the schema.
func newFitter(f *Formula, t data.Table, opt Options) (*fitter, error) {
	if opt.MaxColumns == 0 {
		opt.MaxColumns = defaultMaxColumns
	}
	if opt.Outcome == "" {
		opt.Outcome = OutcomeNumber
	}
	if opt.NA != "" && opt.NA != NADrop && opt.NA != NAError {
		return nil, fmt.Errorf("formula: fit: unknown policy for missing values %q; use drop or error: %w", opt.NA,
			ErrData)
	}
	x, err := expand(f, t.Schema().Names())
	if err != nil {
		return nil, err
	}
	ft := &fitter{formula: f, table: t, schema: t.Schema(), opt: opt, x: x, prog: newProgram(),
		dropped: make([]bool, blockRows), packed: make([]float64, blockRows),
		report: &FitReport{RowsDropped: map[string]int64{}}}
	if err := ft.resolve(); err != nil {
		return nil, err
	}
	return ft, ft.resolveLeft()
}

// resolve checks the names of the right side and prepares what each variable in use has to learn.
func (ft *fitter) resolve() error {
	used := make([]bool, len(ft.x.atoms))
	for _, t := range ft.x.terms {
		for _, a := range t {
			used[a] = true
		}
	}
	ft.varOf = make([]int, len(ft.x.atoms))
	for i := range ft.x.atoms {
		a := &ft.x.atoms[i]
		ft.varOf[i] = -1
		if err := ft.checkAtom(a); err != nil {
			return err
		}
		if !used[i] {
			continue
		}
		ft.varOf[i] = len(ft.learners)
		l, err := ft.newLearner(a)
		if err != nil {
			return err
		}
		ft.learners = append(ft.learners, l)
	}
	for _, o := range ft.x.offsets {
		if _, err := ft.value(o); err != nil {
			return err
		}
	}
	return nil
}

// checkAtom makes sure that the columns of an atom exist, whether or not a term uses it.
func (ft *fitter) checkAtom(a *atom) error {
	if a.kind == atomColumn || a.kind == atomFactor {
		return ft.checkColumn(a.node, a.column)
	}
	return ft.checkNumbers(a.input)
}

// checkColumn reports a column that is not there.
func (ft *fitter) checkColumn(n *Node, name string) error {
	if find(ft.schema, name) != nil {
		return nil
	}
	hint := "columns are " + clipList(ft.schema.Names(), 12)
	if near := ft.schema.Nearest(name); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return checker{ft.formula.Text}.fault(n, ErrUnknown, hint, "no column %q in the data", name)
}

// checkNumbers makes sure that every name in arithmetic is a numeric column.
func (ft *fitter) checkNumbers(n *Node) (err error) {
	n.walk(func(m *Node) {
		if m.Op != Name || err != nil {
			return
		}
		if err = ft.checkColumn(m, m.Text); err != nil {
			return
		}
		if c := find(ft.schema, m.Text); c.Kind != data.KindFloat {
			err = checker{ft.formula.Text}.fault(m, ErrData, "text columns stand as terms of their own",
				"column %q holds text (%s) where a number is needed", m.Text, clipList(c.Levels, 3))
		}
	})
	return err
}

// value compiles arithmetic of the formula; its values must be finite in used rows.
func (ft *fitter) value(n *Node) (int, error) {
	if err := ft.checkNumbers(n); err != nil {
		return 0, err
	}
	reg, err := ft.prog.compile(n, ft.schema)
	if err != nil {
		return 0, err
	}
	text := ft.sourceOf(n)
	ft.outputs = append(ft.outputs, output{reg: reg, text: text})
	return reg, nil
}

// sourceOf writes arithmetic in a form that parseValue reads: as in the formula, without spaces; a bare name is
// quoted if it must be.
func (ft *fitter) sourceOf(n *Node) string {
	if n.Op == Name {
		return quoteName(n.Text)
	}
	return squeeze(ft.formula.Text[n.Pos:n.End])
}

// quoteName writes a column name as it must stand in a formula.
func quoteName(name string) string {
	if toks, err := lex(name); err == nil && len(toks) == 2 && toks[0].kind == tokName && !toks[0].quoted {
		return name
	}
	return "`" + name + "`"
}
