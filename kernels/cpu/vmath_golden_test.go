//go:build cgo

package cpu

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"elbo/kernels"
)

// golden is one op's reference values from testdata/vmath.golden (mpmath 1.3.0).
type golden struct{ a, b, want []float64 }

func readGolden(t testing.TB) map[kernels.Op]*golden {
	t.Helper()
	f, err := os.Open("testdata/vmath.golden")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	byName := map[string]kernels.Op{}
	for _, info := range kernels.Elementwise() {
		byName[info.Name] = info.Op
	}
	all := map[kernels.Op]*golden{}
	for s := bufio.NewScanner(f); s.Scan(); {
		w := strings.Fields(s.Text())
		if len(w) != 4 || w[0] == "#" {
			continue
		}
		op, ok := byName[w[0]]
		if !ok {
			t.Fatalf("vmath.golden names unknown op %q", w[0])
		}
		if all[op] == nil {
			all[op] = &golden{}
		}
		g, v := all[op], [3]float64{}
		for i := range v {
			if v[i], err = strconv.ParseFloat(w[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		g.a, g.b, g.want = append(g.a, v[0]), append(g.b, v[1]), append(g.want, v[2])
	}
	return all
}

// ulps allows a few units in the last place where the default, 3, is not enough.
var ulps = map[kernels.Op]float64{
	kernels.Tetragamma: 8,   // alternating polynomial, largest near 3
	kernels.NormInv:    5,   // the far tail's rational
	kernels.Pow:        400, // error grows with |b log a|, up to 700 here
	kernels.GammaGrad:  1e7, // series stop at 1e-11, the fraction loses some; 1e-9 relative
}

func limit(op kernels.Op) float64 {
	if u, ok := ulps[op]; ok {
		return u
	}
	return 3
}

// distance is |got - want| in units of the last place of want at precision eps, where
// results below tiny count as tiny.
func distance(got, want, eps, tiny float64) float64 {
	if got == want {
		return 0
	}
	return math.Abs(got-want) / (eps * math.Max(math.Abs(want), tiny))
}

func TestGoldenFloat64(t *testing.T) {
	for op, g := range readGolden(t) {
		for _, isa := range isaNumbers() {
			got := make([]float64, len(g.a))
			callTile(isa, op, g.a, g.b, nil, got, 0, 0)
			for i := range got {
				d := distance(got[i], g.want[i], 0x1p-52, 0x1p-1022)
				if !(d <= limit(op)) {
					t.Errorf("isa %d: %v(%g, %g) = %g, want %g: %.1f ulp, allowed %g",
						isa, op, g.a[i], g.b[i], got[i], g.want[i], d, limit(op))
				}
			}
		}
	}
}

// TestFloat32AgainstFloat64 sweeps each unary op over its golden points and many floats,
// with the float64 tiles, checked above, as the reference.
func TestFloat32AgainstFloat64(t *testing.T) {
	for op, g := range readGolden(t) {
		x, y := sweep32(g, op)
		wide, wideB := widen(x), widen(y)
		got, want := make([]float32, len(x)), make([]float64, len(x))
		isa := isaNumbers()[len(isaNumbers())-1]
		callTile(isa, op, x, y, nil, got, 0, 0)
		callTile(isa, op, wide, wideB, nil, want, 0, 0)
		for i := range got {
			if math.Abs(want[i]) > math.MaxFloat32 {
				continue
			}
			// Tetragamma, norminv: as in ulps. The rest: a few roundings.
			allowed := math.Min(limit(op), 8)
			if d := distance(float64(got[i]), want[i], 0x1p-23, 0x1p-126); !(d <= allowed) {
				t.Errorf("%v(%g, %g) = %g, want %g: %.1f ulp", op, x[i], y[i], got[i], want[i], d)
				break
			}
		}
	}
}

// sweep32 returns the golden points rounded to float32, and between neighbours of the same
// sign points in equal steps of bits.
func sweep32(g *golden, op kernels.Op) (x, y []float32) {
	steps := 64
	if op == kernels.GammaGrad {
		steps = 1
	}
	for i := range g.a {
		a, b := float32(g.a[i]), float32(g.a[(i+1)%len(g.a)])
		if a == 0 || math.IsInf(float64(a), 0) || math.IsInf(float64(b), 0) || (a < 0) != (b < 0) {
			continue
		}
		lo, hi := int64(math.Float32bits(a)), int64(math.Float32bits(b))
		for k := range steps {
			x = append(x, math.Float32frombits(uint32(lo+(hi-lo)*int64(k)/int64(steps))))
			y = append(y, float32(g.b[i]))
		}
	}
	return x, y
}

func widen(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}
