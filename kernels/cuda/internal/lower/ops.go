package lower

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"elbo/kernels"
)

// opText is the C expression of each elementwise op: A, B, C stand for the operands, P, Q for
// the immediates, and # for the suffix of the type ("f" or "d" for functions).
var opText = map[kernels.Op]string{
	kernels.Neg: "-A", kernels.Abs: "real_abs(A)", kernels.Sign: "FN(elbo_sign)(A)", kernels.Floor: "real_floor(A)",
	kernels.Recip: "(real)1 / A", kernels.Square: "A * A", kernels.Sqrt: "real_sqrt(A)",
	kernels.Rsqrt: "(real)1 / real_sqrt(A)", kernels.Exp: "FN(elbo_exp)(A)", kernels.Expm1: "FN(elbo_expm1)(A)",
	kernels.Log: "FN(elbo_log)(A)", kernels.Log1p: "FN(elbo_log1p)(A)", kernels.Sigmoid: "FN(elbo_sigmoid)(A)",
	kernels.LogSigmoid: "FN(elbo_logsigmoid)(A)", kernels.Softplus: "FN(elbo_softplus)(A)",
	kernels.Tanh: "FN(elbo_tanh)(A)", kernels.Sin: "FN(elbo_sin)(A)", kernels.Cos: "FN(elbo_cos)(A)",
	kernels.Atan: "FN(elbo_atan)(A)", kernels.Erf: "FN(elbo_erf)(A)", kernels.Erfc: "FN(elbo_erfc)(A)",
	kernels.NormCDF: "FN(elbo_normcdf)(A)", kernels.LogNormCDF: "FN(elbo_lognormcdf)(A)",
	kernels.NormInv: "FN(elbo_norminv)(A)", kernels.Lgamma: "FN(elbo_lgamma)(A)",
	kernels.Digamma: "FN(elbo_digamma)(A)", kernels.Trigamma: "FN(elbo_trigamma)(A)",
	kernels.Tetragamma: "FN(elbo_tetragamma)(A)", kernels.IsFinite: "FN(elbo_isfinite)(A)",
	kernels.Affine: "real_fma(P, A, Q)", kernels.Clamp: "FN(elbo_clamp)(A, P, Q)", kernels.PowImm: "FN(elbo_pow)(A, P)",
	kernels.Add: "A + B", kernels.Sub: "A - B", kernels.Mul: "A * B", kernels.Div: "A / B",
	kernels.Max: "FN(elbo_max)(A, B)", kernels.Min: "FN(elbo_min)(A, B)", kernels.Pow: "FN(elbo_pow)(A, B)",
	kernels.Lt: "A < B ? (real)1 : (real)0", kernels.Le: "A <= B ? (real)1 : (real)0",
	kernels.Gt: "A > B ? (real)1 : (real)0", kernels.Ge: "A >= B ? (real)1 : (real)0",
	kernels.Eq: "A == B ? (real)1 : (real)0", kernels.Ne: "A != B ? (real)1 : (real)0",
	kernels.GammaGrad: "FN(elbo_gammagrad)(A, B)", kernels.Axpy: "real_fma(P, A, B)",
	kernels.Where: "A != (real)0 ? B : C", kernels.FMA: "real_fma(A, B, C)",
}

// expression returns the C text of one op on operands named by C expressions.
func expression(op *kernels.FusedOp, args [3]string, dt kernels.DType) string {
	return strings.NewReplacer("FN(", "FN(", "A", args[0], "B", args[1], "C", args[2],
		"P", literal(op.Imm0, dt), "Q", literal(op.Imm1, dt)).Replace(opText[op.Op])
}

// literal returns a number of the program's type as C text that reads back to the same bits.
func literal(x float64, dt kernels.DType) string {
	suffix, nan, inf := "", "ELBO_NAN", "ELBO_INF"
	if dt == kernels.F32 {
		x, suffix, nan, inf = float64(float32(x)), "f", "ELBO_NANF", "ELBO_INFF"
	}
	switch {
	case math.IsNaN(x):
		return nan
	case math.IsInf(x, 1):
		return inf
	case math.IsInf(x, -1):
		return "(-" + inf + ")"
	}
	return fmt.Sprintf("(%s%s)", strconv.FormatFloat(x, 'x', -1, 64), suffix)
}
