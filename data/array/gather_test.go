package array

import (
	"context"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"elbo/data"
)

// TestScaleBytes checks that vector code and table give the correctly rounded quotient for every byte at every
// alignment and length: a machine without vector code gets the same bits.
func TestScaleBytes(t *testing.T) {
	src := make([]byte, 256+97)
	for i := range src {
		src[i] = byte(i)
	}
	for _, divisor := range []float32{1, 255} {
		for from := range 9 {
			for _, n := range []int{0, 1, 7, 8, 9, 31, 32, 33, 40, 63, 96, 256 + 88} {
				dst := make([]float32, n+1)
				dst[n] = -1
				scaleBytes(dst[:n], src[from:], divisor)
				for i := range n {
					if want := float32(float64(src[from+i]) / float64(divisor)); dst[i] != want {
						t.Fatalf("%d/%g at %d of %d: %v, want %v", src[from+i], divisor, i, n, dst[i], want)
					}
				}
				if dst[n] != -1 {
					t.Fatalf("%d bytes: wrote beyond the end", n)
				}
			}
		}
	}
}

func TestRows(t *testing.T) {
	u1 := mustOpen(t, "testdata/u1.npy", Options{})
	i2 := mustOpen(t, "testdata/i2.npy", Options{})
	for _, tc := range []struct {
		a     *Array
		scale Scale
		first float32 // value 0 of item 1
	}{
		{u1, ScaleAuto, 12. / 255}, {u1, ScaleUnit, 12. / 255}, {u1, ScaleNone, 12},
		{i2, ScaleAuto, 0}, {i2, ScaleNone, 0}, {i2, ScaleUnit, 0},
	} {
		dst := make([]float32, 36)
		if err := tc.a.Rows([]int64{1, 0, 1}, tc.scale, dst); err != nil {
			t.Fatal(err)
		}
		if dst[0] != tc.first || dst[24] != tc.first || slices.Equal(dst[:12], dst[12:24]) {
			t.Errorf("%v %v: %v", tc.a, tc.scale, dst)
		}
		want := float32(values(tc.a)[7]) / tc.a.Divisor(tc.scale)
		if dst[12+7] != want {
			t.Errorf("%v %v: value 7 of item 0 is %g, want %g", tc.a, tc.scale, dst[19], want)
		}
	}
	raw := make([]byte, 48)
	if err := i2.RawRows([]int64{1, 0}, raw); err != nil ||
		!slices.Equal(raw, slices.Concat(i2.Raw()[24:], i2.Raw()[:24])) {
		t.Errorf("raw rows %v: %v", raw, err)
	}
	for _, items := range [][]int64{{2}, {-1}, {math.MinInt64}, {0, 0, 0, 0}} {
		if u1.Rows(items, ScaleAuto, make([]float32, 36)) == nil || u1.RawRows(items, make([]byte, 36)) == nil {
			t.Errorf("items %v: no error", items)
		}
	}
}

func TestSplit(t *testing.T) {
	train, valid, err := Split(1000, 100, 7)
	if err != nil || len(train) != 900 || len(valid) != 100 || !slices.IsSorted(train) || !slices.IsSorted(valid) {
		t.Fatalf("%d and %d items: %v", len(train), len(valid), err)
	}
	all := slices.Concat(train, valid)
	slices.Sort(all)
	for i, item := range all {
		if item != int64(i) {
			t.Fatalf("item %d is missing or comes twice", i)
		}
	}
	// Of 100 items below 1000 the mean is 499.5 with sd 27.4 (without replacement): five of them.
	sum := 0.0
	for _, item := range valid {
		sum += float64(item) / 100
	}
	if math.Abs(sum-499.5) > 137 {
		t.Errorf("mean item for validation %.1f", sum)
	}
	if _, again, _ := Split(1000, 100, 7); !slices.Equal(again, valid) {
		t.Error("not a function of the seed")
	}
	if _, other, _ := Split(1000, 100, 8); slices.Equal(other, valid) {
		t.Error("the seed changes nothing")
	}
	// Golden: data.Permutation{N: 10, Seed: 1, Epoch: -1} at 0, 1 and 2, sorted.
	_, few, _ := Split(10, 3, 1)
	p := data.Permutation{N: 10, Seed: 1, Epoch: -1}
	want := []int64{p.At(0), p.At(1), p.At(2)}
	if slices.Sort(want); !slices.Equal(few, want) {
		t.Errorf("split %v, want %v", few, want)
	}
	if train, valid, err := Split(5, 0, 1); len(train) != 5 || len(valid) != 0 || err != nil {
		t.Errorf("nothing for validation: %v, %v, %v", train, valid, err)
	}
	for _, bad := range [][2]int64{{0, 0}, {5, 5}, {5, 6}, {5, -1}, {-1, 0}} {
		if _, _, err := Split(bad[0], bad[1], 1); err == nil {
			t.Errorf("%d of %d: no error", bad[1], bad[0])
		}
	}
}

// numbered is an array of n items whose values are all their number (mod 256), labelled by it.
func numbered(n, width int) *Array {
	a := newArray("numbered", "npy", Uint8, []int{n, width}, make([]byte, n*width))
	for i := range a.raw {
		a.raw[i] = byte(i / width)
	}
	for i := range n {
		a.Labels = append(a.Labels, int32(i))
	}
	return a
}

// TestBatches checks that an epoch shows every chosen item once, with its own values and label, raw and as numbers,
// prefetched or not.
func TestBatches(t *testing.T) {
	a := numbered(100, 5)
	train, _, err := Split(100, 20, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []bool{false, true} {
		b, err := NewBatches(a, BatchConfig{Rows: train, Batch: 32, Seed: 1, Shuffle: true, Raw: raw, Scale: ScaleNone})
		if err != nil {
			t.Fatal(err)
		}
		p := b.Prefetch(context.Background(), data.PrefetchConfig{Last: b.Loader().StepsPerEpoch(), Workers: 2})
		defer p.Close()
		var seen []int64
		var direct Batch
		for step := int64(0); ; step++ {
			s, err := p.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			checkBatch(t, &s.Value, raw)
			if err := b.Fill(step, &direct); err != nil || !slices.Equal(direct.Items, s.Value.Items) {
				t.Fatalf("step %d: %v filled directly, %v prefetched: %v", step, direct.Items, s.Value.Items, err)
			}
			seen = append(seen, s.Value.Items...)
		}
		if slices.IsSorted(seen) {
			t.Error("not shuffled")
		}
		if slices.Sort(seen); !slices.Equal(seen, train) {
			t.Errorf("raw %v: an epoch showed %v", raw, seen)
		}
	}
	for _, cfg := range []BatchConfig{{}, {Batch: 3, Rows: []int64{100}}, {Batch: 3, Rows: []int64{}}} {
		if _, err := NewBatches(a, cfg); err == nil {
			t.Errorf("%+v: no error", cfg)
		}
	}
}

func checkBatch(t *testing.T, b *Batch, raw bool) {
	t.Helper()
	n := len(b.Items)
	floats, bytes := 5*n, 0
	if raw {
		floats, bytes = 0, 5*n
	}
	if len(b.Labels) != n || len(b.Floats) != floats || len(b.Raw) != bytes {
		t.Fatalf("%d items, %d labels, %d numbers, %d bytes", n, len(b.Labels), len(b.Floats), len(b.Raw))
	}
	for k, item := range b.Items {
		got := 0.0
		if raw {
			got = float64(b.Raw[5*k+4])
		} else {
			got = float64(b.Floats[5*k+4])
		}
		if got != float64(item) || int64(b.Labels[k]) != item {
			t.Fatalf("item %d: value %g, label %d", item, got, b.Labels[k])
		}
	}
}

// TestFillKeepsBuffers checks that steps allocate nothing and that a caller's buffer is used.
func TestFillKeepsBuffers(t *testing.T) {
	b, err := NewBatches(numbered(100, 5), BatchConfig{Batch: 32, Shuffle: true})
	if err != nil {
		t.Fatal(err)
	}
	mine := make([]float32, 32*5)
	batch, step := Batch{Floats: mine}, int64(0)
	fill := func() {
		if err := b.Fill(step, &batch); err != nil {
			t.Fatal(err)
		}
		step++
	}
	fill()
	if &batch.Floats[0] != &mine[0] {
		t.Error("the caller's buffer is not used")
	}
	if n := testing.AllocsPerRun(20, fill); n != 0 {
		t.Errorf("%g allocations a step", n)
	}
}

func TestWithin(t *testing.T) {
	a := mustOpen(t, "testdata/f4_fortran.npy", Options{}) // 0, 1/8, ..., 23/8
	err := a.Within(0, 1, ScaleAuto, "the Bernoulli likelihood")
	if err == nil || !strings.Contains(err.Error(), "item 0, pixel (2, 1): 1.125") ||
		!strings.Contains(err.Error(), "Bernoulli") {
		t.Errorf("error %v", err)
	}
	if err := a.Within(0, 2.875, ScaleAuto, "the test"); err != nil {
		t.Errorf("within its range: %v", err)
	}
	if err := a.Within(0, 1, ScaleUnit, "the test"); err != nil {
		t.Errorf("divided by 255: %v", err)
	}
	u1 := mustOpen(t, "testdata/u1.npy", Options{})
	if err := u1.Within(0, 1, ScaleAuto, "the test"); err != nil {
		t.Errorf("bytes: %v", err)
	}
	if err := u1.Within(0, 1, ScaleNone, "the test"); err == nil || !strings.Contains(err.Error(), "pixel (0, 2): 2") {
		t.Errorf("bytes as they are: %v", err)
	}
	odd := save(t, "odd.npy", nil)
	if err := WriteNPY(odd, []int{3, 2}, []float64{1, 0, 0, 1, math.NaN(), math.Inf(1)}); err != nil {
		t.Fatal(err)
	}
	o := mustOpen(t, odd, Options{})
	if err := o.Within(0, 1, ScaleAuto, "the test"); err == nil || !strings.Contains(err.Error(), "item 2, pixel 0: NaN") {
		t.Errorf("NaN: %v", err)
	}
	if err := o.Finite(); err == nil || !strings.Contains(err.Error(), "item 2, pixel 0") {
		t.Errorf("NaN: %v", err)
	}
	if s := o.Stats(); s != (Stats{Min: 0, Max: 1, Mean: 0.5, NotFinite: 2}) {
		t.Errorf("stats %+v", s)
	}
}

func TestNames(t *testing.T) {
	for i, name := range BinarizeNames() {
		if b, err := ParseBinarize(name); err != nil || b != Binarize(i) || b.String() != name {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
	for i, name := range scaleNames {
		if s, err := ParseScale(name); err != nil || s != Scale(i) || s.String() != name {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	if _, err := ParseBinarize("dynamc"); err == nil || !strings.Contains(err.Error(), "did you mean dynamic") {
		t.Errorf("error %v", err)
	}
	if _, err := ParseScale("x"); err == nil {
		t.Error("scale x: no error")
	}
}
