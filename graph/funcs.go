package graph

import "elbo/kernels"

// Elementwise functions. Operands broadcast as in NumPy and have the graph's float type.

// Neg returns −x.
func Neg(x *Node) *Node { return elem(kernels.Neg, noImm, x) }

// Abs returns the absolute value of x.
func Abs(x *Node) *Node { return elem(kernels.Abs, noImm, x) }

// Sign returns −1, 0 or 1 by the sign of x; it has no gradient.
func Sign(x *Node) *Node { return elem(kernels.Sign, noImm, x) }

// Floor returns the largest integer not above x; it has no gradient.
func Floor(x *Node) *Node { return elem(kernels.Floor, noImm, x) }

// Recip returns 1/x.
func Recip(x *Node) *Node { return elem(kernels.Recip, noImm, x) }

// Square returns x².
func Square(x *Node) *Node { return elem(kernels.Square, noImm, x) }

// Sqrt returns √x.
func Sqrt(x *Node) *Node { return elem(kernels.Sqrt, noImm, x) }

// Rsqrt returns 1/√x.
func Rsqrt(x *Node) *Node { return elem(kernels.Rsqrt, noImm, x) }

// Exp returns eˣ.
func Exp(x *Node) *Node { return elem(kernels.Exp, noImm, x) }

// Expm1 returns eˣ − 1, accurate near 0.
func Expm1(x *Node) *Node { return elem(kernels.Expm1, noImm, x) }

// Log returns the natural logarithm of x.
func Log(x *Node) *Node { return elem(kernels.Log, noImm, x) }

// Log1p returns log(1+x), accurate near 0.
func Log1p(x *Node) *Node { return elem(kernels.Log1p, noImm, x) }

// Sigmoid returns 1/(1+e⁻ˣ).
func Sigmoid(x *Node) *Node { return elem(kernels.Sigmoid, noImm, x) }

// LogSigmoid returns log(1/(1+e⁻ˣ)) without overflow.
func LogSigmoid(x *Node) *Node { return elem(kernels.LogSigmoid, noImm, x) }

// Softplus returns log(1+eˣ) without overflow.
func Softplus(x *Node) *Node { return elem(kernels.Softplus, noImm, x) }

// Tanh returns the hyperbolic tangent of x.
func Tanh(x *Node) *Node { return elem(kernels.Tanh, noImm, x) }

// Sin returns the sine of x radians.
func Sin(x *Node) *Node { return elem(kernels.Sin, noImm, x) }

// Cos returns the cosine of x radians.
func Cos(x *Node) *Node { return elem(kernels.Cos, noImm, x) }

// Atan returns the arc tangent of x, in radians.
func Atan(x *Node) *Node { return elem(kernels.Atan, noImm, x) }

// Erf returns the error function of x.
func Erf(x *Node) *Node { return elem(kernels.Erf, noImm, x) }

// Erfc returns 1 − Erf(x), accurate for large x.
func Erfc(x *Node) *Node { return elem(kernels.Erfc, noImm, x) }

// NormCDF returns Φ(x), the standard normal distribution function.
func NormCDF(x *Node) *Node { return elem(kernels.NormCDF, noImm, x) }

// LogNormCDF returns log Φ(x), accurate far in the lower tail.
func LogNormCDF(x *Node) *Node { return elem(kernels.LogNormCDF, noImm, x) }

// NormInv returns Φ⁻¹(x) for x in (0,1).
func NormInv(x *Node) *Node { return elem(kernels.NormInv, noImm, x) }

// Lgamma returns log Γ(x) for x > 0.
func Lgamma(x *Node) *Node { return elem(kernels.Lgamma, noImm, x) }

// Digamma returns ψ(x), the derivative of Lgamma.
func Digamma(x *Node) *Node { return elem(kernels.Digamma, noImm, x) }

// Trigamma returns ψ′(x), the derivative of Digamma.
func Trigamma(x *Node) *Node { return elem(kernels.Trigamma, noImm, x) }

// Tetragamma returns ψ″(x), the derivative of Trigamma; it cannot be differentiated again.
func Tetragamma(x *Node) *Node { return elem(kernels.Tetragamma, noImm, x) }

// IsFinite returns 1 where x is finite, else 0.
func IsFinite(x *Node) *Node { return elem(kernels.IsFinite, noImm, x) }

// Add returns a + b.
func Add(a, b *Node) *Node { return elem(kernels.Add, noImm, a, b) }

// Sub returns a − b.
func Sub(a, b *Node) *Node { return elem(kernels.Sub, noImm, a, b) }

// Mul returns a b.
func Mul(a, b *Node) *Node { return elem(kernels.Mul, noImm, a, b) }

// Div returns a / b.
func Div(a, b *Node) *Node { return elem(kernels.Div, noImm, a, b) }

// Max returns the larger of a and b; NaN wins, and a tie gives its gradient to a.
func Max(a, b *Node) *Node { return elem(kernels.Max, noImm, a, b) }

// Min returns the smaller of a and b; NaN wins, and a tie gives its gradient to b.
func Min(a, b *Node) *Node { return elem(kernels.Min, noImm, a, b) }

// Pow returns a^b for a > 0.
func Pow(a, b *Node) *Node { return elem(kernels.Pow, noImm, a, b) }

// Lt returns 1 where a < b, else 0.
func Lt(a, b *Node) *Node { return elem(kernels.Lt, noImm, a, b) }

// Le returns 1 where a ≤ b, else 0.
func Le(a, b *Node) *Node { return elem(kernels.Le, noImm, a, b) }

// Gt returns 1 where a > b, else 0.
func Gt(a, b *Node) *Node { return elem(kernels.Gt, noImm, a, b) }

// Ge returns 1 where a ≥ b, else 0.
func Ge(a, b *Node) *Node { return elem(kernels.Ge, noImm, a, b) }

// Eq returns 1 where a = b, else 0.
func Eq(a, b *Node) *Node { return elem(kernels.Eq, noImm, a, b) }

// Ne returns 1 where a ≠ b, else 0.
func Ne(a, b *Node) *Node { return elem(kernels.Ne, noImm, a, b) }

// GammaGrad returns da: how a Gamma(a, 1) draw x moves with its shape at a fixed quantile. It
// cannot be differentiated again; use it on stopped gradients.
func GammaGrad(a, x *Node) *Node { return elem(kernels.GammaGrad, noImm, a, x) }

// Where returns a where c ≠ 0, else b.
func Where(c, a, b *Node) *Node { return elem(kernels.Where, noImm, c, a, b) }

// FMA returns a b + c with one rounding.
func FMA(a, b, c *Node) *Node { return elem(kernels.FMA, noImm, a, b, c) }

// Affine returns a x + b for constants a and b, with one rounding.
func Affine(x *Node, a, b float64) *Node { return elem(kernels.Affine, [2]float64{a, b}, x) }

// AddC returns x + c for a constant c.
func AddC(x *Node, c float64) *Node { return Affine(x, 1, c) }

// MulC returns c x for a constant c.
func MulC(x *Node, c float64) *Node { return Affine(x, c, 0) }

// PowC returns x^p for a constant p.
func PowC(x *Node, p float64) *Node { return elem(kernels.PowImm, [2]float64{p}, x) }

// Clamp returns x limited to [lo, hi]; NaN stays NaN, and no gradient flows outside.
func Clamp(x *Node, lo, hi float64) *Node {
	if !(lo <= hi) {
		fail("Clamp", []kernels.Shape{ShapeOf(x)}, "bounds [%g, %g] are empty", lo, hi)
	}
	return elem(kernels.Clamp, [2]float64{lo, hi}, x)
}

// LogAddExp returns log(eᵃ + eᵇ) without overflow, −∞ where both are −∞.
func LogAddExp(a, b *Node) *Node {
	// At a tie Max sends its gradient to a and Min to b, which makes the parts add up to ½, ½.
	hi, lo := Max(a, b), Min(a, b)
	gap := Where(IsFinite(hi), Sub(lo, hi), GraphOf(a).Const(0))
	return Add(hi, Softplus(gap))
}

func elem(op kernels.Op, imm [2]float64, args ...*Node) *Node {
	for i, a := range args {
		if a == nil {
			fail(op.String(), nil, "operand %d is nil", i)
		}
	}
	return GraphOf(args[0]).Elem(op, imm, args...)
}
