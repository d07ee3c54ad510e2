package main

import (
	"bufio"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"elbo/vi/regress"
)

// rowWriter prints predictions as CSV or JSON lines.
type rowWriter struct {
	w       *bufio.Writer
	outputs []string // one unnamed output, or one per category
	prob    float64
	asJSON  bool
	buf     []byte
	keys    [][]string // quoted JSON keys by output
}

// quantileNames returns the labels of the interval's ends: Q2.5 and Q97.5 for 0.95.
func quantileNames(prob float64) (lower, upper string) {
	percent := func(q float64) string { return "Q" + strconv.FormatFloat(math.Round(q*1e8)/1e6, 'f', -1, 64) }
	return percent((1 - prob) / 2), percent((1 + prob) / 2)
}

// columns returns the names of the four numbers of an output.
func (r *rowWriter) columns(output string) []string {
	lower, upper := quantileNames(r.prob)
	names := []string{"Estimate", "Est.Error", lower, upper}
	if output != "" {
		for i := range names {
			names[i] += ".P(" + output + ")"
		}
	}
	return names
}

// head prints the CSV header.
func (r *rowWriter) head() {
	if r.asJSON {
		return
	}
	var names []string
	for _, o := range r.outputs {
		for _, n := range r.columns(o) {
			names = append(names, quoteCSV(n))
		}
	}
	r.w.WriteString(strings.Join(names, ","))
	r.w.WriteByte('\n')
}

// row prints the predictions of one row; bufio keeps the first error for the next Flush.
func (r *rowWriter) row(row int64, p []regress.Prediction, missing bool) error {
	b := r.buf[:0]
	if r.asJSON {
		b = append(b, `{"row":`...)
		b = strconv.AppendInt(b, row+1, 10)
	}
	for i, q := range p {
		values := [4]float64{q.Mean, q.SD, q.Lower, q.Upper}
		names := r.names(i)
		for k, x := range values {
			if r.asJSON {
				b = append(b, ',')
				b = append(b, names[k]...)
				b = append(b, ':')
			} else if i > 0 || k > 0 {
				b = append(b, ',')
			}
			b = r.number(b, x, missing)
		}
	}
	if r.asJSON {
		b = append(b, '}')
	}
	b = append(b, '\n')
	r.buf = b
	_, err := r.w.Write(b)
	return err
}

// number appends a value; a missing row has empty fields, or null in JSON.
func (r *rowWriter) number(b []byte, x float64, missing bool) []byte {
	switch {
	case !missing && !math.IsNaN(x) && !math.IsInf(x, 0):
		return strconv.AppendFloat(b, x, 'g', -1, 64)
	case r.asJSON:
		return append(b, "null"...)
	case missing:
		return b
	}
	return strconv.AppendFloat(b, x, 'g', -1, 64)
}

// names returns the quoted JSON keys of output i.
func (r *rowWriter) names(i int) []string {
	if !r.asJSON {
		return nil
	}
	for len(r.keys) < len(r.outputs) {
		names := r.columns(r.outputs[len(r.keys)])
		for k := range names {
			quoted, err := json.Marshal(names[k])
			if err != nil {
				panic(err) // strings always marshal
			}
			names[k] = string(quoted)
		}
		r.keys = append(r.keys, names)
	}
	return r.keys[i]
}

// quoteCSV quotes a field that needs it.
func quoteCSV(s string) string {
	if !strings.ContainsAny(s, ",\"\r\n") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}
