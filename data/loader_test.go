package data

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

// TestPermutationIsBijection checks that every epoch visits every row once, for sizes around powers of two.
func TestPermutationIsBijection(t *testing.T) {
	for _, n := range []int64{1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100, 1000, 1023, 1024, 1025, 65536, 65537, 100003} {
		for epoch := range int64(3) {
			order, seen := permuted(Permutation{N: n, Seed: 7, Epoch: epoch}), make([]bool, n)
			for i, row := range order {
				if row < 0 || row >= n || seen[row] {
					t.Fatalf("N = %d, epoch %d: position %d gives row %d, out of range or twice", n, epoch, i, row)
				}
				seen[row] = true
			}
		}
	}
}

// permuted returns the whole order, and is the place where fill meets At.
func permuted(p Permutation) []int64 {
	k := p.keys()
	order := make([]int64, p.N)
	k.fill(0, order)
	for _, i := range []int64{0, p.N / 2, p.N - 1} {
		if order[i] != p.At(i) {
			panic(fmt.Sprintf("%+v: fill and At disagree at %d", p, i))
		}
	}
	return order
}

// TestPermutationGolden compares with rows printed from kernels.NewPermutation(N, Seed, Epoch).At(0..5), the order of
// resident data.
func TestPermutationGolden(t *testing.T) {
	for _, tc := range []struct {
		p    Permutation
		want []int64
	}{
		{Permutation{10, 1, 0}, []int64{8, 3, 4, 5, 0, 2}},
		{Permutation{10, 1, 1}, []int64{1, 8, 5, 3, 0, 6}},
		{Permutation{327346, 42, 3}, []int64{6409, 223718, 150818, 21029, 79479, 94308}},
		{Permutation{65537, 1099511627783, 8589934593}, []int64{64517, 58596, 55905, 54087, 5857, 38080}},
		{Permutation{8589934592, 9, 0}, []int64{6488808709, 8164770301, 177278415, 6813438001, 8100357166, 5535022295}},
	} {
		for i, want := range tc.want {
			if got := tc.p.At(int64(i)); got != want {
				t.Errorf("%+v: row %d at position %d, want %d", tc.p, got, i, want)
			}
		}
	}
}

// TestPermutationIsUniform checks by chi-square that each row is equally likely at each position over many seeds,
// and so are ordered pairs of rows at two positions, which is what unbiased variance needs. Between 3 and some 20 rows
// the short halves show.
func TestPermutationIsUniform(t *testing.T) {
	const draws = 20000
	for _, n := range []int64{2, 20, 60, 300} {
		single, pairs, next := map[[2]int64]int{}, map[[2]int64]int{}, map[[2]int64]int{}
		for s := range uint64(draws) {
			order := permuted(Permutation{N: n, Seed: s, Epoch: 3})
			for i := range min(n, 20) {
				single[[2]int64{i, order[i]}]++
			}
			pairs[[2]int64{order[0], order[n-1]}]++
			next[[2]int64{order[0], order[1]}]++
		}
		check := func(name string, counts map[[2]int64]int, cells int64, expected float64) {
			chi2 := 0.0
			for _, c := range counts {
				chi2 += (float64(c) - expected) * (float64(c) - expected) / expected
			}
			chi2 += float64(cells-int64(len(counts))) * expected
			// A chi-square of k cells has mean near k and sd near √(2k): five sd, one in a million.
			if limit := float64(cells) + 5*math.Sqrt(2*float64(cells)); chi2 > limit {
				t.Errorf("N = %d: %s: chi-square %.1f over %d cells, limit %.1f", n, name, chi2, cells, limit)
			}
		}
		check("positions", single, n*min(n, 20), draws/float64(n))
		check("neighbours", next, n*(n-1), draws/float64(n*(n-1)))
		check("first and last", pairs, n*(n-1), draws/float64(n*(n-1)))
	}
}

// TestPermutationEpochsDiffer checks that epochs, seeds and neighbouring positions are unrelated.
func TestPermutationEpochsDiffer(t *testing.T) {
	const n = 10000
	for _, other := range []Permutation{{N: n, Seed: 1, Epoch: 1}, {N: n, Seed: 2}, {N: n, Seed: 0, Epoch: 1}} {
		a, b := permuted(Permutation{N: n, Seed: 1}), permuted(other)
		same, next := 0, 0
		for i := range a {
			if a[i] == b[i] {
				same++
			}
			if b[(i+1)%n] == b[i]+1 {
				next++
			}
		}
		if same > 10 || next > 10 { // each is Poisson(1) for random permutations
			t.Errorf("%+v: %d equal positions, %d runs; about one expected", other, same, next)
		}
	}
}

func TestLoaderCoversEachEpoch(t *testing.T) {
	for _, tc := range []struct {
		rows  int64
		batch int
	}{{1, 1}, {10, 3}, {10, 5}, {10, 10}, {10, 64}, {1000, 7}, {1001, 1000}} {
		for _, shuffle := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d/%d/%v", tc.rows, tc.batch, shuffle), func(t *testing.T) {
				l, err := NewLoader(LoaderConfig{Rows: tc.rows, Batch: tc.batch, Seed: 5, Shuffle: shuffle})
				if err != nil {
					t.Fatal(err)
				}
				checkEpochs(t, l)
			})
		}
	}
}

// checkEpochs walks two epochs: rows exactly once, and weighted scaled sums equal to the full sum.
func checkEpochs(t *testing.T, l *Loader) {
	t.Helper()
	dst := make([]int64, l.Batch())
	for epoch := range int64(2) {
		counts := make([]int, l.Rows())
		estimate, full := 0.0, float64(l.Rows()*(l.Rows()-1))/2
		for step := epoch * l.StepsPerEpoch(); step < (epoch+1)*l.StepsPerEpoch(); step++ {
			n := l.Indices(step, dst)
			sum := 0.0
			for _, row := range dst[:n] {
				counts[row]++
				sum += float64(row)
			}
			if l.Epoch(step) != epoch || n != l.Size(step) {
				t.Fatalf("step %d: epoch %d, size %d, want epoch %d, size %d", step, l.Epoch(step), n, epoch, l.Size(step))
			}
			estimate += float64(n) / float64(l.Rows()) * l.Scale(step) * sum
		}
		for row, c := range counts {
			if c != 1 {
				t.Fatalf("epoch %d: row %d came %d times", epoch, row, c)
			}
		}
		if math.Abs(estimate-full) > 1e-9*(1+full) { // rounding of a few thousand additions
			t.Fatalf("epoch %d: weighted estimate %g, full sum %g", epoch, estimate, full)
		}
	}
}

func TestLoaderRefusesNonsense(t *testing.T) {
	for _, cfg := range []LoaderConfig{{}, {Rows: 5}, {Batch: 5}, {Rows: -1, Batch: 1}, {Rows: 1, Batch: -1}} {
		if _, err := NewLoader(cfg); !errors.Is(err, ErrOption) {
			t.Errorf("%+v: error %v, want ErrOption", cfg, err)
		}
	}
}

// BenchmarkIndices reports the cost per row number; the budget is 10 ns.
func BenchmarkIndices(b *testing.B) {
	l, err := NewLoader(LoaderConfig{Rows: 327346, Batch: 512, Seed: 1, Shuffle: true})
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]int64, 512)
	step := int64(0)
	for b.Loop() {
		l.Indices(step%l.StepsPerEpoch(), dst)
		step++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512, "ns/index")
}
