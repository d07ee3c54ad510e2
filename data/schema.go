package data

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// Kind says how a column is stored in a record.
type Kind uint8

// The kinds of columns.
const (
	KindFloat  Kind = iota // float64, NaN is missing; whole numbers too (Column.Integer)
	KindFactor             // int32 code into Column.Levels, -1 is missing
)

// String returns "float" or "factor".
func (k Kind) String() string {
	switch k {
	case KindFloat:
		return "float"
	case KindFactor:
		return "factor"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Missing is the factor code of a missing value. Codes below it stand for labels outside frozen levels:
// code MissingCode-1-k is Column.Unseen[k].
const MissingCode int32 = -1

// Column describes one column of a table: its place in the record and what one pass over the file saw.
type Column struct {
	Name   string   `json:"name"`
	Kind   Kind     `json:"kind"`
	Offset int      `json:"offset"`           // byte offset in the record
	Levels []string `json:"levels,omitempty"` // factor labels; sorted bytewise unless frozen by Options.Levels
	Unseen []string `json:"unseen,omitempty"` // labels met outside frozen levels, in order of appearance

	Integer  bool    `json:"integer"`  // KindFloat: every finite value is a whole number
	Missing  int64   `json:"missing"`  // number of missing values
	Infinite int64   `json:"infinite"` // number of values ±Inf
	InfRow   int64   `json:"inf_row"`  // row of the first infinite value; meaningless when Infinite is 0
	Min      float64 `json:"min"`      // least finite value; 0 when there is none
	Max      float64 `json:"max"`      // greatest finite value; 0 when there is none
}

// Width returns the bytes that the column takes in a record.
func (c *Column) Width() int {
	if c.Kind == KindFactor {
		return 4
	}
	return 8
}

// Label returns the text of a factor code, frozen levels' unseen labels included; ok is false for a missing value
// and for a code that the column does not have.
func (c *Column) Label(code int32) (label string, ok bool) {
	if code >= 0 {
		if int(code) < len(c.Levels) {
			return c.Levels[code], true
		}
		return "", false
	}
	if k := int(MissingCode - 1 - code); k >= 0 && k < len(c.Unseen) {
		return c.Unseen[k], true
	}
	return "", false
}

// Float reads the value of numeric column c from the record at the start of rec; NaN is missing.
func Float(rec []byte, c *Column) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(rec[c.Offset:]))
}

// Code reads the level code of factor column c from the record at the start of rec; negative is missing or unseen.
func Code(rec []byte, c *Column) int32 {
	return int32(binary.LittleEndian.Uint32(rec[c.Offset:]))
}

// Schema lists the columns of a table in file order and the layout of its records.
type Schema struct {
	Columns     []Column `json:"columns"`
	RecordBytes int      `json:"record_bytes"` // a multiple of 8

	index map[string]int
}

// newSchema lays out the columns: numbers first, then factor codes, padded to 8 bytes so that rows stay aligned.
func newSchema(cols []Column) *Schema {
	s := &Schema{Columns: cols}
	for _, kind := range []Kind{KindFloat, KindFactor} {
		for i := range cols {
			if cols[i].Kind == kind {
				cols[i].Offset = s.RecordBytes
				s.RecordBytes += cols[i].Width()
			}
		}
	}
	s.RecordBytes = (s.RecordBytes + 7) &^ 7
	s.buildIndex()
	return s
}

func (s *Schema) buildIndex() {
	s.index = make(map[string]int, len(s.Columns))
	for i := range s.Columns {
		s.index[s.Columns[i].Name] = i
	}
}

// Lookup finds a column by name. The pointer is into the schema: read it, do not change it.
func (s *Schema) Lookup(name string) (col *Column, index int, ok bool) {
	i, ok := s.index[name]
	if !ok {
		return nil, -1, false
	}
	return &s.Columns[i], i, true
}

// Names returns the column names in file order.
func (s *Schema) Names() []string {
	names := make([]string, len(s.Columns))
	for i := range s.Columns {
		names[i] = s.Columns[i].Name
	}
	return names
}

// Nearest returns the column name most like name, for "did you mean", or "" when none is close.
func (s *Schema) Nearest(name string) string { return Nearest(name, s.Names()) }

// missingColumn builds the error for a column that is not among the names of a file.
func missingColumn(file, name string, names []string) error {
	hint := "columns: " + strings.Join(clip(names, 12), ", ")
	if near := Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q? %s", near, hint)
	}
	return &Error{File: file, Column: name, Msg: "no such column", Hint: hint, Err: ErrColumn}
}

// clip keeps the first n names and says how many were left out.
func clip(names []string, n int) []string {
	if len(names) <= n {
		return names
	}
	out := append([]string(nil), names[:n]...)
	return append(out, fmt.Sprintf("... %d more", len(names)-n))
}
