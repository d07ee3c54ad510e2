package data

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// pow10 holds the powers of ten that float64 represents exactly.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// pow10Int holds the powers of ten up to 10⁸ as integers.
var pow10Int = [...]uint64{1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000}

const (
	ones       = 0x0101010101010101
	highs      = 0x8080808080808080
	zeroDigits = 0x3030303030303030
	maxExact   = 1 << 53 // whole numbers up to here are float64 values
)

// fastNumber reads -?D{0,8}(.D{0,8})? with at least one digit, ending at the byte want, and returns the index of
// that byte. It returns next = -1 for anything else, the general parser's business. Eight bytes are classified and
// converted at once, so a field costs no loop: mispredicted loop exits are what short numbers cost most.
// The value is correctly rounded: mantissa and power of ten are exact, so one division rounds once (Clinger 1990).
// b must extend at least 8 bytes past every position reached.
func fastNumber(b []byte, i int, want byte) (v float64, next int) {
	negative := b[i] == '-'
	if negative {
		i++
	}
	mant, n := eightDigits(binary.LittleEndian.Uint64(b[i:]))
	i += n
	if b[i] == want && n > 0 {
		v = float64(mant)
		if negative {
			v = -v
		}
		return v, i
	}
	if b[i] != '.' {
		return 0, -1
	}
	frac, k := eightDigits(binary.LittleEndian.Uint64(b[i+1:]))
	i += k + 1
	mant = mant*pow10Int[k] + frac
	if b[i] != want || n+k == 0 || mant > maxExact {
		return 0, -1
	}
	v = float64(mant) / pow10[k]
	if negative {
		v = -v
	}
	return v, i
}

// eightDigits converts the run of decimal digits at the low end of the eight bytes w; n is its length, 0 to 8.
func eightDigits(w uint64) (value uint64, n int) {
	t := w ^ zeroDigits                                 // digits become 0..9
	nonDigits := ((t + 0x7676767676767676) | t) & highs // lowest set bit: first byte above 9
	n = bits.TrailingZeros64(nonDigits) >> 3            // 8 when all are digits
	t <<= uint(8-n) * 8                                 // leading zeros in place of what follows; n = 0 clears all
	t = t*10 + t>>8                                     // pairs in bytes 0, 2, 4, 6
	const even = 0x000000ff000000ff
	lo := (t & even) * (100 + 1000000<<32)
	hi := ((t >> 16) & even) * (1 + 10000<<32)
	return (lo + hi) >> 32, n
}

// parseNumber reads a decimal number without surrounding blanks: sign, digits, point, exponent; inf, infinity and
// nan in any case. Overflow gives ±Inf and underflow zero, as the nearest float64. It accepts no hexadecimal and no
// underscores, which strconv would.
func parseNumber(s []byte) (v float64, ok bool) {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	negative := i == 1 && s[0] == '-'
	if i == len(s) {
		return 0, false
	}
	if c := s[i] | 0x20; c == 'i' || c == 'n' {
		return namedNumber(s[i:], negative)
	}

	// Digits and point: the first 19 significant digits fit the mantissa.
	var mant uint64
	digits, significant, exp10, point := 0, 0, 0, false
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		digits++
		if point {
			exp10--
		}
		if significant > 0 || c != '0' {
			significant++
			mant = mant*10 + uint64(c-'0') // wraps beyond 19 digits, where it is not used
		}
	}
	if digits == 0 {
		return 0, false
	}
	if i < len(s) {
		e, good := parseExponent(s[i:])
		if !good {
			return 0, false
		}
		exp10 += e
	}

	// Exact mantissa and exact power of ten: one correctly rounded operation.
	if significant <= 19 && mant <= maxExact && exp10 >= -22 && exp10 <= 22 {
		v = float64(mant)
		if exp10 < 0 {
			v /= pow10[-exp10]
		} else {
			v *= pow10[exp10]
		}
		if negative {
			v = -v
		}
		return v, true
	}
	v, err := strconv.ParseFloat(unsafe.String(&s[0], len(s)), 64)
	if err != nil && !math.IsInf(v, 0) {
		return 0, false
	}
	return v, true
}

// parseExponent reads e, a sign and digits to the end of s; the value saturates far outside float64's range.
func parseExponent(s []byte) (e int, ok bool) {
	if s[0]|0x20 != 'e' {
		return 0, false
	}
	s = s[1:]
	negative := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative, s = s[0] == '-', s[1:]
	}
	if len(s) == 0 {
		return 0, false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		e = min(e*10+int(c-'0'), 1<<30)
	}
	if negative {
		e = -e
	}
	return e, true
}

// namedNumber reads inf, infinity and nan, in any case.
func namedNumber(s []byte, negative bool) (float64, bool) {
	sign := 1
	if negative {
		sign = -1
	}
	switch {
	case equalFold(s, "inf"), equalFold(s, "infinity"):
		return math.Inf(sign), true
	case equalFold(s, "nan"):
		return math.NaN(), true
	}
	return 0, false
}

// equalFold compares s with a lower-case ASCII word without regard to case.
func equalFold(s []byte, word string) bool {
	if len(s) != len(word) {
		return false
	}
	for i := range s {
		if s[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}
