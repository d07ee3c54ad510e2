package kernels

import (
	"math"
	"testing"
)

func TestFloatsRoundTrip(t *testing.T) {
	x := []float64{0, -1.5, math.Inf(1), 1e300, 7}
	for _, tc := range []struct {
		dt   DType
		want []float64
	}{
		{F64, x}, {F32, []float64{0, -1.5, math.Inf(1), math.Inf(1), 7}},
	} {
		raw, got := make([]byte, 8*len(x)), make([]float64, len(x))
		if n := PutFloats(raw, x, tc.dt); n != len(x)*tc.dt.Size() {
			t.Errorf("%v: %d bytes written", tc.dt, n)
		}
		GetFloats(got, raw, tc.dt)
		for i := range got {
			if got[i] != tc.want[i] {
				t.Errorf("%v: %v came back as %v", tc.dt, x[i], got[i])
			}
		}
	}
	raw, got := make([]byte, 8), make([]float64, 2)
	PutFloats(raw, []float64{-3, 1 << 30}, I32)
	if GetFloats(got, raw, I32); got[0] != -3 || got[1] != 1<<30 {
		t.Errorf("int32 came back as %v", got)
	}
}

// bfloat16 from and to both float types, and the names and sizes of what can only be stored.
func TestStoredTypes(t *testing.T) {
	raw := make([]byte, 6)
	if n := PutFloats(raw, []float32{1, -2.5, 3e-40}, BF16); n != 6 {
		t.Errorf("3 bfloat16 took %d bytes", n)
	}
	if want := [6]byte{0x80, 0x3f, 0x20, 0xc0, 0x03, 0x00}; [6]byte(raw) != want {
		t.Errorf("encoded as %x, want %x", raw, want)
	}
	wide, narrow := make([]float64, 3), make([]float32, 3)
	GetFloats(wide, raw, BF16)
	GetFloats(narrow, raw, BF16)
	for i, want := range []float64{1, -2.5, math.Ldexp(3, -133)} {
		if wide[i] != want || float64(narrow[i]) != want {
			t.Errorf("element %d came back as %v and %v, want %v", i, wide[i], narrow[i], want)
		}
	}
	for _, tc := range []struct {
		dt     DType
		name   string
		size   int
		stored bool
	}{
		{F32, "float32", 4, false}, {F64, "float64", 8, false}, {I32, "int32", 4, false},
		{U8, "uint8", 1, true}, {BF16, "bfloat16", 2, true},
	} {
		if tc.dt.String() != tc.name || tc.dt.Size() != tc.size || tc.dt.Stored() != tc.stored {
			t.Errorf("%v: %d bytes, stored only %v; want %+v", tc.dt, tc.dt.Size(), tc.dt.Stored(), tc)
		}
	}
}
