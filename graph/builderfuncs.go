package graph

import "elbo/kernels"

// Functions over any Builder, for gradient rules and optimiser updates. Their names are
// those of the functions on nodes with a B behind.

// noImm is the immediates of ops that use none.
var noImm [2]float64

// UnaryB applies an elementwise op without immediates to one operand.
func UnaryB[V any](b Builder[V], op kernels.Op, x V) V { return b.Elem(op, noImm, x) }

// BinaryB applies an elementwise op without immediates to two operands.
func BinaryB[V any](b Builder[V], op kernels.Op, x, y V) V { return b.Elem(op, noImm, x, y) }

// AddB returns x + y.
func AddB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Add, x, y) }

// SubB returns x − y.
func SubB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Sub, x, y) }

// MulB returns x y.
func MulB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Mul, x, y) }

// DivB returns x / y.
func DivB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Div, x, y) }

// MaxB returns the larger of x and y; NaN wins.
func MaxB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Max, x, y) }

// MinB returns the smaller of x and y; NaN wins.
func MinB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Min, x, y) }

// PowB returns x^y.
func PowB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Pow, x, y) }

// LtB returns 1 where x < y, else 0.
func LtB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Lt, x, y) }

// GtB returns 1 where x > y, else 0.
func GtB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Gt, x, y) }

// GeB returns 1 where x ≥ y, else 0.
func GeB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Ge, x, y) }

// EqB returns 1 where x = y, else 0.
func EqB[V any](b Builder[V], x, y V) V { return BinaryB(b, kernels.Eq, x, y) }

// NegB returns −x.
func NegB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Neg, x) }

// AbsB returns |x|.
func AbsB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Abs, x) }

// SignB returns −1, 0 or 1.
func SignB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Sign, x) }

// RecipB returns 1/x.
func RecipB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Recip, x) }

// SquareB returns x².
func SquareB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Square, x) }

// SqrtB returns √x.
func SqrtB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Sqrt, x) }

// RsqrtB returns 1/√x.
func RsqrtB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Rsqrt, x) }

// ExpB returns eˣ.
func ExpB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Exp, x) }

// LogB returns the natural logarithm of x.
func LogB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Log, x) }

// CosB returns the cosine of x radians.
func CosB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.Cos, x) }

// IsFiniteB returns 1 where x is finite, else 0.
func IsFiniteB[V any](b Builder[V], x V) V { return UnaryB(b, kernels.IsFinite, x) }

// AffineB returns s x + t with one rounding.
func AffineB[V any](b Builder[V], x V, s, t float64) V {
	return b.Elem(kernels.Affine, [2]float64{s, t}, x)
}

// MulCB returns s x for a constant s.
func MulCB[V any](b Builder[V], x V, s float64) V { return AffineB(b, x, s, 0) }

// AddCB returns x + t for a constant t.
func AddCB[V any](b Builder[V], x V, t float64) V { return AffineB(b, x, 1, t) }

// AxpyB returns s x + y for a constant s, with one rounding.
func AxpyB[V any](b Builder[V], s float64, x, y V) V {
	return b.Elem(kernels.Axpy, [2]float64{s}, x, y)
}

// PowCB returns x^p for a constant p.
func PowCB[V any](b Builder[V], x V, p float64) V {
	return b.Elem(kernels.PowImm, [2]float64{p}, x)
}

// ClampB returns x limited to [lo, hi]; NaN stays NaN.
func ClampB[V any](b Builder[V], x V, lo, hi float64) V {
	return b.Elem(kernels.Clamp, [2]float64{lo, hi}, x)
}

// WhereB returns y where c ≠ 0, else z.
func WhereB[V any](b Builder[V], c, y, z V) V { return b.Elem(kernels.Where, noImm, c, y, z) }

// FMAB returns x y + z with one rounding.
func FMAB[V any](b Builder[V], x, y, z V) V { return b.Elem(kernels.FMA, noImm, x, y, z) }
