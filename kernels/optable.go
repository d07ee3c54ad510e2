package kernels

// Domain is the closed interval test inputs of one operand are drawn from.
type Domain struct{ Lo, Hi float64 }

// OpInfo is one row of the op table. Conformance, gradient and benchmark tests walk the
// table, so a row is all an op needs to be tested on every device.
type OpInfo struct {
	Op      Op
	Name    string
	Arity   int // number of tensor operands; -1 means one or more
	Imms    int // immediates used: imm0, imm1
	Domain  []Domain
	Tol32   float64 // allowed |got-want| / max(1,|want|) in float32
	Tol64   float64 // the same in float64
	Flops   int     // flops counted per element, transcendental functions by their polynomial length
	Commute bool    // operands may be swapped
	Smooth  bool    // differentiable on the whole domain: gradient tests may use finite differences
}

var all = Domain{-4, 4}
var positive = Domain{0.05, 8}

var elementwise = []OpInfo{
	{Neg, "neg", 1, 0, []Domain{all}, 0, 0, 1, false, true},
	{Abs, "abs", 1, 0, []Domain{{0.1, 4}}, 0, 0, 1, false, true},
	{Sign, "sign", 1, 0, []Domain{all}, 0, 0, 1, false, false},
	{Floor, "floor", 1, 0, []Domain{all}, 0, 0, 1, false, false},
	{Recip, "recip", 1, 0, []Domain{{0.2, 4}}, 1e-6, 1e-14, 1, false, true},
	{Square, "square", 1, 0, []Domain{all}, 1e-6, 1e-14, 1, false, true},
	{Sqrt, "sqrt", 1, 0, []Domain{positive}, 1e-6, 1e-14, 1, false, true},
	{Rsqrt, "rsqrt", 1, 0, []Domain{positive}, 1e-6, 1e-14, 2, false, true},
	{Exp, "exp", 1, 0, []Domain{all}, 1e-6, 1e-13, 12, false, true},
	{Expm1, "expm1", 1, 0, []Domain{all}, 1e-6, 1e-13, 14, false, true},
	{Log, "log", 1, 0, []Domain{positive}, 1e-6, 1e-13, 12, false, true},
	{Log1p, "log1p", 1, 0, []Domain{{-0.9, 8}}, 1e-6, 1e-13, 14, false, true},
	{Sigmoid, "sigmoid", 1, 0, []Domain{{-30, 30}}, 1e-6, 1e-13, 14, false, true},
	{LogSigmoid, "logsigmoid", 1, 0, []Domain{{-30, 30}}, 2e-6, 1e-13, 24, false, true},
	{Softplus, "softplus", 1, 0, []Domain{{-30, 30}}, 2e-6, 1e-13, 24, false, true},
	{Tanh, "tanh", 1, 0, []Domain{all}, 1e-6, 1e-13, 14, false, true},
	{Sin, "sin", 1, 0, []Domain{{-30, 30}}, 2e-6, 1e-13, 14, false, true},
	{Cos, "cos", 1, 0, []Domain{{-30, 30}}, 2e-6, 1e-13, 14, false, true},
	{Atan, "atan", 1, 0, []Domain{{-30, 30}}, 1e-6, 1e-13, 14, false, true},
	{Erf, "erf", 1, 0, []Domain{all}, 1e-6, 1e-13, 18, false, true},
	{Erfc, "erfc", 1, 0, []Domain{all}, 1e-6, 1e-13, 24, false, true},
	{NormCDF, "normcdf", 1, 0, []Domain{{-6, 6}}, 1e-6, 1e-13, 24, false, true},
	{LogNormCDF, "lognormcdf", 1, 0, []Domain{{-30, 6}}, 2e-6, 1e-12, 40, false, true},
	{NormInv, "norminv", 1, 0, []Domain{{0.001, 0.999}}, 2e-6, 1e-12, 24, false, true},
	{Lgamma, "lgamma", 1, 0, []Domain{{0.05, 40}}, 5e-6, 1e-12, 30, false, true},
	{Digamma, "digamma", 1, 0, []Domain{{0.05, 40}}, 5e-6, 1e-12, 30, false, true},
	{Trigamma, "trigamma", 1, 0, []Domain{{0.05, 40}}, 5e-6, 1e-12, 30, false, true},
	{Tetragamma, "tetragamma", 1, 0, []Domain{{0.05, 40}}, 5e-6, 1e-12, 30, false, false},
	{IsFinite, "isfinite", 1, 0, []Domain{all}, 0, 0, 1, false, false},
	{Affine, "affine", 1, 2, []Domain{all}, 1e-6, 1e-14, 2, false, true},
	{Clamp, "clamp", 1, 2, []Domain{all}, 0, 0, 2, false, false},
	{PowImm, "powimm", 1, 1, []Domain{positive}, 1e-5, 1e-12, 30, false, true},
	{Add, "add", 2, 0, []Domain{all, all}, 1e-6, 1e-14, 1, true, true},
	{Sub, "sub", 2, 0, []Domain{all, all}, 1e-6, 1e-14, 1, false, true},
	{Mul, "mul", 2, 0, []Domain{all, all}, 1e-6, 1e-14, 1, true, true},
	{Div, "div", 2, 0, []Domain{all, {0.2, 4}}, 1e-6, 1e-14, 1, false, true},
	{Max, "max", 2, 0, []Domain{all, all}, 0, 0, 1, true, false},
	{Min, "min", 2, 0, []Domain{all, all}, 0, 0, 1, true, false},
	{Pow, "pow", 2, 0, []Domain{positive, all}, 1e-5, 1e-12, 40, false, true},
	{Lt, "lt", 2, 0, []Domain{all, all}, 0, 0, 1, false, false},
	{Le, "le", 2, 0, []Domain{all, all}, 0, 0, 1, false, false},
	{Gt, "gt", 2, 0, []Domain{all, all}, 0, 0, 1, false, false},
	{Ge, "ge", 2, 0, []Domain{all, all}, 0, 0, 1, false, false},
	{Eq, "eq", 2, 0, []Domain{all, all}, 0, 0, 1, true, false},
	{Ne, "ne", 2, 0, []Domain{all, all}, 0, 0, 1, true, false},
	{GammaGrad, "gammagrad", 2, 0, []Domain{{0.3, 20}, {0.3, 20}}, 1e-3, 1e-5, 200, false, false},
	{Axpy, "axpy", 2, 1, []Domain{all, all}, 1e-6, 1e-14, 2, false, true},
	{Where, "where", 3, 0, []Domain{{-1, 1}, all, all}, 0, 0, 1, false, false},
	{FMA, "fma", 3, 0, []Domain{all, all, all}, 1e-6, 1e-14, 2, false, true},
}

var structural = []OpInfo{
	{Op: Copy, Name: "copy", Arity: 1}, {Op: View, Name: "view", Arity: 1},
	{Op: Transpose, Name: "transpose", Arity: 1}, {Op: Slice, Name: "slice", Arity: 1},
	{Op: Pad, Name: "pad", Arity: 1}, {Op: Concat, Name: "concat", Arity: -1},
	{Op: SumReduce, Name: "sum", Arity: 1, Tol32: 1e-5, Tol64: 1e-12},
	{Op: MaxReduce, Name: "maxreduce", Arity: 1},
	{Op: CumSum, Name: "cumsum", Arity: 1, Tol32: 1e-5, Tol64: 1e-12},
	{Op: MatMul, Name: "matmul", Arity: 2, Tol32: 1e-5, Tol64: 1e-12},
	{Op: Gather, Name: "gather", Arity: 2}, {Op: ScatterAdd, Name: "scatteradd", Arity: 2, Tol32: 1e-5, Tol64: 1e-12},
	{Op: Tril, Name: "tril", Arity: 1}, {Op: Diag, Name: "diag", Arity: 1},
	{Op: DiagEmbed, Name: "diagembed", Arity: 1},
	{Op: Cholesky, Name: "cholesky", Arity: 1, Tol32: 1e-4, Tol64: 1e-11},
	{Op: TriSolve, Name: "trisolve", Arity: 2, Tol32: 1e-4, Tol64: 1e-11},
	{Op: Iota, Name: "iota"}, {Op: Step, Name: "step"},
	{Op: RandUniform, Name: "randuniform"}, {Op: RandNormal, Name: "randnormal", Tol32: 1e-5, Tol64: 1e-12},
	{Op: BatchIndex, Name: "batchindex"}, {Op: ToFloat, Name: "tofloat", Arity: 1},
	{Op: ToInt, Name: "toint", Arity: 1}, {Op: OpFused, Name: "fused", Arity: -1},
	{Op: Assign, Name: "assign", Arity: 1}, {Op: Im2Col, Name: "im2col", Arity: 1},
	{Op: Col2Im, Name: "col2im", Arity: 1, Tol32: 1e-6, Tol64: 1e-14},
	{Op: UniformRows, Name: "uniformrows", Arity: 1},
}

// Elementwise returns the rows of the elementwise ops in op order.
func Elementwise() []OpInfo { return elementwise }

// Structural returns the rows of the other ops in op order.
func Structural() []OpInfo { return structural }

// Info returns the op's row, or nil for an unknown op.
func Info(op Op) *OpInfo {
	switch {
	case op.IsElementwise():
		return &elementwise[op-1]
	case op > OpStructural && op < numStructural:
		return &structural[op-OpStructural-1]
	}
	return nil
}
