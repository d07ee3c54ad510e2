//go:build elbo_cuda && linux

package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// larger is the larger of two differences; not a number is the largest.
func larger(a, b float64) float64 {
	if math.IsNaN(a) || a > b {
		return a
	}
	return b
}

// compareBounds finds the largest relative difference between two paths over the same steps, how many
// there are and the last bound of the card.
func compareBounds(cpu, card map[int64]float64) (points int, apart, last float64, err error) {
	if len(cpu) == 0 || len(cpu) != len(card) {
		return 0, 0, 0, fmt.Errorf("%d bounds on the CPU, %d on the card", len(cpu), len(card))
	}
	for _, step := range slices.Sorted(maps.Keys(cpu)) {
		got, ok := card[step]
		if !ok {
			return 0, 0, 0, fmt.Errorf("the card has no bound at step %d", step)
		}
		want := cpu[step]
		apart = larger(apart, math.Abs(got-want)/max(math.Abs(want), 1e-300))
		last = got
	}
	return len(cpu), apart, last, nil
}

// compareArrays finds the largest difference between arrays of the same names and lengths, relative to
// the largest number of each.
func compareArrays(cpu, card map[string][]float64) (apart float64, err error) {
	if len(cpu) == 0 || len(cpu) != len(card) {
		return 0, fmt.Errorf("%d arrays on the CPU, %d on the card", len(cpu), len(card))
	}
	for _, name := range slices.Sorted(maps.Keys(cpu)) {
		want, got := cpu[name], card[name]
		if len(want) == 0 || len(want) != len(got) {
			return 0, fmt.Errorf("%s: %d numbers on the CPU, %d on the card", name, len(want), len(got))
		}
		off, largest := 0.0, 0.0
		for i := range want {
			off, largest = larger(off, math.Abs(got[i]-want[i])), larger(largest, math.Abs(want[i]))
		}
		if off != 0 { // two arrays of zeros are equal
			apart = larger(apart, off/largest)
		}
	}
	return apart, nil
}
