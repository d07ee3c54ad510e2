package ref

import (
	"fmt"
	"unsafe"

	"elbo/kernels"
)

// float is a program's element type.
type float interface{ float32 | float64 }

// kernel runs one instruction of one step.
type kernel func(step uint64) error

// executable is a program with its memory. Kernels look values up in mem when they run, so
// that binding a slot is cheap.
type executable struct {
	dev    *device
	prog   *kernels.Program
	slots  []*buffer
	mem    [][]byte // memory of each value, nil while its slot is unbound
	code   []kernel
	closed bool
}

func newExecutable(d *device, p *kernels.Program) (*executable, error) {
	e := &executable{dev: d, prog: p, slots: make([]*buffer, len(p.Slots)), mem: make([][]byte, len(p.Values))}
	arena := alignedBytes(p.Scratch)
	for i := range arena {
		arena[i] = 0xff
	}
	for i := range p.Values {
		v := &p.Values[i]
		n := p.Bytes(kernels.ValueID(i))
		switch v.Home {
		case kernels.InScratch:
			e.mem[i] = arena[v.Offset : v.Offset+n : v.Offset+n]
		case kernels.InConst:
			e.mem[i] = alignedBytes(n)
			kernels.PutFloats(e.mem[i], p.Consts[v.Slot], v.DType)
		}
	}
	var err error
	if p.DType == kernels.F32 {
		e.code, err = makeAll[float32](e)
	} else {
		e.code, err = makeAll[float64](e)
	}
	return e, err
}

// makeAll makes the kernel of every instruction.
func makeAll[T float](e *executable) ([]kernel, error) {
	makers := newMakers[T]()
	code := make([]kernel, len(e.prog.Instrs))
	for i := range e.prog.Instrs {
		in := &e.prog.Instrs[i]
		mk := makers[in.Op]
		if in.Op.IsElementwise() {
			mk = makeElementwise[T]
		}
		if mk == nil {
			return nil, e.located(i, kernels.ErrUnsupported)
		}
		code[i] = mk(e, in)
	}
	return code, nil
}

// maker makes the kernel of one instruction.
type maker[T float] func(e *executable, in *kernels.Instr) kernel

// newMakers returns the makers of the structural ops.
func newMakers[T float]() map[kernels.Op]maker[T] {
	return map[kernels.Op]maker[T]{
		kernels.Copy: makeCopy[T], kernels.View: makeView[T], kernels.Transpose: makeTranspose[T],
		kernels.Slice: makeSlice[T], kernels.Pad: makePad[T], kernels.Concat: makeConcat[T],
		kernels.SumReduce: makeSum[T], kernels.MaxReduce: makeMax[T], kernels.CumSum: makeCumSum[T],
		kernels.MatMul: makeMatMul[T], kernels.Gather: makeGather[T], kernels.ScatterAdd: makeScatterAdd[T],
		kernels.Tril: makeTril[T], kernels.Diag: makeDiag[T], kernels.DiagEmbed: makeDiagEmbed[T],
		kernels.Cholesky: makeCholesky[T], kernels.TriSolve: makeTriSolve[T],
		kernels.Iota: makeIota[T], kernels.Step: makeStep[T], kernels.RandUniform: makeUniform[T],
		kernels.RandNormal: makeNormal[T], kernels.BatchIndex: makeBatchIndex[T],
		kernels.ToFloat: makeToFloat[T], kernels.ToInt: makeToInt[T],
		kernels.Im2Col: makeIm2Col[T], kernels.Col2Im: makeCol2Im[T], kernels.UniformRows: makeUniformRows[T],
		kernels.OpFused: makeFused[T], kernels.Assign: makeCopy[T],
	}
}

// of returns a value's memory as elements of E, which must have the size of its type.
func of[E any](e *executable, id kernels.ValueID) []E {
	b := e.mem[id]
	if len(b) == 0 {
		return nil
	}
	var zero E
	return unsafe.Slice((*E)(unsafe.Pointer(&b[0])), len(b)/int(unsafe.Sizeof(zero)))
}

func (e *executable) shape(id kernels.ValueID) kernels.Shape { return e.prog.Values[id].Shape }

// located wraps an error with the instruction it happened at.
func (e *executable) located(i int, err error) error {
	in := &e.prog.Instrs[i]
	return fmt.Errorf("ref: %w",
		&kernels.OpError{Program: e.prog.Name, Instr: i, Op: in.Op, Site: in.Site, Err: err})
}

func (e *executable) Bind(slot int, b kernels.Buffer) error {
	if e.closed {
		return fmt.Errorf("ref: bind: executable of %q: %w", e.prog.Name, kernels.ErrClosed)
	}
	if slot < 0 || slot >= len(e.slots) {
		return fmt.Errorf("ref: bind: slot %d of %d in %q", slot, len(e.slots), e.prog.Name)
	}
	buf, err := e.dev.own(b, "bind")
	if err != nil {
		return err
	}
	s := &e.prog.Slots[slot]
	if buf.size < s.Bytes() {
		return fmt.Errorf("ref: bind: slot %q of %q needs %d bytes, the buffer has %d",
			s.Name, e.prog.Name, s.Bytes(), buf.size)
	}
	e.slots[slot] = buf
	for i := range e.prog.Values {
		if v := &e.prog.Values[i]; v.Home == kernels.InSlot && v.Slot == slot {
			e.mem[i] = buf.mem[:s.Bytes():s.Bytes()]
		}
	}
	return nil
}

func (e *executable) Run(step uint64, k int) error {
	if err := e.ready(); err != nil {
		return err
	}
	for s := step; s < step+uint64(max(k, 0)); s++ {
		for i, run := range e.code {
			if err := run(s); err != nil {
				err = e.located(i, fmt.Errorf("step %d: %w", s, err))
				if e.dev.err == nil {
					e.dev.err = err
				}
				return err
			}
		}
	}
	return nil
}

// ready checks that everything the program touches is alive.
func (e *executable) ready() error {
	if e.closed || e.dev.closed {
		return fmt.Errorf("ref: run of %q: executable or device: %w", e.prog.Name, kernels.ErrClosed)
	}
	for i, b := range e.slots {
		switch {
		case b == nil:
			return fmt.Errorf("ref: run of %q: slot %q is not bound", e.prog.Name, e.prog.Slots[i].Name)
		case b.mem == nil:
			return fmt.Errorf("ref: run of %q: buffer of slot %q: %w", e.prog.Name, e.prog.Slots[i].Name, kernels.ErrClosed)
		}
	}
	return nil
}

func (e *executable) Close() error {
	if e.closed {
		return fmt.Errorf("ref: close: executable of %q: %w", e.prog.Name, kernels.ErrClosed)
	}
	e.closed = true
	e.mem, e.code, e.slots = nil, nil, nil
	return nil
}
