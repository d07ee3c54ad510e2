package formula

import (
	"fmt"
	"strings"
)

// checkWidth counts the design columns before anything of their size is allocated.
func (e *Encoder) checkWidth(limit int) error {
	total, widest, widestFactor := 0, 0, ""
	for _, t := range e.spec.Terms {
		width := 1
		for j, vi := range t.Variables {
			v := &e.spec.Variables[vi]
			if v.Kind == Factor && len(v.Levels) > widest {
				widest, widestFactor = len(v.Levels), v.Text
			}
			if width *= v.width(t.Full[j]); width > limit {
				break
			}
		}
		if total += width; total > limit {
			return tooWide(t.Label, limit, widestFactor, widest)
		}
	}
	return nil
}

// tooWide words the refusal of a design with too many columns.
func tooWide(term string, limit int, factor string, levels int) error {
	cause, way := "", "drop interactions"
	if factor != "" {
		cause = fmt.Sprintf(" (factor %s has %d levels)", factor, levels)
		way = fmt.Sprintf("leave %s out (- %s), merge its levels, or use its values as a number", factor, factor)
	}
	return fmt.Errorf("formula: term %s makes the design matrix wider than %d columns%s; %s, or raise the limit: %w",
		term, limit, cause, way, ErrTooWide)
}

// nameColumns lists the design columns; within a term the first variable runs fastest, as in R.
func (e *Encoder) nameColumns() {
	if e.spec.Intercept {
		e.columns = append(e.columns, Column{Name: "b_Intercept", Term: -1})
	}
	for ti := range e.spec.Terms {
		e.columns = append(e.columns, e.termColumns(ti)...)
	}
}

// termColumns lists the columns of one term.
func (e *Encoder) termColumns(ti int) []Column {
	t := &e.spec.Terms[ti]
	names, dummy := []string{"b_"}, true
	for j, vi := range t.Variables {
		v := &e.spec.Variables[vi]
		dummy = dummy && v.Kind == Factor
		next := make([]string, 0, len(names)*v.width(t.Full[j]))
		for c := range v.width(t.Full[j]) {
			for _, head := range names {
				if j > 0 {
					head += ":"
				}
				next = append(next, head+v.columnName(c, t.Full[j]))
			}
		}
		names = next
	}
	columns := make([]Column, len(names))
	for i, name := range names {
		columns[i] = Column{Name: name, Term: ti, Dummy: dummy}
	}
	return columns
}

// checkNames refuses two columns of one name: a fit could not tell them apart.
func (e *Encoder) checkNames() error {
	seen := make(map[string]int, len(e.columns))
	for j, c := range e.columns {
		if i, ok := seen[c.Name]; ok {
			return fmt.Errorf("formula: terms %s and %s both make a column named %s; rename a column of the data: %w",
				e.termLabel(e.columns[i].Term), e.termLabel(c.Term), c.Name, ErrData)
		}
		seen[c.Name] = j
	}
	return nil
}

func (e *Encoder) termLabel(ti int) string {
	if ti < 0 {
		return "1"
	}
	return e.spec.Terms[ti].Label
}

// joinLabels gives the label of a term.
func joinLabels(variables []Variable, term []int) string {
	parts := make([]string, len(term))
	for i, v := range term {
		parts[i] = variables[v].Text
	}
	return strings.Join(parts, ":")
}
