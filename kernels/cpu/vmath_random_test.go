//go:build cgo

package cpu

import (
	"math"
	"testing"

	"elbo/kernels"
)

// The counters and words of the published known answers (Random123 1.09, kat_vectors,
// philox4x32 10).
var philoxKnown = []struct {
	key     [2]uint32
	counter [4]uint32
	want    [4]uint32
}{
	{[2]uint32{}, [4]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
	{
		[2]uint32{0xffffffff, 0xffffffff},
		[4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
		[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
	},
	{
		[2]uint32{0xa4093822, 0x299f31d0},
		[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
		[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
	},
}

// TestPhiloxKnownAnswers reads the words back out of float64 uniforms, (word + 1/2) 2^-32.
func TestPhiloxKnownAnswers(t *testing.T) {
	for _, isa := range isaNumbers() {
		for _, k := range philoxKnown {
			block := int(k.counter[0])
			seed := uint64(k.key[0]) | uint64(k.key[1])<<32
			step := uint64(k.counter[2]) | uint64(k.counter[3])<<32
			u := make([]float64, 128)
			callFill(isa, kernels.RandUniform, u, block/32*128, seed, k.counter[1], step)
			for j, want := range k.want {
				if got := uint32(u[32*j+block%32] * 0x1p32); got != want {
					t.Errorf("isa %d, counter %x: word %d = %08x, want %08x", isa, k.counter, j, got, want)
				}
			}
		}
	}
}

func testFill[T float](t *testing.T, op kernels.Op, dt kernels.DType, tol float64) {
	const seed, stream, step = 0x123456789abcdef, 77, 1<<33 + 5
	want := make([]float64, 20000)
	if op == kernels.RandNormal {
		kernels.FillNormal(want, dt, seed, stream, step)
	} else {
		kernels.FillUniform(want, dt, seed, stream, step)
	}
	base := make([]T, len(want))
	callFill(0, op, base, 0, seed, stream, step)
	for i := range want {
		if d := math.Abs(float64(base[i]) - want[i]); !(d <= tol) {
			t.Fatalf("%v %v: element %d = %g, want %g (off by %g)", op, dt, i, base[i], want[i], d)
		}
	}
	for _, isa := range isaNumbers() {
		for _, span := range [][2]int{{0, len(want)}, {0, 1}, {127, 2}, {5, 500}, {128, 128}, {300, 0}} {
			first, n := span[0], span[1]
			got := make([]T, n+1)
			callFill(isa, op, got[:n], first, seed, stream, step)
			for i := range n {
				if got[i] != base[first+i] {
					t.Fatalf("isa %d, %v %v [%d,+%d): element %d = %g, base %g", isa, op, dt, first, n, i, got[i], base[first+i])
				}
			}
			if got[n] != 0 {
				t.Fatalf("isa %d, %v %v [%d,+%d): wrote past the end", isa, op, dt, first, n)
			}
		}
	}
}

// TestFillsFollowDefinition: uniforms to the rounding of the type; normals to a few
// roundings of values up to 6.7 (float32: r below 5.9).
func TestFillsFollowDefinition(t *testing.T) {
	testFill[float32](t, kernels.RandUniform, kernels.F32, 0x1p-25)
	testFill[float64](t, kernels.RandUniform, kernels.F64, 0)
	testFill[float32](t, kernels.RandNormal, kernels.F32, 2e-6)
	testFill[float64](t, kernels.RandNormal, kernels.F64, 4e-15)
}

// extremes are elements of stream 1 under seed 9 whose words begin with 24 ones or zeros.
// Rounded to float32, (2^24 - 1/2) 2^-24 would be 1. The last four are first words of their
// pair, so that the radius of a normal is near 0 or as large as it gets.
var extremes = []int{5345841, 78673016, 114628291, 19959350, 41188856, 113010961, 144817035, 154782729, 145053470}

func TestUniformsNextToTheEnds(t *testing.T) {
	for _, isa := range isaNumbers() {
		for _, i := range extremes {
			u, normal, wide := []float32{0}, []float32{0}, []float64{0}
			callFill(isa, kernels.RandUniform, u, i, 9, 1, 0)
			word := kernels.Word(9, 1, 0, i)
			if want := (float64(word>>8) + 0.5) * 0x1p-24; !(u[0] > 0 && u[0] < 1) || math.Abs(float64(u[0])-want) > 0x1p-25 {
				t.Errorf("isa %d: uniform %d = %g, want %g strictly inside (0,1)", isa, i, u[0], want)
			}
			// The float32 normal keeps the 2^-25 that its uniform cannot.
			callFill(isa, kernels.RandNormal, normal, i, 9, 1, 0)
			callFill(isa, kernels.RandNormal, wide, i, 9, 1, 0)
			want := normalFromDefinition(i)
			if d := math.Abs(float64(normal[0]) - want); !(d <= 2e-6) {
				t.Errorf("isa %d: normal %d = %g, want %g", isa, i, normal[0], want)
			}
			if math.IsInf(wide[0], 0) || wide[0] != wide[0] {
				t.Errorf("isa %d: float64 normal %d = %g", isa, i, wide[0])
			}
		}
	}
}

// normalFromDefinition evaluates element i (word 0, 1, 2 or 3 of its counter) in float64.
func normalFromDefinition(i int) float64 {
	first := i - i%64 + i%32
	u := func(k int) float64 { return (float64(kernels.Word(9, 1, 0, k)>>8) + 0.5) * 0x1p-24 }
	sin, cos := math.Sincos(2 * math.Pi * u(first+32))
	if i%64 < 32 {
		return math.Sqrt(-2*math.Log(u(first))) * cos
	}
	return math.Sqrt(-2*math.Log(u(first))) * sin
}

// TestNormalMoments: z-scores of the first four moments and of the correlation of
// neighbours within a pair, 2^21 draws; |z| < 5 fails once in a million runs, and the
// stream is fixed.
func TestNormalMoments(t *testing.T) {
	isa := isaNumbers()[len(isaNumbers())-1]
	x := make([]float32, 1<<21)
	callFill(isa, kernels.RandNormal, x, 0, 2024, 3, 0)
	var m [5]float64
	var pair float64
	for i, v := range x {
		p := 1.0
		for k := range m {
			m[k] += p
			p *= float64(v)
		}
		if i%64 < 32 {
			pair += float64(v) * float64(x[i+32])
		}
	}
	n := m[0]
	// Means 0, 1, 0, 3 and variances 1, 2, 15, 96 of x, x², x³, x⁴.
	for k, want := range []struct{ mean, variance float64 }{{0, 1}, {1, 2}, {0, 15}, {3, 96}} {
		if z := (m[k+1]/n - want.mean) / math.Sqrt(want.variance/n); math.Abs(z) > 5 {
			t.Errorf("moment %d of normals: %g, z = %.1f", k+1, m[k+1]/n, z)
		}
	}
	if z := pair / math.Sqrt(n/2); math.Abs(z) > 5 {
		t.Errorf("the two normals of a pair correlate: z = %.1f", z)
	}
}
