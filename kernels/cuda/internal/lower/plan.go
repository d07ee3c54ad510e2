package lower

import "elbo/kernels"

// Threads is the number of threads of every block.
const Threads = 256

// MostBeside is the memory in bytes that the plan of a training step takes at most beside the program's own scratch
// memory: what laying values apart adds, and the partial results of the widest sweep over most rows, beside which
// those of other kernels are small. (Only ScatterAdd needs more, as much as its result: trainings of models that
// have it are fed, and ask for no estimate.)
const MostBeside = apartUpTo + 8*mostSums*Threads*(blocksWanted+blocksWanted/32)

// Plan is a program ready to be compiled and issued.
type Plan struct {
	// Source is the CUDA C of all kernels; every kernel is extern "C" under its own name.
	Source string
	// Nodes make up one step, in order.
	Nodes []Node
	// Kernels lists the names of the kernels in Source.
	Kernels []string
	// Scratch is the size in bytes of the memory for values in between, ScratchAt the offset of each that
	// lies there.
	Scratch   int
	ScratchAt []int
	// Partials is the size in bytes of the memory for partial results; it needs no initial value.
	Partials int
	// Counters is the number of 32-bit counters that start at zero and return to it.
	Counters int
	// Consts holds the program's constants as they lie in device memory.
	Consts []byte
	// ConstAt is the byte offset in Consts of each value that is a constant.
	ConstAt map[kernels.ValueID]int
	// Checks says that some kernel may report an index out of range.
	Checks bool
	// Steps says that some kernel reads the step number. SetStep(state, step) and
	// Advance(state, n) are then among the kernels: whoever issues n steps issues Advance after them.
	Steps bool

	src *source
}

// The kernels, of one block, that set the step number and add to it.
const (
	SetStep = "k_set_step"
	Advance = "k_advance"
)

// Node is one launch or one matrix product.
type Node struct {
	Instr  int // instruction of the program it belongs to
	Launch *Launch
	Gemm   *Gemm
}

// Launch is one kernel launch of Grid blocks of Threads threads. Every argument has 8 bytes.
type Launch struct {
	Kernel string
	Grid   [2]uint32
	Args   []Arg
}

// Arg is one 8-byte argument.
type Arg struct {
	Kind  ArgKind
	Value kernels.ValueID // ArgValue; ArgPartials and ArgCounters: which piece, nodes of different pieces share nothing
	Word  uint64          // ArgWord: the bits; otherwise a byte offset
}

// ArgKind says what an argument is.
type ArgKind uint8

// The kinds of arguments: a plain number; the address of a value, of the partial results, of the
// counters, of the state; and how many steps were issued since the state's step number was right.
const (
	ArgWord ArgKind = iota
	ArgValue
	ArgPartials
	ArgCounters
	ArgState
	ArgOffset
)

// Gemm is C = op(A) op(B) for row-major matrices, Batch times.
type Gemm struct {
	DType          kernels.DType
	A, B, C        kernels.ValueID
	TransA, TransB bool
	kernels.MatDims
}

// StateBytes is the size of step_state: the step number at 0, the first instruction that failed
// plus one at 8 (32 bits), its offending index at 16 and the extent that exceeds at 24.
const StateBytes = 32
