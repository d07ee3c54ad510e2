package screen

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Table is text in columns: the first column flush left, the others aligned at the decimal
// point.
type Table struct {
	Head []string
	Rows [][]string
	// Text marks columns that hold words, flush left, beside the first.
	Text map[int]bool
	// Right marks columns that are flush right as a whole, for numbers in mixed notation.
	Right map[int]bool
	// Gap is the number of blanks between columns; 0 means 2.
	Gap int
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// column is the extent of one column.
type column struct{ whole, fraction, width int }

// point splits a number at its decimal point: what stands before, and after including the point.
func point(s string) (whole, fraction int) {
	i := strings.IndexAny(s, ".e")
	if i < 0 {
		return utf8.RuneCountInString(s), 0
	}
	return utf8.RuneCountInString(s[:i]), utf8.RuneCountInString(s[i:])
}

// Write prints the table; rows are indented by the given number of blanks.
func (t *Table) Write(w io.Writer, s Style, indent int) error {
	cols := make([]column, len(t.Head))
	for i := range cols {
		for _, r := range t.Rows {
			if i == 0 || t.Text[i] || t.Right[i] {
				cols[i].width = max(cols[i].width, utf8.RuneCountInString(r[i]))
				continue
			}
			a, b := point(r[i])
			cols[i].whole, cols[i].fraction = max(cols[i].whole, a), max(cols[i].fraction, b)
		}
		cols[i].width = max(cols[i].width, cols[i].whole+cols[i].fraction, utf8.RuneCountInString(t.Head[i]))
	}
	var b strings.Builder
	t.line(&b, indent, cols, func(i int) string { return t.headCell(i, cols[i], s) })
	for _, r := range t.Rows {
		t.line(&b, indent, cols, func(i int) string { return t.cell(r[i], i, cols[i]) })
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) line(b *strings.Builder, indent int, cols []column, cell func(int) string) {
	gap := t.Gap
	if gap == 0 {
		gap = 2
	}
	var row strings.Builder
	row.WriteString(strings.Repeat(" ", indent))
	for i := range cols {
		if i > 0 {
			row.WriteString(strings.Repeat(" ", gap))
		}
		row.WriteString(cell(i))
	}
	b.WriteString(strings.TrimRight(row.String(), " "))
	b.WriteByte('\n')
}

func (t *Table) headCell(i int, c column, s Style) string {
	pad := strings.Repeat(" ", c.width-utf8.RuneCountInString(t.Head[i]))
	if i == 0 || t.Text[i] {
		return s.Dim(t.Head[i]) + pad
	}
	return pad + s.Dim(t.Head[i])
}

func (t *Table) cell(text string, i int, c column) string {
	n := utf8.RuneCountInString(text)
	if i == 0 || t.Text[i] {
		return text + strings.Repeat(" ", c.width-n)
	}
	right := 0
	if !t.Right[i] {
		_, fraction := point(text)
		right = c.fraction - fraction
	}
	return strings.Repeat(" ", c.width-n-right) + text + strings.Repeat(" ", right)
}
