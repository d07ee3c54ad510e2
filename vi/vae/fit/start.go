package fit

import (
	"math"

	"elbo/data/array"
	"elbo/vi/vae"
)

// startImages bounds the images the initial parameters are learnt from.
const startImages = 10_000

// startOf returns what the initial parameters know of the data: the mean of every pixel, the
// spread about it, and images to start pseudo-inputs at.
func startOf(a *array.Array, rows []int64, c vae.Config, scale array.Scale) (vae.Start, error) {
	if rows == nil {
		rows = make([]int64, a.Items())
		for i := range rows {
			rows[i] = int64(i)
		}
	}
	chosen := spread(rows, startImages)
	d := a.Width()
	mean, row := make([]float64, d), make([]float32, d)
	square := 0.0
	for k, item := range chosen {
		if err := a.Rows([]int64{item}, scale, row); err != nil {
			return vae.Start{}, err
		}
		for j, v := range row {
			delta := float64(v) - mean[j]
			mean[j] += delta / float64(k+1)
			square += delta * (float64(v) - mean[j])
		}
	}
	variance := square / float64(len(chosen)*d)
	s := vae.Start{Mean: mean, LogSD: 0.5 * math.Log(math.Max(variance, 1e-6))}
	for _, item := range spread(rows, c.Components) {
		if err := a.Rows([]int64{item}, scale, row); err != nil {
			return vae.Start{}, err
		}
		for _, v := range row {
			s.Pseudo = append(s.Pseudo, float64(v))
		}
	}
	for len(s.Pseudo) < c.Components*d { // fewer images than components
		s.Pseudo = append(s.Pseudo, s.Pseudo[:min(len(s.Pseudo), c.Components*d-len(s.Pseudo))]...)
	}
	return s, nil
}

// spread returns n of the rows at equal distances, all of them when there are no more.
func spread(rows []int64, n int) []int64 {
	if len(rows) <= n {
		return rows
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = rows[i*len(rows)/n]
	}
	return out
}
