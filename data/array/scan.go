package array

import (
	"fmt"
	"math"
	"strings"
)

// scanBlock is the number of values converted at a time.
const scanBlock = 4096

// Stats is what one pass over the stored values says, before any scaling.
type Stats struct {
	Min       float64 `json:"min"`  // of the finite values; 0 when there are none
	Max       float64 `json:"max"`  // of the finite values
	Mean      float64 `json:"mean"` // of the finite values
	NotFinite int64   `json:"not_finite"`
}

// Stats reads every value once. The mean adds block means, each a sum about zero of at most 4096 values.
func (a *Array) Stats() Stats {
	var buf [scanBlock]float64
	s, finite, sum := Stats{Min: math.Inf(1), Max: math.Inf(-1)}, int64(0), 0.0
	for rest := a.raw; len(rest) > 0; {
		part := buf[:min(scanBlock, len(rest)/a.DType.Size())]
		decode(a.DType, part, rest)
		rest = rest[len(part)*a.DType.Size():]
		block := 0.0
		for _, v := range part {
			if v-v != 0 {
				s.NotFinite++
				continue
			}
			finite++
			block += v
			s.Min, s.Max = min(s.Min, v), max(s.Max, v)
		}
		sum += block
	}
	if finite == 0 {
		return Stats{NotFinite: s.NotFinite}
	}
	s.Mean = sum / float64(finite)
	return s
}

// Within checks that every value, as Rows delivers it, lies in [lo, hi]; NaN lies nowhere. The error names item and
// pixel (both from 0) of the first value outside, and why says what needs the range: "the Bernoulli likelihood".
func (a *Array) Within(lo, hi float32, s Scale, why string) error {
	if a.DType == Uint8 && lo <= 0 && 255/a.Divisor(s) <= hi {
		return nil
	}
	return a.each(s, func(v float32) bool { return v >= lo && v <= hi }, func(item int, pixel string, v float32) error {
		return malformed(a.File, fmt.Sprintf("item %d, %s", item, pixel), a.rangeHint(s),
			"%g is outside [%g, %g], which %s needs", v, lo, hi, why)
	})
}

// Finite checks that every value is finite as float32 and names the first that is not.
func (a *Array) Finite() error {
	if a.DType.Integer() {
		return nil
	}
	return a.each(ScaleNone, func(v float32) bool { return v-v == 0 }, func(item int, pixel string, v float32) error {
		return malformed(a.File, fmt.Sprintf("item %d, %s", item, pixel), "fill in or leave out what is missing",
			"%g is not a finite number", v)
	})
}

// rangeHint says how values usually get into [0, 1].
func (a *Array) rangeHint(s Scale) string {
	if a.Divisor(s) == 1 {
		return "divide by the largest value, scale by 255 (unit), or choose a Gaussian likelihood"
	}
	return "the values were divided by 255: do not scale them (none), or choose a Gaussian likelihood"
}

// each converts all values and reports the first that is not good.
func (a *Array) each(s Scale, good func(float32) bool, report func(item int, pixel string, v float32) error) error {
	var buf [scanBlock]float32
	size, divisor, at := a.DType.Size(), a.Divisor(s), 0
	for total := len(a.raw) / size; at < total; {
		part := buf[:min(scanBlock, total-at)]
		a.convert(part, a.raw[at*size:(at+len(part))*size], divisor)
		for i, v := range part {
			if !good(v) {
				return report((at+i)/a.width, a.pixel((at+i)%a.width), v)
			}
		}
		at += len(part)
	}
	return nil
}

// pixel names a place within an item by its indices: "pixel (3, 5)".
func (a *Array) pixel(i int) string {
	item := a.Item()
	index := make([]string, len(item))
	for k := len(item) - 1; k >= 0; k-- {
		index[k] = fmt.Sprint(i % item[k])
		i /= item[k]
	}
	if len(index) == 0 {
		return "its value"
	}
	if len(index) == 1 {
		return "pixel " + index[0]
	}
	return "pixel (" + strings.Join(index, ", ") + ")"
}
