package data

import (
	"fmt"
	"strings"
)

// Report says what Open inferred, for the user to see and correct.
type Report struct {
	File      string   `json:"file"`
	Format    string   `json:"format"` // "csv", "libsvm" or "cache"
	Rows      int64    `json:"rows"`
	Delimiter string   `json:"delimiter,omitempty"` // CSV
	Passes    int      `json:"passes"`              // readings of the text; 2 when a column's kind changed on the way
	Skipped   []string `json:"skipped,omitempty"`   // columns not kept
	Notes     []string `json:"notes,omitempty"`     // what may surprise, one sentence each
	Schema    *Schema  `json:"schema"`
}

// String prints the report as a few lines of text.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %d rows, %d columns", r.File, r.Format, r.Rows, len(r.Schema.Columns))
	if n := len(r.Skipped); n > 0 {
		fmt.Fprintf(&b, ", %d skipped", n)
	}
	b.WriteByte('\n')
	for i := range r.Schema.Columns {
		fmt.Fprintf(&b, "  %s\n", r.Schema.Columns[i].describe())
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  note: %s\n", n)
	}
	return b.String()
}

// describe says in one line what the column holds.
func (c *Column) describe() string {
	var b strings.Builder
	switch {
	case c.Kind == KindFactor:
		fmt.Fprintf(&b, "%s: factor, %d levels (%s)", c.Name, len(c.Levels), strings.Join(clip(c.Levels, 6), ", "))
	case c.Integer:
		fmt.Fprintf(&b, "%s: whole numbers %g to %g", c.Name, c.Min, c.Max)
	default:
		fmt.Fprintf(&b, "%s: numbers %g to %g", c.Name, c.Min, c.Max)
	}
	if c.Missing > 0 {
		fmt.Fprintf(&b, ", %d missing", c.Missing)
	}
	if c.Infinite > 0 {
		fmt.Fprintf(&b, ", %d infinite", c.Infinite)
	}
	return b.String()
}

// report describes a finished CSV reading.
func (r *csvResult) report() *Report {
	rep := &Report{File: r.p.src.name, Format: "csv", Rows: r.rows, Delimiter: string(r.p.delim), Passes: r.passes,
		Skipped: r.p.skipped(), Schema: r.schema}
	rep.addNotes(r.p.lines.line)
	return rep
}

// addNotes fills Notes from the schema; line maps a row to its line.
func (r *Report) addNotes(line func(row int64) int64) {
	const exactLimit = 1 << 53
	for i := range r.Schema.Columns {
		c := &r.Schema.Columns[i]
		switch {
		case c.Missing == r.Rows:
			r.note("column %q has no values", c.Name)
		case c.Infinite > 0:
			r.note("column %q has %d infinite values, the first in line %d", c.Name, c.Infinite, line(c.InfRow))
		case c.Integer && (c.Max > exactLimit || c.Min < -exactLimit):
			r.note("column %q has whole numbers beyond 2^53, which are rounded; force it to a factor if they are names",
				c.Name)
		case c.Kind == KindFactor && len(c.Unseen) > 0:
			r.note("column %q has %d labels outside the given levels, the first %q", c.Name, len(c.Unseen), c.Unseen[0])
		case c.Kind == KindFactor && c.looksNumeric():
			r.note("column %q is a factor, but most of its labels are numbers (%s is not): name the odd ones as missing "+
				"marks, or replace decimal commas", c.Name, c.firstText())
		case c.Kind == KindFactor && c.paddedLabel() != "":
			r.note("column %q has the labels %q and %[2]q without blanks around it, which are different levels", c.Name,
				c.paddedLabel())
		}
	}
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// looksNumeric says whether most labels are numbers, perhaps with a decimal comma.
func (c *Column) looksNumeric() bool {
	numbers := 0
	for _, s := range c.Levels {
		if isNumber(s) || isNumber(strings.Replace(s, ",", ".", 1)) {
			numbers++
		}
	}
	return numbers > 0 && numbers*2 > len(c.Levels)
}

// firstText returns the first label that is not a number, quoted.
func (c *Column) firstText() string {
	for _, s := range c.Levels {
		if !isNumber(s) {
			return quoteShort([]byte(s))
		}
	}
	return "none"
}

func isNumber(s string) bool {
	_, ok := parseNumber([]byte(s))
	return ok
}

// paddedLabel returns a label that equals another one but for blanks around it.
func (c *Column) paddedLabel() string {
	levels := make(map[string]bool, len(c.Levels))
	for _, s := range c.Levels {
		levels[s] = true
	}
	for _, s := range c.Levels {
		if t := strings.TrimSpace(s); t != s && levels[t] {
			return s
		}
	}
	return ""
}
