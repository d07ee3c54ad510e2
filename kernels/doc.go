// Package kernels is the contract between programs and the devices that run them.
//
// It holds the op table (name, arity, shape rule, test domain, tolerance), the instruction
// set of a compiled Program, the Device and Executable contracts, the random number
// definition (Philox4x32-10) and the errors devices report. It knows nothing of Gorgonia and
// nothing of any concrete device; packages graph (above) and kernels/ref, kernels/cpu,
// kernels/cuda (beside) import it and never the reverse.
//
// A Program is one whole training step or one pass over data: straight-line code in static
// single assignment form over values of fixed shape. Every value lives in one of three
// homes: an external Slot (batch inputs, persistent state, outputs), the scratch arena at a
// planned offset, or the program's constants.
//
// All tensors are dense, row-major and of rank 0 to 4. A program has one float type, F32 or
// F64; I32 values are indices only, U8 and BF16 values data stored small, to be gathered and
// converted.
package kernels
