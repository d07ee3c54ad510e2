package kernels

import (
	"math"
	"testing"
)

// Known answers of Philox4x32-10 from the Random123 distribution (kat_vectors).
func TestPhiloxKnownAnswers(t *testing.T) {
	tests := []struct {
		key       [2]uint32
		ctr, want [4]uint32
	}{
		{[2]uint32{}, [4]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{
			[2]uint32{0xffffffff, 0xffffffff}, [4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		},
		{
			[2]uint32{0xa4093822, 0x299f31d0}, [4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
		},
	}
	for _, tc := range tests {
		if got := Philox(tc.key, tc.ctr); got != tc.want {
			t.Errorf("Philox(%x, %x) = %x, want %x", tc.key, tc.ctr, got, tc.want)
		}
	}
}

// Element 128g + 32j + lane is word j of counter 32g + lane.
func TestWordLayout(t *testing.T) {
	const seed, stream, step = 1<<40 + 3, 17, 1<<35 + 9
	for g := range 3 {
		for lane := range 32 {
			w := Philox(Key(seed), Counter(stream, step, uint32(32*g+lane)))
			for j := range 4 {
				if got := Word(seed, stream, step, 128*g+32*j+lane); got != w[j] {
					t.Fatalf("element %d is %x, want word %d of counter %d", 128*g+32*j+lane, got, j, 32*g+lane)
				}
			}
		}
	}
}

// Every word gives a uniform strictly inside (0, 1); the ends are the rounding traps.
func TestUniformOpen(t *testing.T) {
	for _, w := range []uint32{0, 1, 255, 256, 1 << 31, math.MaxUint32 - 255, math.MaxUint32 - 256, math.MaxUint32} {
		for _, dt := range []DType{F32, F64} {
			if u := unit(w, dt); !(u > 0 && u < 1) {
				t.Errorf("unit(%x, %v) = %v", w, dt, u)
			}
		}
	}
	// One word in 2²⁴ would round to 1 in float32, and a quantile function would make it +Inf.
	if u := float64(float32(unit(math.MaxUint32, F32))); u != 1 {
		t.Errorf("the rounding trap is gone: %v", u)
	}
	if u := uniform(math.MaxUint32, F32); u != 1-1./(1<<24) {
		t.Errorf("uniform of the largest word in float32 is %v", u)
	}
}

// Both fills follow Word: Box–Muller pairs are words (0,1) and (2,3) of one counter.
func TestFillsFollowWords(t *testing.T) {
	const n, seed, stream, step = 300, 5, 6, 7
	for _, dt := range []DType{F32, F64} {
		u, z := make([]float64, n), make([]float64, n)
		FillUniform(u, dt, seed, stream, step)
		FillNormal(z, dt, seed, stream, step)
		for i := range n {
			if want := uniform(Word(seed, stream, step, i), dt); u[i] != want {
				t.Fatalf("uniform %d is %v, want %v", i, u[i], want)
			}
			pair := i &^ 32
			r := math.Sqrt(-2 * math.Log(unit(Word(seed, stream, step, pair), dt)))
			angle := 2 * math.Pi * unit(Word(seed, stream, step, pair+32), dt)
			want := r * math.Cos(angle)
			if i&32 != 0 {
				want = r * math.Sin(angle)
			}
			if math.Abs(z[i]-want) > 1e-15*(1+r) {
				t.Fatalf("normal %d is %v, want %v", i, z[i], want)
			}
		}
	}
}

// FNV-1a, 32 bits: published values of the empty string, "a" and "foobar".
func TestStreamID(t *testing.T) {
	for site, want := range map[string]uint32{"": 0x811c9dc5, "a": 0xe40c292c, "foobar": 0xbf9cf968} {
		if got := StreamID(site); got != want {
			t.Errorf("StreamID(%q) = %x, want %x", site, got, want)
		}
	}
}
