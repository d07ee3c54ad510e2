package vae

import (
	"fmt"
	"math"
	"math/rand/v2"

	"elbo/data/array"
)

// startItems bounds the data that Start looks at.
const startItems = 10_000

// StartFrom looks at items of a (nil means all; at most 10,000 of them, evenly spread) and returns
// what initial parameters may know of them.
func (m *Model) StartFrom(a *array.Array, items []int64) (Start, error) {
	total := count(a, items)
	if total == 0 || a.Width() != m.width {
		return Start{}, fmt.Errorf("%w: %s: %d items of %s, the model takes %s", ErrData, a.File, total,
			array.ShapeText(a.Item()), array.ShapeText(m.cfg.Item))
	}
	at := func(i, n int64) int64 {
		k := i * total / n
		if items != nil {
			return items[k]
		}
		return k
	}
	n := min(total, startItems)
	row := make([]float32, m.width)
	sum, square := make([]float64, m.width), 0.0
	for i := range n {
		if err := a.Rows([]int64{at(i, n)}, m.scale, row); err != nil {
			return Start{}, err
		}
		for j, x := range row {
			sum[j] += float64(x)
			square += float64(x) * float64(x)
		}
	}
	variance := square / float64(n)
	for j := range sum {
		sum[j] /= float64(n)
		variance -= sum[j] * sum[j]
	}
	s := Start{Mean: sum, LogSD: math.Log(max(variance/float64(m.width), 1e-8)) / 2}
	if m.cfg.Prior != "vamp" {
		return s, nil
	}
	pick := rand.New(rand.NewPCG(m.cfg.Seed, 0x76616d70))
	for range m.cfg.Components {
		if err := a.Rows([]int64{at(pick.Int64N(total), total)}, m.scale, row); err != nil {
			return Start{}, err
		}
		for _, x := range row {
			s.Pseudo = append(s.Pseudo, float64(x))
		}
	}
	return s, nil
}
