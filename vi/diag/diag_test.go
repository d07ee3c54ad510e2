package diag

import (
	"math"
	"slices"
	"testing"
)

func TestSmoothRefusesBrokenWeights(t *testing.T) {
	for _, w := range [][]float64{nil, {math.NaN(), 1}, {0, math.Inf(1)}, {math.Inf(-1), math.Inf(-1)}} {
		if p, err := Smooth(w); err == nil {
			t.Errorf("Smooth(%v) = %+v", w, p)
		}
	}
}

func TestSmoothConstantWeights(t *testing.T) {
	for _, level := range []float64{0, -1e5, 700, -1e9} {
		w := slices.Repeat([]float64{level}, 1000)
		w[3] = math.Nextafter(level, math.Inf(1))
		p, err := Smooth(w)
		if err != nil || p.K != 0 || !p.Trusted() || !near(p.ESS, 1000, 1e-6) || !near(p.LogMean, level, 1e-12) {
			t.Errorf("level %g: %v, K %g, ess %g, log mean %g", level, err, p.K, p.ESS, p.LogMean)
		}
	}
}

func TestSmoothEdges(t *testing.T) {
	one, err := Smooth([]float64{-3})
	if err != nil || one.Trusted() || one.LogWeights[0] != 0 {
		t.Errorf("one draw: %+v, %v", one, err)
	}
	// Two values only: every large weight ties with the cut, so there is no tail to judge.
	w := make([]float64, 1000)
	for i := range 400 {
		w[i] = 5
	}
	if p, err := Smooth(w); err != nil || !math.IsInf(p.K, 1) || p.Trusted() {
		t.Errorf("tied tail: K = %g, %v", p.K, err)
	}
	// Draws without any weight are allowed and keep none.
	x := uniforms(4, 500)
	x[7] = math.Inf(-1)
	before := slices.Clone(x)
	p, err := Smooth(x)
	if err != nil || !math.IsInf(p.LogWeights[7], -1) || math.IsNaN(p.K) {
		t.Errorf("a zero weight became %g with K %g, %v", p.LogWeights[7], p.K, err)
	}
	if !slices.Equal(x, before) {
		t.Error("the input changed")
	}
}

func TestSmoothingKeepsOrderAndShift(t *testing.T) {
	w := uniforms(8, 3000)
	for i, u := range w {
		w[i] = -0.8 * math.Log(u)
	}
	a, errA := Smooth(w)
	for i := range w {
		w[i] -= 12345
	}
	b, errB := Smooth(w)
	if errA != nil || errB != nil || !near(a.K, b.K, 1e-9) || !near(a.LogMean-12345, b.LogMean, 1e-12) {
		t.Errorf("a shift of log weights moves K from %g to %g", a.K, b.K)
	}
	order := make([]int, len(w))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		if w[i] < w[j] {
			return -1
		}
		return 1
	})
	sum := 0.0
	for i, at := range order {
		sum += math.Exp(a.LogWeights[at])
		if i > 0 && a.LogWeights[at] < a.LogWeights[order[i-1]]-1e-12 {
			t.Fatalf("smoothing swapped draws %d and %d", order[i-1], at)
		}
	}
	if !near(sum, 1, 1e-12) {
		t.Errorf("weights sum to %.15g", sum)
	}
}

func TestThreshold(t *testing.T) {
	for s, want := range map[int]float64{100: 0.5, 1000: 1 - 1.0/3, 4000: 0.7, 100000: 0.7} {
		if got := Threshold(s); !near(got, want, 1e-12) {
			t.Errorf("Threshold(%d) = %g, want %g", s, got, want)
		}
	}
	if Threshold(1) > 0 {
		t.Error("one draw is trusted")
	}
}

func TestResampleCounts(t *testing.T) {
	p := &PSIS{LogWeights: []float64{math.Log(0.5), math.Inf(-1), math.Log(0.3), math.Log(0.2)}}
	for _, start := range []float64{0, 0.37, 0.999999} {
		count := make([]int, 4)
		for _, s := range p.Resample(1000, start) {
			count[s]++
		}
		for s, want := range []int{500, 0, 300, 200} {
			if d := count[s] - want; d < -1 || d > 1 {
				t.Errorf("start %g: draw %d chosen %d times, want %d", start, s, count[s], want)
			}
		}
	}
}

func TestAccumIsCompensated(t *testing.T) {
	a := NewAccum(2)
	for _, v := range []float64{1, 1e100, 1, -1e100} {
		if err := a.Add([]float64{v, 0.1}); err != nil {
			t.Fatal(err)
		}
	}
	if s := a.Sums(); s[0] != 2 || !near(s[1], 0.4, 1e-16) || a.Batches() != 4 {
		t.Errorf("sums %v after %d batches, want 2 and 0.4 after 4", s, a.Batches())
	}
	if err := a.Add([]float64{1}); err == nil {
		t.Error("a short batch was added")
	}
	if err := a.Merge(NewAccum(3)); err == nil {
		t.Error("unequal accumulators merged")
	}
}

func TestAccumMergesAndCarriesInfinities(t *testing.T) {
	x := chain(5, 10000, 0.5, 3)
	whole, parts := NewAccum(1), []*Accum{NewAccum(1), NewAccum(1), NewAccum(1)}
	for i, v := range x {
		add(t, whole, v)
		add(t, parts[i%3], v)
	}
	for _, p := range parts[1:] {
		if err := parts[0].Merge(p); err != nil {
			t.Fatal(err)
		}
	}
	// Compensated sums are exact to the last bit or two.
	if a, b := whole.Sums()[0], parts[0].Sums()[0]; !near(a, b, 4e-16) || parts[0].Batches() != 10000 {
		t.Errorf("whole %.17g, merged %.17g", a, b)
	}
	add(t, whole, math.Inf(-1))
	add(t, whole, 1)
	if s := whole.Sums()[0]; !math.IsInf(s, -1) {
		t.Errorf("a draw of density zero sums to %g", s)
	}
}

func add(t *testing.T, a *Accum, v float64) {
	t.Helper()
	if err := a.Add([]float64{v}); err != nil {
		t.Fatal(err)
	}
}

func TestConvergenceEdges(t *testing.T) {
	flat := slices.Repeat([]float64{2.5}, 40)
	step := append(slices.Repeat([]float64{1}, 20), slices.Repeat([]float64{2}, 20)...)
	bad := append(slices.Clone(flat), math.NaN())
	rows := []struct {
		name      string
		x         []float64
		rhat, ess float64
	}{
		{"flat", flat, 1, 40}, {"step", step, math.Inf(1), math.NaN()},
		{"short", flat[:3], math.NaN(), math.NaN()}, {"nan", bad, math.NaN(), math.NaN()},
		{"none", nil, math.NaN(), math.NaN()},
	}
	for _, r := range rows {
		if got := SplitRhat(r.x); got != r.rhat && !(math.IsNaN(got) && math.IsNaN(r.rhat)) {
			t.Errorf("%s: rhat %g, want %g", r.name, got, r.rhat)
		}
		if r.name == "step" {
			continue
		}
		if got := ESS(r.x); got != r.ess && !(math.IsNaN(got) && math.IsNaN(r.ess)) {
			t.Errorf("%s: ess %g, want %g", r.name, got, r.ess)
		}
	}
	if MCSE(flat) != 0 {
		t.Errorf("a constant's mean has error %g", MCSE(flat))
	}
}

func TestWindow(t *testing.T) {
	w := NewWindow(2, 100)
	a, b := chain(21, 250, 0.4, 0), chain(22, 250, 0.4, 9)
	for i := range a {
		if err := w.Add([]float64{a[i], b[i]}); err != nil {
			t.Fatal(err)
		}
	}
	if w.Len() != 100 || w.Rhat(0)[0] != SplitRhat(a[150:]) || w.Rhat(60)[1] != SplitRhat(b[190:]) {
		t.Error("the window does not hold the last 100 iterates")
	}
	if w.MaxRhat(0) != SplitRhat(b[150:]) || w.MCSE(50)[0] != MCSE(a[200:]) || w.Mean(1)[1] != b[249] {
		t.Error("window statistics differ from those of its rows")
	}
	if err := w.Add([]float64{1}); err == nil {
		t.Error("a short iterate was added")
	}
	w.Clear()
	if w.Len() != 0 || NewWindow(0, 5).Len() != 0 {
		t.Error("a cleared window is not empty")
	}
}

func TestQuantileEdges(t *testing.T) {
	inf := math.Inf(1)
	rows := []struct {
		x    []float64
		p, q float64
	}{
		{[]float64{3}, 0.7, 3}, {[]float64{1, inf, inf}, 0.75, inf}, {[]float64{2, 1}, 0, 1},
		{nil, 0.5, math.NaN()}, {[]float64{1, math.NaN()}, 0.5, math.NaN()}, {[]float64{1}, 1.5, math.NaN()},
		{[]float64{1, 2}, math.NaN(), math.NaN()},
	}
	for _, r := range rows {
		if got := Quantile(r.x, r.p)[0]; got != r.q && !(math.IsNaN(got) && math.IsNaN(r.q)) {
			t.Errorf("Quantile(%v, %g) = %g, want %g", r.x, r.p, got, r.q)
		}
	}
}

func TestDescribeWeighted(t *testing.T) {
	x := []float64{5, 1, 3, 9}
	even := DescribeWeighted(x, []float64{-7, -7, -7, -7}, 0, 0.5, 1)
	q := even.Quantiles
	if !near(even.Mean, 4.5, 1e-14) || !near(q[1], 4, 1e-14) || q[0] != 1 || q[2] != 9 {
		t.Errorf("even weights: %+v", even)
	}
	lone := DescribeWeighted(x, []float64{math.Inf(-1), math.Inf(-1), 0, math.Inf(-1)}, 0.1, 0.9)
	if lone.Mean != 3 || lone.SD != 0 || lone.Quantiles[0] != 3 || lone.Quantiles[1] != 3 {
		t.Errorf("one draw carries all weight: %+v", lone)
	}
	// Twice the weight is the same as two copies.
	a := DescribeWeighted(x, []float64{0, math.Ln2, 0, 0})
	b := DescribeWeighted([]float64{5, 1, 1, 3, 9}, make([]float64, 5))
	if !near(a.Mean, b.Mean, 1e-14) || !near(a.SD, b.SD, 1e-14) {
		t.Errorf("%+v, want %+v", a, b)
	}
}
