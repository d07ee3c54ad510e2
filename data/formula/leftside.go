package formula

import (
	"fmt"
	"math"

	"elbo/data"
)

// leftSide gathers what the response needs to know.
type leftSide struct {
	spec    Response
	atom    *atom     // a factor response
	levels  *levelSet // of a factor response, or of a numeric one taken as categories
	y       int       // register, −1 for a factor
	trials  int
	failed  int
	weights int
	first   map[float64]int64 // binary numeric response: first rows of 0, 1 and −1
	other   int64             // first row with any other value, −1 without
	otherAt float64           // that value
}

// maxCategories bounds the levels of a response.
const maxCategories = 1000

// resolveLeft checks the names of the left side.
func (ft *fitter) resolveLeft() (err error) {
	r := &ft.formula.response
	ls := &ft.left
	*ls = leftSide{y: -1, trials: -1, failed: -1, weights: -1, first: map[float64]int64{}, other: -1}
	ls.spec = Response{Text: squeeze(ft.formula.Text[r.node.Pos:r.node.End]), Outcome: ft.opt.Outcome}
	counts := r.trials != nil || r.failed != nil
	if counts && ft.opt.Outcome != OutcomeNumber {
		return ft.leftFault(ErrData, "use family binomial, or leave the trials out",
			"the response %s counts successes in trials", ls.spec.Text)
	}
	if err := ft.resolveValue(r); err != nil {
		return err
	}
	for _, part := range []struct {
		node *Node
		reg  *int
		text *string
	}{
		{r.trials, &ls.trials, &ls.spec.Trials},
		{r.failed, &ls.failed, &ls.spec.Failed},
		{r.weights, &ls.weights, &ls.spec.Weights},
	} {
		if part.node == nil {
			continue
		}
		if *part.reg, err = ft.value(part.node); err != nil {
			return err
		}
		*part.text = ft.sourceOf(part.node)
	}
	return nil
}

func (ft *fitter) leftFault(kind error, hint, format string, args ...any) error {
	return checker{ft.formula.Text}.fault(ft.formula.response.node, kind, hint, format, args...)
}

// resolveValue decides between a numeric and a factor response.
func (ft *fitter) resolveValue(r *response) (err error) {
	ls := &ft.left
	name := ""
	switch {
	case r.factor != nil:
		ls.atom, name = r.factor, r.factor.column
	case r.value.Op == Name:
		name = r.value.Text
	}
	if name == "" {
		if ft.opt.Outcome == OutcomeCategory {
			return ft.leftFault(ErrData, "name a column", "a categorical response cannot be arithmetic")
		}
		ls.spec.Value = ft.sourceOf(r.value)
		ls.y, err = ft.value(r.value)
		return err
	}
	if err := ft.checkColumn(r.node, name); err != nil {
		return err
	}
	col := find(ft.schema, name)
	factor := r.factor != nil || col.Kind == data.KindFactor || ft.opt.Outcome == OutcomeCategory
	switch {
	case factor && ft.opt.Outcome == OutcomeNumber:
		return ft.leftFault(ErrData, "use family bernoulli or categorical",
			"the response %s is a factor (%s) and this family needs a number",
			ls.spec.Text, clipList(col.Levels, 3))
	case factor:
		ls.spec.Column, ls.spec.FromNumbers = name, col.Kind == data.KindFloat
		ls.levels = newLevelSet(col, maxCategories)
		return nil
	}
	ls.spec.Value = ft.sourceOf(r.value)
	ls.y, err = ft.value(r.value)
	return err
}

// judge checks the used rows of a block: y, trials and weights are packed, row gives the table row of each.
func (ls *leftSide) judge(opt *Options, y, trials, failed, weights []float64, row func(i int) int64) error {
	for i, w := range weights {
		if w < 0 {
			return &RowError{Row: row(i), Column: ls.spec.Weights, Msg: fmt.Sprintf("the weight %v is negative", w),
				Hint: "weights are 0 or more"}
		}
	}
	for i, v := range y {
		n := 1.0
		switch {
		case failed != nil:
			n = v + failed[i]
		case trials != nil:
			n = trials[i]
		}
		if msg := ls.judgeOne(opt, v, n, trials != nil || failed != nil); msg != "" {
			return &RowError{Row: row(i), Column: ls.spec.Text, Msg: msg}
		}
		if opt.Outcome == OutcomeBinary {
			ls.tally(v, row(i))
		}
	}
	return nil
}

// judgeOne gives the fault of one response, or "".
func (ls *leftSide) judgeOne(opt *Options, y, n float64, counts bool) string {
	if counts {
		switch {
		case n < 0 || n != math.Trunc(n):
			return fmt.Sprintf("the number of trials %v is not a whole number of 0 or more", n)
		case y < 0 || y != math.Trunc(y):
			return fmt.Sprintf("the number of successes %v is not a whole number of 0 or more", y)
		case y > n:
			return fmt.Sprintf("%v successes in %v trials", y, n)
		}
	}
	if opt.Check != nil && opt.Outcome == OutcomeNumber {
		return opt.Check(y, n)
	}
	return ""
}

// tally remembers where the values of a binary response first occur.
func (ls *leftSide) tally(v float64, row int64) {
	if v == 0 || v == 1 || v == -1 {
		if _, ok := ls.first[v]; !ok {
			ls.first[v] = row
		}
	} else if ls.other < 0 {
		ls.other, ls.otherAt = row, v
	}
}

// finishLeft freezes the coding of the response.
func (ft *fitter) finishLeft() error {
	ls := &ft.left
	if ls.levels != nil {
		return ft.finishLevels()
	}
	if ft.opt.Outcome != OutcomeBinary {
		return nil
	}
	zero, hasZero := ls.first[0]
	minus, hasMinus := ls.first[-1]
	bad, value := ls.other, ls.otherAt
	if bad < 0 && hasZero && hasMinus {
		bad, value = max(zero, minus), 0
		if minus > zero {
			value = -1
		}
	}
	if bad >= 0 {
		return ft.rowError(bad, ls.spec.Text, fmt.Sprintf("%v is neither 0 nor 1", value),
			"a binary response is 0 and 1, −1 and 1, or a factor of two levels (C("+ls.spec.Text+"))")
	}
	if hasMinus {
		ls.spec.Signed = true
		ft.note("response %s: −1 is read as 0", ls.spec.Text)
	}
	return nil
}

// finishLevels freezes the levels of a factor response.
func (ft *fitter) finishLevels() error {
	ls := &ft.left
	ls.spec.Levels = ls.levels.sorted()
	if ls.atom != nil && ls.atom.hasRef {
		if err := putFirst(ls.spec.Levels, ls.atom, ft.formula.Text); err != nil {
			return err
		}
	}
	k := len(ls.spec.Levels)
	if ft.opt.Outcome == OutcomeBinary {
		if k != 2 {
			return ft.leftFault(ErrData, "use family categorical for more levels",
				"a binary response has two levels, %s has %d (%s)",
				ls.spec.Text, k, clipList(ls.spec.Levels, 5))
		}
		ft.note("response %s: %q is 1 and %q is 0", ls.spec.Text, ls.spec.Levels[1], ls.spec.Levels[0])
	}
	if k < 2 {
		return ft.leftFault(ErrData, "", "the response %s has the one level %s", ls.spec.Text,
			clipList(ls.spec.Levels, 1))
	}
	return nil
}
