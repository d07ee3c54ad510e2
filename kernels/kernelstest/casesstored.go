package kernelstest

import (
	"fmt"
	"math"

	"elbo/kernels"
)

// storedCases: rows of data stored small, gathered and converted, at widths that are and are not
// whole words; and every bfloat16 there is.
func storedCases() []structuralCase {
	out := []structuralCase{everyBFloat16(), zeroSigns()}
	for _, table := range []kernels.Shape{{1}, {7, 1}, {9, 3}, {40, 784}, {5, 2, 67}, {6, 0}} {
		for _, n := range []int{0, 1, 33, 128} {
			out = append(out,
				storedRows("bytes", table, n, func(b *Builder, r source) kernels.ValueID {
					return b.Bytes("table", r.rows(table.Size(), 256), table...)
				})...)
			out = append(out,
				storedRows("bfloat16", table, n, func(b *Builder, r source) kernels.ValueID {
					return b.BFloats("table", r.numbers(table.Size()), table...)
				})...)
		}
	}
	return out
}

// storedRows gathers n rows of a table, and converts what was gathered.
func storedRows(
	kind string, table kernels.Shape, n int, values func(b *Builder, r source) kernels.ValueID,
) []structuralCase {
	rows := func(b *Builder, r source) kernels.ValueID {
		return b.Apply(kernels.Gather, kernels.Attr{}, values(b, r), b.Index("idx", r.rows(n, table[0]), n))
	}
	name := fmt.Sprintf("%s %v %d", kind, table, n)
	flat := kernels.Attr{Shape: kernels.Shape{n * table[1:].Size()}}
	return []structuralCase{
		{op: kernels.Gather, name: name, build: func(b *Builder, r source) { b.Output("y", rows(b, r)) }},
		{op: kernels.ToFloat, name: name, build: func(b *Builder, r source) {
			b.Output("y", b.Apply(kernels.ToFloat, kernels.Attr{}, b.Apply(kernels.View, flat, rows(b, r))))
		}},
	}
}

// everyBFloat16 converts all numbers bfloat16 can hold, subnormal ones too, infinities and NaN.
func everyBFloat16() structuralCase {
	return structuralCase{op: kernels.ToFloat, name: "every bfloat16", build: func(b *Builder, _ source) {
		x := make([]float64, 1<<16)
		for i := range x {
			x[i] = kernels.BFloat16Value(uint16(i))
		}
		b.Output("y", b.Apply(kernels.ToFloat, kernels.Attr{}, b.BFloats("x", x, len(x))))
	}}
}

// zeroSigns tells the two zeros apart, which compare equal, by their reciprocals.
func zeroSigns() structuralCase {
	return structuralCase{op: kernels.ToFloat, name: "bfloat16 zeros", build: func(b *Builder, _ source) {
		x := b.BFloats("x", []float64{0, math.Copysign(0, -1)}, 2)
		b.Output("y", b.Elem(kernels.Recip, [2]float64{}, b.Apply(kernels.ToFloat, kernels.Attr{}, x)))
	}}
}
