package kernels

// Op names one instruction of the program. Elementwise ops come first; their numbers index
// the tile tables of the CPU device, so a new one is appended at the end of its block.
type Op uint16

// Elementwise ops: nullary and unary f(a), binary f(a,b), ternary f(a,b,c). Comparisons
// yield 0 or 1 in the program's float type. Operands broadcast by strides.
const (
	OpNone Op = iota
	// Unary.
	Neg
	Abs
	Sign
	Floor
	Recip
	Square
	Sqrt
	Rsqrt
	Exp
	Expm1
	Log
	Log1p
	Sigmoid
	LogSigmoid
	Softplus
	Tanh
	Sin
	Cos
	Atan
	Erf
	Erfc
	NormCDF
	LogNormCDF
	NormInv
	Lgamma
	Digamma
	Trigamma
	Tetragamma
	IsFinite
	Affine // imm0*a + imm1, one fused multiply-add
	Clamp  // min(max(a, imm0), imm1), NaN stays NaN
	PowImm // a^imm0
	// Binary.
	Add
	Sub
	Mul
	Div
	Max
	Min
	Pow
	Lt
	Le
	Gt
	Ge
	Eq
	Ne
	GammaGrad // da: derivative of a Gamma(a, 1) draw b in its shape at fixed quantile
	Axpy      // imm0*a + b, one fused multiply-add
	// Ternary.
	Where // a != 0 ? b : c
	FMA   // a*b + c, one fused multiply-add

	numElementwise
)

// NumElementwise is one more than the largest elementwise op number.
const NumElementwise = int(numElementwise)

// Structural ops. Attr fields they use are named in brackets; shapes are row-major.
const (
	OpStructural Op = 256 + iota
	// Copy materialises its argument broadcast to the result's shape.
	Copy
	// View reinterprets a contiguous argument with the result's shape (no data moves).
	View
	// Transpose permutes axes [Axes].
	Transpose
	// Slice takes [Start, Start+N) of axis [Axis]; [N] is the result's extent.
	Slice
	// Pad places the argument at [Start] of axis [Axis] in zeros; the adjoint of Slice.
	Pad
	// Concat joins its arguments along [Axis].
	Concat
	// SumReduce sums over [Axes]; kept axes keep their order, reduced ones disappear.
	SumReduce
	// MaxReduce takes the maximum over [Axes]; NaN wins.
	MaxReduce
	// CumSum sums inclusively along [Axis], from the end when [Flag].
	CumSum
	// MatMul is op(A) op(B) for A (m,k), B (k,n), or the same with one leading batch axis on
	// both; [TransA], [TransB] transpose the last two axes. A rank-1 operand is a vector:
	// A (k) means (1,k) and B (k) means (k,1), that axis is dropped from the result, and the
	// operand cannot be transposed.
	MatMul
	// Gather takes rows: table (V, D...), idx (n) I32 → (n, D...). Out of range is an error at run time.
	Gather
	// ScatterAdd adds rows: idx (n) I32, src (n, D...) → (V, D...), in index order.
	ScatterAdd
	// Tril keeps the lower triangle of the last two axes, [Start] = diagonal offset (0 keeps the diagonal).
	Tril
	// Diag extracts the diagonal: (..., n, n) → (..., n).
	Diag
	// DiagEmbed puts a vector on a diagonal of zeros: (..., n) → (..., n, n).
	DiagEmbed
	// Cholesky returns lower L with L Lᵀ = A, (..., n, n), reading the lower triangle, zeros above the
	// diagonal; from the first pivot that is not positive on, the rows' diagonal entries are NaN.
	Cholesky
	// TriSolve solves op(L) X = B for lower L (n,n), B (n,m) or (n); [TransA] uses Lᵀ.
	TriSolve
	// Iota yields 0, 1, 2, ... along the last axis, repeated over the others; float typed.
	Iota
	// Step yields the step number of the run as a float scalar; first step is 0.
	Step
	// RandUniform fills with uniforms in (0,1): counter (site [Site], step, index), see Philox.
	RandUniform
	// RandNormal fills with standard normals by Box–Muller, see Philox.
	RandNormal
	// BatchIndex yields row numbers (B) I32 of the step's minibatch of [N] rows, see BatchRows:
	// the order depends on the seed and N alone, so that resident and streamed data agree.
	BatchIndex
	// ToFloat converts I32, U8 or BF16 to the program's float type; U8 and BF16 exactly.
	ToFloat
	// ToInt converts floats to I32, rounding toward zero; NaN becomes -1.
	ToInt
	// OpFused runs Instr.Fused, an elementwise program over one iteration space.
	OpFused
	// Assign copies its argument to a state slot (result value's home is that slot).
	Assign
	// Im2Col lays out the windows [Window] of images (N,H,W,C) as rows: (N·OH·OW, KH·KW·C), row
	// (n·OH + y)·OW + x, column (i·KW + j)·C + c; zeros outside the image. See Window.
	Im2Col
	// Col2Im is the adjoint of Im2Col [Window]: (N·OH·OW, KH·KW·C) → (N,H,W,C), every pixel the
	// sum of its places in all windows, in an order that the shapes fix.
	Col2Im
	// UniformRows gives every row number its own uniforms in (0,1): idx (n) I32 → (n, [N]). Row i is
	// the first [N] elements of RandUniform's stream [Site] at step idx[i] (as a uint32): it
	// depends on neither the step nor the place in the batch.
	UniformRows

	numStructural
)

// IsElementwise reports whether op maps operands element by element.
func (op Op) IsElementwise() bool { return op > OpNone && op < numElementwise }

// String returns the op's name in the op table.
func (op Op) String() string {
	if i := Info(op); i != nil {
		return i.Name
	}
	return "invalid"
}
