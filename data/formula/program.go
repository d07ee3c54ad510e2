package formula

import (
	"encoding/binary"
	"fmt"
	"math"

	"elbo/data"
)

// blockRows is how many rows a program works on at a time: registers of 2 KiB, so that a dozen stay in the
// first-level cache.
const blockRows = 256

type opcode uint8

const (
	opLoad opcode = iota
	opAdd
	opSub
	opMul
	opDiv
	opPow
	opNeg
	opFunc
)

// instr is one column-wise operation on registers.
type instr struct {
	op   opcode
	dst  int
	a, b int
	off  int // opLoad: byte offset in the record
	f    func(float64) float64
}

// program evaluates arithmetic over numeric columns, a block of rows at a time. Equal subexpressions are computed
// once.
type program struct {
	code  []instr
	regs  [][]float64
	fixed []bool // register holds a constant
	loads []load
	known map[string]int // instruction or constant → register
}

// load remembers which column a load reads.
type load struct {
	column string
	reg    int
}

func newProgram() *program { return &program{known: map[string]int{}} }

// clone gives a program with registers of its own, for another goroutine.
func (p *program) clone() *program {
	q := *p
	q.regs = make([][]float64, len(p.regs))
	for i := range q.regs {
		q.regs[i] = append([]float64(nil), p.regs[i]...)
	}
	return &q
}

// compile adds an expression and gives the register of its value.
func (p *program) compile(n *Node, s *data.Schema) (int, error) {
	n = n.strip()
	switch n.Op {
	case Number:
		return p.constant(n.Value), nil
	case Name:
		return p.column(n.Text, s)
	case Plus:
		return p.compile(n.Args[0], s)
	case Call:
		if n.Text == "I" {
			return p.compile(n.Args[0], s)
		}
	}
	args := make([]int, len(n.Args))
	for i, a := range n.Args {
		r, err := p.compile(a, s)
		if err != nil {
			return 0, err
		}
		args[i] = r
	}
	return p.operate(n, args)
}

// operate emits the instruction of an operator or call.
func (p *program) operate(n *Node, args []int) (int, error) {
	switch n.Op {
	case Call:
		return p.emit(n.Text, instr{op: opFunc, a: args[0], b: args[0], f: scalarFuncs[n.Text]}), nil
	case Neg:
		return p.emit("neg", instr{op: opNeg, a: args[0], b: args[0]}), nil
	case Add:
		return p.emit("add", instr{op: opAdd, a: args[0], b: args[1]}), nil
	case Sub:
		return p.emit("sub", instr{op: opSub, a: args[0], b: args[1]}), nil
	case Mul:
		return p.emit("mul", instr{op: opMul, a: args[0], b: args[1]}), nil
	case Div:
		return p.emit("div", instr{op: opDiv, a: args[0], b: args[1]}), nil
	case Pow:
		return p.power(args[0], args[1]), nil
	}
	return 0, fmt.Errorf("formula: compile: node kind %d is not arithmetic: %w", n.Op, ErrSyntax)
}

// power writes x² and x³ as products, which are exact to rounding and twenty times faster than pow.
func (p *program) power(x, k int) int {
	if p.fixed[k] && !p.fixed[x] {
		switch p.regs[k][0] {
		case 1:
			return x
		case 2:
			return p.emit("mul", instr{op: opMul, a: x, b: x})
		case 3:
			return p.emit("mul", instr{op: opMul, a: p.emit("mul", instr{op: opMul, a: x, b: x}), b: x})
		}
	}
	return p.emit("pow", instr{op: opPow, a: x, b: k})
}

// emit appends an instruction unless its value is known already; operations on constants are done at once.
func (p *program) emit(name string, in instr) int {
	id := fmt.Sprintf("%s %d %d", name, in.a, in.b)
	if r, ok := p.known[id]; ok {
		return r
	}
	in.dst = p.register()
	p.known[id] = in.dst
	if p.fixed[in.a] && p.fixed[in.b] {
		p.fixed[in.dst] = true
		p.execute(&in, blockRows)
		return in.dst
	}
	p.code = append(p.code, in)
	return in.dst
}

func (p *program) register() int {
	p.regs, p.fixed = append(p.regs, make([]float64, blockRows)), append(p.fixed, false)
	return len(p.regs) - 1
}

// constant gives the register that holds v in every row.
func (p *program) constant(v float64) int {
	id := fmt.Sprintf("const %x", math.Float64bits(v))
	if r, ok := p.known[id]; ok {
		return r
	}
	r := p.register()
	for i := range p.regs[r] {
		p.regs[r][i] = v
	}
	p.known[id], p.fixed[r] = r, true
	return r
}

// column gives the register of a numeric column.
func (p *program) column(name string, s *data.Schema) (int, error) {
	id := "load " + name
	if r, ok := p.known[id]; ok {
		return r, nil
	}
	c, err := numericColumn(s, name)
	if err != nil {
		return 0, err
	}
	r := p.register()
	p.known[id] = r
	p.code = append(p.code, instr{op: opLoad, dst: r, off: c.Offset})
	p.loads = append(p.loads, load{column: name, reg: r})
	return r, nil
}

// run evaluates everything for n ≤ blockRows records.
func (p *program) run(recs []byte, recordBytes, n int) {
	for i := range p.code {
		in := &p.code[i]
		if in.op == opLoad {
			loadFloats(p.regs[in.dst][:n], recs[in.off:], recordBytes)
			continue
		}
		p.execute(in, n)
	}
}

// loadFloats reads one float64 field of consecutive records.
func loadFloats(dst []float64, recs []byte, recordBytes int) {
	for r := range dst {
		dst[r] = math.Float64frombits(binary.LittleEndian.Uint64(recs[r*recordBytes:]))
	}
}

// execute runs one instruction over n rows.
func (p *program) execute(in *instr, n int) {
	z, x, y := p.regs[in.dst][:n], p.regs[in.a][:n], p.regs[in.b][:n]
	switch in.op {
	case opAdd:
		for i := range z {
			z[i] = x[i] + y[i]
		}
	case opSub:
		for i := range z {
			z[i] = x[i] - y[i]
		}
	case opMul:
		for i := range z {
			z[i] = x[i] * y[i]
		}
	case opDiv:
		for i := range z {
			z[i] = x[i] / y[i]
		}
	case opPow:
		for i := range z {
			z[i] = math.Pow(x[i], y[i])
		}
	case opNeg:
		for i := range z {
			z[i] = -x[i]
		}
	case opFunc:
		for i := range z {
			z[i] = in.f(x[i])
		}
	}
}

// finite says whether all values are finite; ±Inf and NaN both make v−v a NaN.
func finite(values []float64) bool {
	sum := 0.0
	for _, v := range values {
		sum += v - v
	}
	return sum == 0
}
