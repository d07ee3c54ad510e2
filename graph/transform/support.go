package transform

import (
	"fmt"
	"math"
)

// Kind names a set of values.
type Kind uint8

// The kinds. Discrete kinds come last.
const (
	// Real is the whole line.
	Real Kind = iota
	// Positive is (0, ∞).
	Positive
	// LowerBounded is (Lo, ∞).
	LowerBounded
	// UpperBounded is (−∞, Hi).
	UpperBounded
	// Interval is (Lo, Hi).
	Interval
	// Simplex holds vectors of positive numbers that sum to 1.
	Simplex
	// Ordered holds strictly increasing vectors.
	Ordered
	// CorrCholesky holds lower Cholesky factors of correlation matrices.
	CorrCholesky
	// LowerTri holds lower triangular matrices with positive diagonal.
	LowerTri
	// Binary is {0, 1}.
	Binary
	// NonNegativeInteger is {0, 1, 2, …}.
	NonNegativeInteger
	// IntegerRange is {Lo, Lo+1, …, Hi}; Hi may be +∞ where the bound varies from row to row.
	IntegerRange
)

var kindNames = [...]string{"real", "positive", "lower bounded", "upper bounded", "interval", "simplex", "ordered",
	"correlation Cholesky factor", "lower triangular", "binary", "non-negative integer", "integer range"}

// String returns the kind in words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Support is a set of values. Lo and Hi matter for the bounded kinds only.
type Support struct {
	Kind   Kind
	Lo, Hi float64
}

// String returns the support in words, with its bounds where it has them.
func (s Support) String() string {
	switch s.Kind {
	case LowerBounded:
		return fmt.Sprintf("(%g, ∞)", s.Lo)
	case UpperBounded:
		return fmt.Sprintf("(-∞, %g)", s.Hi)
	case Interval:
		return fmt.Sprintf("(%g, %g)", s.Lo, s.Hi)
	case IntegerRange:
		return fmt.Sprintf("{%g, …, %g}", s.Lo, s.Hi)
	}
	return s.Kind.String()
}

// Discrete reports whether the support is countable.
func (s Support) Discrete() bool { return s.Kind >= Binary }

// EventRank returns the number of trailing axes one value occupies: 0, 1 or 2.
func (s Support) EventRank() int {
	switch s.Kind {
	case Simplex, Ordered:
		return 1
	case CorrCholesky, LowerTri:
		return 2
	}
	return 0
}

// Contains reports whether a number belongs to the support. For vector and matrix kinds it
// tells whether x may be an element of a value. NaN and ±Inf belong to nothing.
func (s Support) Contains(x float64) bool {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return false
	}
	whole := x == math.Floor(x)
	switch s.Kind {
	case Positive:
		return x > 0
	case LowerBounded:
		return x > s.Lo
	case UpperBounded:
		return x < s.Hi
	case Interval:
		return x > s.Lo && x < s.Hi
	case Simplex:
		return x > 0 && x < 1
	case CorrCholesky:
		return x >= -1 && x <= 1
	case Binary:
		return x == 0 || x == 1
	case NonNegativeInteger:
		return whole && x >= 0
	case IntegerRange:
		return whole && x >= s.Lo && x <= s.Hi
	}
	return true
}

// For returns the default transform onto a continuous support. It refuses discrete supports
// and empty or infinite bounds.
func For(s Support) (Transform, error) {
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	switch s.Kind {
	case Real:
		return Identity{}, nil
	case Positive:
		return Exp{}, nil
	case LowerBounded:
		if finite(s.Lo) {
			return Above{Lo: s.Lo}, nil
		}
	case UpperBounded:
		if finite(s.Hi) {
			return Below{Hi: s.Hi}, nil
		}
	case Interval:
		if finite(s.Lo) && finite(s.Hi) && s.Lo < s.Hi {
			return Logistic{Lo: s.Lo, Hi: s.Hi}, nil
		}
	case Simplex:
		return StickBreaking{}, nil
	case Ordered:
		return Ascending{}, nil
	case CorrCholesky:
		return PartialCorr{}, nil
	case LowerTri:
		return Triangular{}, nil
	default:
		return nil, fmt.Errorf("transform: no map from the real line to the discrete support %v; "+
			"sum the site out or give it a guide of its own", s)
	}
	return nil, fmt.Errorf("transform: support %v needs finite bounds with Lo < Hi", s)
}
