package kernels

import (
	"math"
	"sort"
	"testing"
)

// Every bfloat16 widens to the float32 whose upper half it is, and comes back as itself; a NaN
// keeps its sign and may only become a quiet one.
func TestBFloat16RoundTrip(t *testing.T) {
	for i := range 1 << 16 {
		bits := uint16(i)
		f := math.Float32frombits(uint32(bits) << 16)
		x := BFloat16Value(bits)
		if f != f {
			if got := BFloat16(x); x == x || got&0x7f80 != 0x7f80 || got&0x7f == 0 || got>>15 != bits>>15 {
				t.Errorf("NaN %04x is %v and came back as %04x", bits, x, got)
			}
			continue
		}
		if float32(x) != f || math.Signbit(x) != math.Signbit(float64(f)) {
			t.Fatalf("%04x is %v, want %v", bits, x, f)
		}
		if got := BFloat16(x); got != bits {
			t.Fatalf("%04x came back as %04x", bits, got)
		}
	}
}

// Between any two neighbours, subnormal ones too: what lies above the middle goes up, what lies
// below goes down, by however little, and the middle to the even one. Beyond the largest stands
// infinity, as if it were the next number.
func TestBFloat16Rounds(t *testing.T) {
	for i := range 0x7f80 {
		lo, hi := uint16(i), uint16(i+1)
		a, b := BFloat16Value(lo), BFloat16Value(hi)
		if math.IsInf(b, 1) {
			b = math.Ldexp(1, 128)
		}
		even := lo
		if lo&1 == 1 {
			even = hi
		}
		mid := (a + b) / 2
		for _, tc := range []struct {
			x    float64
			want uint16
		}{
			{math.Nextafter(a, b), lo}, {math.Nextafter(mid, a), lo}, {mid, even},
			{math.Nextafter(mid, b), hi}, {math.Nextafter(b, a), hi},
		} {
			if got := BFloat16(tc.x); got != tc.want {
				t.Fatalf("%g between %04x and %04x became %04x, want %04x", tc.x, lo, hi, got, tc.want)
			}
			if got := BFloat16(-tc.x); got != tc.want|0x8000 {
				t.Fatalf("%g became %04x, want %04x", -tc.x, got, tc.want|0x8000)
			}
		}
	}
}

// Numbers of either size at random go to the nearest of all bfloat16, found by search.
func TestBFloat16IsNearest(t *testing.T) {
	values := make([]float64, 0x7f80)
	for i := range values {
		values[i] = BFloat16Value(uint16(i))
	}
	for i := range 20000 {
		w := Philox(Key(11), Counter(1, 0, uint32(i)))
		x := math.Ldexp(1+float64(w[0])/(1<<32), int(w[1]%300)-160)
		at := sort.SearchFloat64s(values, x)
		if at == len(values) {
			continue // above the largest: see TestBFloat16Rounds
		}
		want := at
		if at > 0 && x-values[at-1] < values[at]-x {
			want--
		}
		if got := BFloat16(x); got != uint16(want) {
			t.Fatalf("%g became %g, want %g", x, BFloat16Value(got), values[want])
		}
	}
}

func TestBFloat16Ends(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct {
		name string
		x    float64
		want uint16
	}{
		{"one", 1, 0x3f80}, {"minus zero", math.Copysign(0, -1), 0x8000}, {"infinity", inf, 0x7f80},
		{"largest", math.Ldexp(2-math.Ldexp(1, -7), 127), 0x7f7f}, {"float32's largest", math.MaxFloat32, 0x7f80},
		{"beyond float32", 1e300, 0x7f80}, {"minus beyond float32", -1e300, 0xff80},
		{"smallest", math.Ldexp(1, -133), 1}, {"half of it", math.Ldexp(1, -134), 0},
		{"float64's smallest", math.SmallestNonzeroFloat64, 0}, {"its negative", -math.SmallestNonzeroFloat64, 0x8000},
		// 1 + 2⁻⁸ is a tie; what float32 cannot tell from it is not.
		{"tie", 1 + math.Ldexp(1, -8), 0x3f80}, {"above a tie", 1 + math.Ldexp(1, -8) + math.Ldexp(1, -40), 0x3f81},
		{"odd tie", 1 + 3*math.Ldexp(1, -8), 0x3f82}, {"below", 1 + 3*math.Ldexp(1, -8) - math.Ldexp(1, -40), 0x3f81},
	}
	for _, tc := range tests {
		if got := BFloat16(tc.x); got != tc.want {
			t.Errorf("%s: %g became %04x, want %04x", tc.name, tc.x, got, tc.want)
		}
	}
	// Payloads in what is cut off must not leave an infinity, whichever bits they are in.
	for bit := range 51 {
		x := math.Float64frombits(0x7ff8_0000_0000_0000 | 1<<bit)
		if got := BFloat16(x); got&0x7f80 != 0x7f80 || got&0x7f == 0 {
			t.Errorf("NaN %x became %04x", math.Float64bits(x), got)
		}
	}
	if got := BFloat16(float64(math.Float32frombits(0x7f800001))); got&0x7f == 0 {
		t.Errorf("a NaN of the last bit of float32 became %04x", got)
	}
}
