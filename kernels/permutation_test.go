package kernels

import (
	"math"
	"testing"
)

// Every row once: exhaustively around powers of four, where the Feistel width changes.
func TestPermutationIsBijection(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 4096, 4097, 100003} {
		for _, seed := range []uint64{0, 1, 1 << 60} {
			p := NewPermutation(n, seed, 3)
			seen := make([]bool, n)
			for i := range n {
				r := p.At(i)
				if r >= n || seen[r] {
					t.Fatalf("n = %d, seed %d: row %d at %d is out of range or repeated", n, seed, r, i)
				}
				seen[r] = true
			}
		}
	}
}

// Over many keys, the row at every position is uniform: chi-square of 8 rows at each of 8
// positions with 7 degrees of freedom; 8·1e-5 is the chance of one above 35. Different epochs
// and seeds give different orders.
func TestPermutationIsUniform(t *testing.T) {
	const n, epochs = 1000, 20000
	for at := uint64(0); at < n; at += 125 {
		var count [8]float64
		for e := range uint64(epochs) {
			p := NewPermutation(n, 42, e)
			count[p.At(at)*8/n]++
		}
		chi := 0.0
		for _, c := range count {
			chi += (c - epochs/8) * (c - epochs/8) / (epochs / 8)
		}
		if chi > 35 {
			t.Errorf("row at position %d: chi-square %.1f over %v", at, chi, count)
		}
	}
}

// Neighbours in an order are as far apart as in random ones: the mean distance of uniform
// pairs is n/3, its standard error over n pairs about n/(3√2√n).
func TestPermutationMixesNeighbours(t *testing.T) {
	const n = 10007
	p := NewPermutation(n, 7, 0)
	sum := 0.0
	for i := range uint64(n - 1) {
		sum += math.Abs(float64(p.At(i)) - float64(p.At(i+1)))
	}
	if mean := sum / (n - 1); math.Abs(mean-n/3.) > 5*n/(3*math.Sqrt2*math.Sqrt(n)) {
		t.Errorf("mean distance of neighbours %.0f, want about %.0f", mean, n/3.)
	}
}

// An epoch visits every row once, the short last batch repeats its first row, and the next
// epoch has another order.
func TestBatchRows(t *testing.T) {
	const n, b, seed = 10, 4, 9
	seen := map[int32]int{}
	var first []int32
	for step := range uint64(3) {
		rows := make([]int32, b)
		BatchRows(rows, n, seed, step)
		if step == 2 {
			if rows[2] != rows[0] || rows[3] != rows[0] {
				t.Errorf("short batch %v does not repeat its first row", rows)
			}
			rows = rows[:2]
		}
		for _, r := range rows {
			seen[r]++
		}
		first = append(first, rows...)
	}
	if len(seen) != n {
		t.Errorf("one epoch visits %d rows of %d: %v", len(seen), n, first)
	}
	rows := make([]int32, 2*n)
	BatchRows(rows, n, seed, 1)
	same := 0
	for i, r := range first {
		if rows[i] == r {
			same++
		}
	}
	if same == n {
		t.Error("epochs 0 and 1 have the same order")
	}
}
