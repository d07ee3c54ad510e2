package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// checkNumbers reads n random decimal spellings by both parsers; strconv is correctly rounded by its own tests.
func checkNumbers(t *testing.T, n int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		s := randomDecimal(r)
		want, err := strconv.ParseFloat(s, 64)
		if err != nil && !math.IsInf(want, 0) {
			t.Fatalf("the test spells %q, which is no number", s)
		}
		if got, ok := parseNumber([]byte(s)); !ok || math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("parseNumber(%q) = %v, %v, want %v", s, got, ok, want)
		}
		b := append([]byte(s), ",         "...)
		if got, next := fastNumber(b, 0, ','); next >= 0 {
			if next != len(s) || math.Float64bits(got) != math.Float64bits(want) {
				t.Fatalf("fastNumber(%q) = %v ending at %d, want %v at %d", s, got, next, want, len(s))
			}
		}
	}
}

// randomDecimal spells a random number in one of the usual ways.
func randomDecimal(r *rand.Rand) string {
	digits := func(most int) string {
		s := ""
		for range 1 + r.IntN(most) {
			s += strconv.Itoa(r.IntN(10))
		}
		return s
	}
	sign := []string{"", "", "-", "+"}[r.IntN(4)]
	switch r.IntN(5) {
	case 0:
		return sign + digits(25)
	case 1:
		return sign + digits(9) + "." + digits(9)
	case 2:
		return sign + "." + digits(20)
	case 3:
		return sign + digits(4) + "." + digits(17) + "e" + strconv.Itoa(r.IntN(700)-350)
	}
	return fmt.Sprint(math.Float64frombits(r.Uint64() &^ (1 << 62))) // finite, shortest form
}
