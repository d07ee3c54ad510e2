package array

import "fmt"

// Scale says how stored values become float32.
type Scale uint8

// The rules.
const (
	ScaleAuto Scale = iota // uint8 is divided by 255, everything else is left alone
	ScaleNone              // values as they are
	ScaleUnit              // values divided by 255
)

var scaleNames = []string{"auto", "none", "unit"}

// String returns the name of the rule.
func (s Scale) String() string {
	if int(s) < len(scaleNames) {
		return scaleNames[s]
	}
	return fmt.Sprintf("Scale(%d)", uint8(s))
}

// ParseScale returns the rule of a name: auto, none or unit.
func ParseScale(name string) (Scale, error) {
	i, err := choose("scale", name, scaleNames)
	return Scale(i), err
}

// Divisor returns what the rule divides values of the array by: 255 or 1.
func (a *Array) Divisor(s Scale) float32 {
	if s == ScaleUnit || s == ScaleAuto && a.DType == Uint8 {
		return 255
	}
	return 1
}

// convert turns len(dst) stored values into float32 and divides them. Types other than uint8 divide after rounding to
// float32.
func (a *Array) convert(dst []float32, src []byte, divisor float32) {
	if a.DType == Uint8 {
		scaleBytes(dst, src, divisor)
		return
	}
	decode(a.DType, dst, src)
	if divisor != 1 {
		for i := range dst {
			dst[i] /= divisor
		}
	}
}

// scaleBytes writes src/divisor, correctly rounded, for a divisor of 1 or 255. With r = 1/divisor split into hi = fl(r)
// and lo = fl(r-hi), fma(x, hi, x·lo) rounds to the quotient for all 256 bytes, which a test confirms: the vector unit
// multiplies in place of dividing, and every machine gets the same bits.
func scaleBytes(dst []float32, src []byte, divisor float32) {
	src = src[:len(dst)]
	n := scaleVector(dst, src, divisor)
	table := &wholeBytes
	if divisor != 1 {
		table = &unitBytes
	}
	for i, x := range src[n:] {
		dst[n+i] = table[x]
	}
}

// Tables of x and x/255.
var wholeBytes, unitBytes = byteTable(1), byteTable(255)

func byteTable(divisor float32) (t [256]float32) {
	for x := range t {
		t[x] = float32(x) / divisor
	}
	return t
}
