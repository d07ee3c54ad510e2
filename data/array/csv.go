package array

import (
	"encoding/binary"
	"math"

	"elbo/data"
)

// readCSV reads numeric columns as items of D float64 values, in the order of the file, and the column of labels if the
// options name one. Package data does the reading.
func readCSV(path string, opt *Options) (*Array, error) {
	label := opt.Labels
	if label == NoLabels {
		label = ""
	}
	do := data.Options{Columns: opt.Columns, MaxBytes: opt.MaxBytes}
	if opt.Columns != nil && label != "" {
		do.Columns = append(append([]string(nil), opt.Columns...), label)
	}
	t, _, err := data.Open(path, do)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	columns, err := valueColumns(path, t.Schema(), label)
	if err != nil {
		return nil, err
	}
	shape := []int{int(t.Rows()), len(columns)}
	a := newArray(path, formatCSV, Float64, shape, make([]byte, 8*shape[0]*shape[1]))
	if err := a.copyColumns(t, columns); err != nil {
		return nil, err
	}
	if label != "" {
		err = a.labelColumn(t, label)
	}
	return a, err
}

// valueColumns returns the columns besides the labels, all of which must be numbers.
func valueColumns(path string, s *data.Schema, label string) ([]*data.Column, error) {
	var out []*data.Column
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Name == label {
			continue
		}
		if c.Kind != data.KindFloat {
			return nil, &data.Error{File: path, Column: c.Name, Msg: "holds text, an array holds numbers",
				Hint: "name the columns to read, or name this one as the labels", Err: data.ErrColumn}
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, &data.Error{File: path, Msg: "no column of numbers is left", Err: data.ErrColumn}
	}
	return out, nil
}

// copyColumns fills the array; a missing value is an error that names its line.
func (a *Array) copyColumns(t data.Table, columns []*data.Column) error {
	width, to := t.Schema().RecordBytes, a.raw
	return data.EachBlock(t, func(recs []byte, row int64) error {
		for ; len(recs) > 0; recs, row = recs[width:], row+1 {
			for _, c := range columns {
				v := data.Float(recs, c)
				if math.IsNaN(v) {
					return &data.Error{File: a.File, Line: t.SourceLine(row), Column: c.Name, Msg: "missing value",
						Hint: "fill it in or leave the row out", Err: data.ErrFormat}
				}
				binary.LittleEndian.PutUint64(to, math.Float64bits(v))
				to = to[8:]
			}
		}
		return nil
	})
}

// labelColumn takes labels from a column: codes and names of a factor, or whole numbers.
func (a *Array) labelColumn(t data.Table, name string) error {
	c, _, ok := t.Schema().Lookup(name)
	if !ok {
		hint := ""
		if near := t.Schema().Nearest(name); near != "" {
			hint = "did you mean " + near + "?"
		}
		return &data.Error{File: a.File, Column: name, Msg: "no such column of labels", Hint: hint, Err: data.ErrColumn}
	}
	labels, width := make([]int32, 0, t.Rows()), t.Schema().RecordBytes
	err := data.EachBlock(t, func(recs []byte, row int64) error {
		for ; len(recs) > 0; recs, row = recs[width:], row+1 {
			v := math.NaN()
			if c.Kind == data.KindFloat {
				v = data.Float(recs, c)
			} else if code := data.Code(recs, c); code >= 0 {
				v = float64(code)
			}
			if !isLabel(v) {
				return &data.Error{File: a.File, Line: t.SourceLine(row), Column: name,
					Msg: "is not a label: a whole number or text is wanted", Err: data.ErrFormat}
			}
			labels = append(labels, int32(v))
		}
		return nil
	})
	if err != nil {
		return err
	}
	a.Labels, a.LabelFile = labels, a.File
	if c.Kind == data.KindFactor {
		a.LabelNames = c.Levels
	}
	return nil
}

// isLabel says whether v is a whole number of 32 bits.
func isLabel(v float64) bool { return v == math.Trunc(v) && math.Abs(v) <= math.MaxInt32 }
