package graph

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"elbo/kernels"
)

// DumpGraph writes the Gorgonia graph the program was compiled from in the DOT language.
func (p *Program) DumpGraph(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "digraph %q {\n\trankdir=TB\n\tnode [shape=box fontname=monospace]\n", p.kernel.Name)
	ids := map[*Node]int{}
	for i, n := range topological(p.roots...) {
		ids[n] = i
		label, style := fmt.Sprint(n.Op()), ""
		if len(children(n)) == 0 {
			label, style = "input", " style=rounded"
		}
		site := n.Name()
		if p.graph != nil {
			site = p.graph.Site(n)
		}
		fmt.Fprintf(out, "\tn%d [label=%q%s]\n", i, fmt.Sprintf("%s\n%s\n%v", site, label, n.Shape()), style)
		for k, child := range children(n) {
			fmt.Fprintf(out, "\tn%d -> n%d [label=\"%d\"]\n", ids[child], i, k)
		}
	}
	fmt.Fprintln(out, "}")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("graph: dump graph: %w", err)
	}
	return nil
}

// DumpIR writes the instructions devices run: slots, then one instruction a line, fused
// groups with their register code below.
func (p *Program) DumpIR(w io.Writer) error {
	out := bufio.NewWriter(w)
	k := p.kernel
	fmt.Fprintf(out, "program %q %v seed %d: %d slots, %d constants, %d instructions\n",
		k.Name, k.DType, k.Seed, len(k.Slots), len(k.Consts), len(k.Instrs))
	for i := range k.Slots {
		s := &k.Slots[i]
		fmt.Fprintf(out, "slot %-28s %-6v %v %v\n", s.Name, s.Kind, s.DType, s.Shape)
	}
	for i := range k.Instrs {
		in := &k.Instrs[i]
		fmt.Fprintf(out, "%3d %s = %v%s(%s)  # %s\n", i, p.names(in.Outs), in.Op, attrText(k, in), p.names(in.Args), in.Site)
		if in.Fused != nil {
			p.dumpFused(out, in)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("graph: dump ir: %w", err)
	}
	return nil
}

// names prints values with their shapes: %n for scratch, the slot's name, or a constant.
func (p *Program) names(ids []kernels.ValueID) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = p.valueName(id) + p.kernel.Values[id].Shape.String()
	}
	return strings.Join(parts, ", ")
}

func (p *Program) valueName(id kernels.ValueID) string {
	v := &p.kernel.Values[id]
	switch v.Home {
	case kernels.InSlot:
		return "@" + p.kernel.Slots[v.Slot].Name
	case kernels.InConst:
		if c := p.kernel.Consts[v.Slot]; len(c) == 1 {
			return fmt.Sprintf("const %g ", c[0])
		}
		return fmt.Sprintf("const#%d", v.Slot)
	}
	return fmt.Sprintf("%%%d", id)
}

// attrText prints the attributes an op uses.
func attrText(k *kernels.Program, in *kernels.Instr) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	a := &in.Attr
	switch in.Op {
	case kernels.Transpose, kernels.SumReduce, kernels.MaxReduce:
		add("axes=%v", a.Axes)
	case kernels.Slice, kernels.Pad:
		add("axis=%d start=%d", a.Axis, a.Start)
	case kernels.Concat, kernels.CumSum:
		add("axis=%d", a.Axis)
	case kernels.MatMul, kernels.TriSolve:
		if a.TransA {
			add("transA")
		}
		if a.TransB {
			add("transB")
		}
	case kernels.Im2Col, kernels.Col2Im:
		add("window=%v", a.Window)
	case kernels.RandUniform, kernels.RandNormal, kernels.BatchIndex, kernels.UniformRows:
		add("stream=%08x", a.Site)
	}
	if info := kernels.Info(in.Op); info != nil {
		imms := []float64{a.Imm0, a.Imm1}
		for _, x := range imms[:info.Imms] {
			add("%g", x)
		}
	}
	if a.Flag && in.Op == kernels.CumSum {
		add("reverse")
	}
	if len(parts) == 0 {
		return ""
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// dumpFused prints the register code of a fused group.
func (p *Program) dumpFused(out io.Writer, in *kernels.Instr) {
	f := in.Fused
	fmt.Fprintf(out, "      over %v\n", f.Shape)
	for i, o := range f.Ins {
		fmt.Fprintf(out, "      r%-2d <- %s strides %v\n", i, p.valueName(in.Args[i]), o.Strides)
	}
	for i, c := range f.Code {
		info := kernels.Info(c.Op)
		args := make([]string, 0, 5)
		for _, r := range c.Args[:info.Arity] {
			args = append(args, fmt.Sprintf("r%d", r))
		}
		for _, x := range []float64{c.Imm0, c.Imm1}[:info.Imms] {
			args = append(args, fmt.Sprintf("%g", x))
		}
		fmt.Fprintf(out, "      r%-2d = %s %s\n", len(f.Ins)+i, info.Name, strings.Join(args, " "))
	}
	for i, o := range f.Outs {
		verb := "store"
		if o.Reduce {
			verb = "sum"
		}
		fmt.Fprintf(out, "      %s -> %s r%d strides %v\n", verb, p.valueName(in.Outs[i]), o.Reg, o.Strides)
	}
}

// DumpPlan writes where every value lives, with the bytes and flops of each instruction.
func (p *Program) DumpPlan(w io.Writer) error {
	out := bufio.NewWriter(w)
	k := p.kernel
	fmt.Fprintf(out, "program %q: scratch %d bytes, compulsory traffic %d bytes, %d flops a run\n",
		k.Name, k.Scratch, p.Bytes(), p.Flops())
	fmt.Fprintf(out, "%4s %-12s %12s %12s  %s\n", "#", "op", "bytes", "flops", "results")
	for i := range k.Instrs {
		in := &k.Instrs[i]
		bytes := 0
		for _, id := range in.Args {
			bytes += instrBytes(k, in, id)
		}
		var homes []string
		for _, id := range in.Outs {
			bytes += instrBytes(k, in, id)
			v := &k.Values[id]
			if v.Home == kernels.InScratch {
				homes = append(homes, fmt.Sprintf("%%%d at [%d,%d)", id, v.Offset, v.Offset+k.Bytes(id)))
			} else {
				homes = append(homes, p.valueName(id))
			}
		}
		fmt.Fprintf(out, "%4d %-12v %12d %12d  %s\n", i, in.Op, bytes, instrFlops(k, in), strings.Join(homes, ", "))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("graph: dump plan: %w", err)
	}
	return nil
}
