package lower

import (
	"fmt"
	"slices"

	"elbo/kernels"
)

// lowering turns the instructions of a program into nodes.
type lowering struct {
	p      *kernels.Program
	plan   *Plan
	src    *source
	source int // current instruction
	owned  int // pieces of partial results and counters so far
}

// rules of the structural ops.
var rules = map[kernels.Op]func(*lowering, *kernels.Instr) error{
	kernels.Copy: (*lowering).copyOp, kernels.View: (*lowering).assign, kernels.Assign: (*lowering).assign,
	kernels.Transpose: (*lowering).transpose, kernels.Slice: (*lowering).slice, kernels.Pad: (*lowering).pad,
	kernels.Concat: (*lowering).concat, kernels.SumReduce: (*lowering).reduce, kernels.MaxReduce: (*lowering).reduce,
	kernels.CumSum: (*lowering).cumsum, kernels.MatMul: (*lowering).matmul, kernels.Gather: (*lowering).gather,
	kernels.ScatterAdd: (*lowering).scatter, kernels.Tril: (*lowering).tril, kernels.Diag: (*lowering).diag,
	kernels.DiagEmbed: (*lowering).diagEmbed, kernels.Cholesky: (*lowering).cholesky,
	kernels.TriSolve: (*lowering).triSolve, kernels.Iota: (*lowering).iota, kernels.Step: (*lowering).step,
	kernels.RandUniform: (*lowering).random, kernels.RandNormal: (*lowering).random,
	kernels.BatchIndex: (*lowering).batchIndex, kernels.ToFloat: (*lowering).convert,
	kernels.ToInt: (*lowering).convert, kernels.OpFused: (*lowering).fused,
	kernels.Im2Col: (*lowering).window, kernels.Col2Im: (*lowering).window, kernels.UniformRows: (*lowering).uniformRows,
}

// Lower plans a program that Program.Check has found good. An instruction without a kernel is
// kernels.ErrUnsupported, located.
func Lower(p *kernels.Program) (*Plan, error) {
	l := &lowering{p: p, plan: &Plan{ConstAt: map[kernels.ValueID]int{}}, src: newSource(p.DType)}
	l.constants()
	l.plan.place(p)
	s := l.findSweep()
	for i := range p.Instrs {
		in := &p.Instrs[i]
		if s != nil && s.at == i {
			l.sweep(s)
		}
		if s != nil && slices.Contains(s.instrs, i) {
			continue
		}
		l.source = i
		if err := l.instr(in); err != nil {
			return nil, &kernels.OpError{Program: p.Name, Instr: i, Op: in.Op, Site: in.Site, Err: err}
		}
	}
	if l.plan.Steps {
		l.src.fixed("set_step", "")
		l.src.fixed("advance", "")
	}
	l.plan.Source, l.plan.Kernels, l.plan.src = l.src.text(), l.src.names(), l.src
	return l.plan, nil
}

func (l *lowering) instr(in *kernels.Instr) error {
	if in.Op.IsElementwise() {
		return l.elementwise(in)
	}
	rule := rules[in.Op]
	if rule == nil {
		return kernels.ErrUnsupported
	}
	return rule(l, in)
}

// constants lays the program's constants out, 64 bytes apart at least; a constant that only
// groups read as a literal takes room too, which costs nothing worth a second pass.
func (l *lowering) constants() {
	for i := range l.p.Values {
		v := &l.p.Values[i]
		if v.Home != kernels.InConst {
			continue
		}
		at := len(l.plan.Consts)
		l.plan.ConstAt[kernels.ValueID(i)] = at
		raw := make([]byte, roundUp(max(v.Shape.Size()*v.DType.Size(), 1), 64))
		kernels.PutFloats(raw, l.p.Consts[v.Slot], v.DType)
		l.plan.Consts = append(l.plan.Consts, raw...)
	}
}

func (l *lowering) shape(v kernels.ValueID) kernels.Shape { return l.p.Values[v].Shape }

// word is the element type that data movement of a value uses: any type of its size will do.
func (l *lowering) word(v kernels.ValueID) string {
	return words[l.p.Values[v].DType.Size()]
}

var words = map[int]string{1: "elbo_u8", 2: "elbo_u16", 4: "elbo_u32", 8: "elbo_u64"}

// launch adds a launch of a fixed kernel, for element type elem where it is a template.
func (l *lowering) launch(kernel, elem string, grid [2]int, args ...Arg) {
	l.add(l.src.fixed(kernel, elem), grid, args)
}

// add adds a launch, unless its grid is empty.
func (l *lowering) add(name string, grid [2]int, args []Arg) {
	if want := len(l.src.kernels[name].params); len(args) != want {
		panic(fmt.Sprintf("cuda: %d arguments for kernel %s of %d", len(args), name, want)) // a slip in a rule: tests meet it
	}
	if grid[0] <= 0 || grid[1] <= 0 {
		return
	}
	l.plan.Nodes = append(l.plan.Nodes, Node{Instr: l.source,
		Launch: &Launch{Kernel: name, Grid: [2]uint32{uint32(grid[0]), uint32(grid[1])}, Args: args}})
}

// over is the grid of one thread per item.
func over(n int) [2]int { return [2]int{ceilDiv(n, Threads), 1} }

// at is the address of a value.
func at(v kernels.ValueID) Arg { return Arg{Kind: ArgValue, Value: v} }

// number is an integer argument.
func number(n int) Arg { return Arg{Word: uint64(int64(n))} }

func (l *lowering) state() Arg { return Arg{Kind: ArgState} }

// offset goes with the state to kernels that read the step number.
func (l *lowering) offset() Arg {
	l.plan.Steps = true
	return Arg{Kind: ArgOffset}
}

// partials is the address of bytes for partial results, which belong to the nodes given it and to no others.
func (l *lowering) partials(bytes int) Arg {
	a := l.own(ArgPartials, l.plan.Partials)
	l.plan.Partials += roundUp(bytes, 64)
	return a
}

// counters is the address of n counters, which belong to the nodes given it and to no others.
func (l *lowering) counters(n int) Arg {
	a := l.own(ArgCounters, 4*l.plan.Counters)
	l.plan.Counters += n
	return a
}

func (l *lowering) own(kind ArgKind, offset int) Arg {
	l.owned++
	return Arg{Kind: kind, Value: kernels.ValueID(l.owned), Word: uint64(offset)}
}
