//go:build cgo

package cpu

import (
	"math"
	"math/rand/v2"
	"testing"

	"elbo/kernels"
)

// specials are the values arithmetic treats apart.
var specials = []float64{
	0, math.Copysign(0, -1), 1, -1, 2, -2, 0.5, 3, 0.1, -0.1, math.Inf(1), math.Inf(-1), math.NaN(),
	1e-40, -1e-40, 5e-324, 1e-310, 89, -89, -104, 128, 710, -746, 3e38, -3e38, 1.7e308, 1e9, -1e9,
}

// wild returns n random bit patterns, n moderate numbers and all specials.
func wild[T float](rng *rand.Rand, n int) []T {
	var x []T
	for range n {
		bits := rng.Uint64()
		switch dtypeOf[T]() {
		case 0:
			x = append(x, T(math.Float32frombits(uint32(bits))))
		default:
			x = append(x, T(math.Float64frombits(bits)))
		}
		x = append(x, T(8*rng.NormFloat64()))
	}
	for _, s := range specials {
		x = append(x, T(s))
	}
	return x
}

// same reports equal bits, or NaN in both: its payload is not part of the contract.
func same[T float](a, b T) bool {
	return a == b && math.Signbit(float64(a)) == math.Signbit(float64(b)) || a != a && b != b
}

func testSameBits[T float](t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	n := 3000
	if testing.Short() {
		n = 300
	}
	a := wild[T](rng, n)
	b, c := wild[T](rng, n), wild[T](rng, n)
	rng.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
	isas := isaNumbers()
	for _, info := range kernels.Elementwise() {
		x, y, z := a, b, c
		if info.Op == kernels.GammaGrad { // a loop of thousands of steps where an operand is huge
			x, y, z = a[2*n:], b[:len(a)-2*n], c[2*n:]
		}
		want, got := make([]T, len(x)), make([]T, len(x))
		callTile(isas[0], info.Op, x, y, z, want, 0.7, 1.3)
		for _, isa := range isas[1:] {
			callTile(isa, info.Op, x, y, z, got, 0.7, 1.3)
			for i := range got {
				if !same(got[i], want[i]) {
					t.Errorf("%s(%g, %g, %g): isa %d gives %g, base %g", info.Name, x[i], y[i], z[i], isa, got[i], want[i])
					break
				}
			}
		}
	}
}

func TestSameBitsOnEveryISA(t *testing.T) {
	if len(isaNumbers()) == 1 {
		t.Skip("this machine has only the base instruction set")
	}
	t.Run("float32", testSameBits[float32])
	t.Run("float64", testSameBits[float64])
}

func testTails[T float](t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	a := make([]T, 300)
	for i := range a {
		a[i] = T(0.1 + 0.8*rng.Float64())
	}
	for _, isa := range isaNumbers() {
		for _, info := range kernels.Elementwise() {
			whole := make([]T, 256)
			callTile(isa, info.Op, a[:256], a[1:257], a[2:258], whole, 0.7, 0.2)
			for _, n := range []int{0, 1, 2, 15, 31, 33, 100} {
				out := make([]T, n+3)
				for i := range out {
					out[i] = -77
				}
				// Odd offsets: nothing may count on alignment.
				callTile(isa, info.Op, a[:n], a[1:n+1], a[2:n+2], out[1:n+1], 0.7, 0.2)
				for i := range n {
					if !same(out[i+1], whole[i]) {
						t.Fatalf("isa %d, %s, n = %d: element %d = %g, in a full tile %g", isa, info.Name, n, i, out[i+1], whole[i])
					}
				}
				if out[0] != -77 || out[n+1] != -77 || out[n+2] != -77 {
					t.Fatalf("isa %d, %s, n = %d: wrote outside its range", isa, info.Name, n)
				}
			}
			if info.Op == kernels.GammaGrad {
				continue
			}
			inPlace := append([]T(nil), a...)
			callTile(isa, info.Op, inPlace[:256], a[1:257], a[2:258], inPlace[:256], 0.7, 0.2)
			for i := range whole {
				if !same(inPlace[i], whole[i]) {
					t.Fatalf("isa %d, %s in place: element %d = %g, want %g", isa, info.Name, i, inPlace[i], whole[i])
				}
			}
		}
	}
}

func TestTilesOfAnyLengthAndPlace(t *testing.T) {
	t.Run("float32", testTails[float32])
	t.Run("float64", testTails[float64])
}
