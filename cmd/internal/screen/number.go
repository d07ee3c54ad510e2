package screen

import (
	"math"
	"strconv"
	"strings"
)

// Decimals returns how many decimals show a value of spread sd with two digits of the
// spread: 0.0123 → 3 decimals would hide the second digit, so 4. Between 0 and 8.
func Decimals(sd float64) int {
	sd = math.Abs(sd)
	if sd == 0 || math.IsNaN(sd) || math.IsInf(sd, 0) {
		return 3
	}
	return min(max(1-int(math.Floor(math.Log10(sd))), 0), 8)
}

// Fixed prints a number with the given decimals; numbers too large or too small for that are
// printed with an exponent, NaN as "–".
func Fixed(x float64, decimals int) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case math.IsInf(x, 0):
		return strings.Replace(strconv.FormatFloat(x, 'g', -1, 64), "-", "−", 1)
	case math.Abs(x) >= 1e9, x != 0 && math.Abs(x) < 0.5*math.Pow(10, -float64(decimals)) && decimals >= 8:
		return strconv.FormatFloat(x, 'e', 2, 64)
	}
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-") // no negative zero
	}
	return s
}

// Significant prints a number with the given significant digits, without trailing exponent noise.
func Significant(x float64, digits int) string {
	if math.IsNaN(x) {
		return "–"
	}
	return strconv.FormatFloat(x, 'g', digits, 64)
}

// Small prints an error that matters by its size alone: two digits, as 0.0012 or 4.5e-6; "–" where unknown.
func Small(x float64) string {
	if math.IsNaN(x) || x == 0 {
		return "–"
	}
	return strings.Replace(strconv.FormatFloat(x, 'g', 2, 64), "e-0", "e-", 1)
}

// Count prints a whole number with thousands separated: 327,346.
func Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Rate prints a number of things per second: 812, 24.5k, 3.1M.
func Rate(x float64) string {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return "–"
	case x >= 999.5e6:
		return strconv.FormatFloat(x/1e9, 'f', 1, 64) + "G"
	case x >= 999.5e3:
		return strconv.FormatFloat(x/1e6, 'f', 1, 64) + "M"
	case x >= 9995:
		return strconv.FormatFloat(x/1e3, 'f', 1, 64) + "k"
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}

// Bytes prints a size: 512 B, 1.4 MiB.
func Bytes(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	x, u := float64(n), 0
	for x >= 1024 && u < len(units)-1 {
		x /= 1024
		u++
	}
	if u == 0 {
		return strconv.FormatInt(n, 10) + " B"
	}
	return strconv.FormatFloat(x, 'f', 1, 64) + " " + units[u]
}

// Seconds prints a duration given in seconds: 0.8 s, 41 s, 3 min 20 s, 2 h 5 min.
func Seconds(s float64) string {
	switch {
	case math.IsNaN(s) || math.IsInf(s, 0):
		return "–"
	case s < 9.95:
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	case s < 99.5:
		return strconv.FormatFloat(s, 'f', 0, 64) + " s"
	case s < 5970:
		n := int64(math.Round(s))
		return strconv.FormatInt(n/60, 10) + " min " + strconv.FormatInt(n%60, 10) + " s"
	}
	n := int64(math.Round(s / 60))
	return strconv.FormatInt(n/60, 10) + " h " + strconv.FormatInt(n%60, 10) + " min"
}
