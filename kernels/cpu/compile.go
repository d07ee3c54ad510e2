//go:build cgo

package cpu

// #include "exec.h"
import "C"

import (
	"fmt"
	"unsafe"

	"elbo/kernels"
)

// parallelCost is the estimated time in ns from which an instruction's chunks are shared among
// threads: a parallel region costs about 0.5 µs when the workers are awake.
const parallelCost = 15_000

// instr is one C instruction being built.
type instr struct {
	kernel  C.enum_elbo_kernel
	dtype   kernels.DType // F32 or F64: the column of the kernel table
	v       [4]kernels.ValueID
	d       [C.ELBO_INTS]int
	chunks  int            // at least 1
	partial int            // bytes of partial results of all chunks
	tls     int            // bytes of scratch a thread needs
	ext     unsafe.Pointer // kernel's own struct
	cost    float64        // estimated ns
	source  int            // instruction of the program
}

// compiler turns a program's instructions into C instructions.
type compiler struct {
	p      *kernels.Program
	level  level
	mem    *arena
	out    []instr
	source int
}

// lowering rules of the structural ops; elementwise ops and fused groups go through group.
var lowerings = map[kernels.Op]func(*compiler, *kernels.Instr) error{
	kernels.Copy: (*compiler).copyOp, kernels.View: (*compiler).view, kernels.Transpose: (*compiler).transpose,
	kernels.Slice: (*compiler).slice, kernels.Pad: (*compiler).pad, kernels.Concat: (*compiler).concat,
	kernels.SumReduce: (*compiler).reduce, kernels.MaxReduce: (*compiler).reduce,
	kernels.CumSum: (*compiler).cumsum, kernels.MatMul: (*compiler).matmul, kernels.Gather: (*compiler).gather,
	kernels.ScatterAdd: (*compiler).scatter, kernels.Tril: (*compiler).tril, kernels.Diag: (*compiler).diag,
	kernels.DiagEmbed: (*compiler).diagEmbed, kernels.Cholesky: (*compiler).cholesky,
	kernels.TriSolve: (*compiler).triSolve, kernels.Iota: (*compiler).iota, kernels.Step: (*compiler).step,
	kernels.RandUniform: (*compiler).random, kernels.RandNormal: (*compiler).random,
	kernels.BatchIndex: (*compiler).batchIndex, kernels.ToFloat: (*compiler).convert,
	kernels.ToInt: (*compiler).convert, kernels.OpFused: (*compiler).fused, kernels.Assign: (*compiler).view,
	kernels.Im2Col: (*compiler).im2col, kernels.Col2Im: (*compiler).col2im, kernels.UniformRows: (*compiler).uniformRows,
}

// Compile checks the program and prepares it.
func (d *Device) Compile(p *kernels.Program) (kernels.Executable, error) {
	if d.closed {
		return nil, fmt.Errorf("cpu: compile %q: %w", p.Name, kernels.ErrClosed)
	}
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("cpu: compile: %w", err)
	}
	c := &compiler{p: p, level: d.level, mem: &arena{}}
	for i := range p.Instrs {
		c.source = i
		if err := c.lower(&p.Instrs[i]); err != nil {
			c.mem.free()
			return nil, &kernels.OpError{Program: p.Name, Instr: i, Op: p.Instrs[i].Op, Site: p.Instrs[i].Site, Err: err}
		}
	}
	x, err := d.link(c)
	if err != nil {
		c.mem.free()
		return nil, fmt.Errorf("cpu: compile %q: %w", p.Name, err)
	}
	d.exes[x] = struct{}{}
	return x, nil
}

func (c *compiler) lower(in *kernels.Instr) error {
	if in.Op.IsElementwise() {
		return c.elementwise(in)
	}
	rule := lowerings[in.Op]
	if rule == nil {
		return kernels.ErrUnsupported
	}
	return rule(c, in)
}

// emit appends an instruction; chunks below 1 mean 1.
func (c *compiler) emit(in instr) {
	in.chunks = max(in.chunks, 1)
	in.source = c.source
	c.out = append(c.out, in)
}

func (c *compiler) shape(v kernels.ValueID) kernels.Shape { return c.p.Values[v].Shape }

// unit is the kernel table's column for data movement of a value: element size alone matters.
func (c *compiler) unit(v kernels.ValueID) kernels.DType {
	if c.p.Values[v].DType.Size() == 8 {
		return kernels.F64
	}
	return kernels.F32
}
