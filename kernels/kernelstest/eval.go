package kernelstest

import (
	"fmt"
	"math"
	"slices"

	"elbo/kernels"
)

// Eval runs one step of a program on slot contents given by name (zeros when absent) and
// returns the contents of every slot afterwards. Results are rounded to their type after each
// op. It panics where a device reports an error.
func Eval(p *kernels.Program, slots map[string][]float64, step uint64) map[string][]float64 {
	ev := &evaluator{p: p, step: step, vals: make([][]float64, len(p.Values))}
	after := map[string][]float64{}
	for i := range p.Slots {
		s := &p.Slots[i]
		after[s.Name] = make([]float64, s.Shape.Size())
		copy(after[s.Name], slots[s.Name])
		roundTo(s.DType, after[s.Name])
	}
	for i, v := range p.Values {
		switch v.Home {
		case kernels.InSlot:
			ev.vals[i] = slices.Clone(after[p.Slots[v.Slot].Name])
		case kernels.InConst:
			ev.vals[i] = slices.Clone(p.Consts[v.Slot])
			roundTo(v.DType, ev.vals[i])
		}
	}
	for i := range p.Instrs {
		in := &p.Instrs[i]
		for j, y := range ev.apply(in) {
			v := &p.Values[in.Outs[j]]
			if len(y) != v.Shape.Size() {
				panic(fmt.Sprintf("kernelstest: %v gave %d elements for shape %v", in.Op, len(y), v.Shape))
			}
			roundTo(v.DType, y)
			ev.vals[in.Outs[j]] = y
			if v.Home == kernels.InSlot && in.Op != kernels.View {
				after[p.Slots[v.Slot].Name] = y
			}
		}
	}
	return after
}

// roundTo rounds numbers to a type.
func roundTo(dt kernels.DType, x []float64) {
	for i, v := range x {
		switch dt {
		case kernels.F32:
			x[i] = float64(float32(v))
		case kernels.BF16:
			x[i] = toBFloat16(v)
		}
	}
}

// toBFloat16 rounds to the nearest multiple of a unit, ties to even: arithmetic where
// kernels.BFloat16 works on bits.
func toBFloat16(x float64) float64 {
	if x == 0 || x-x != 0 {
		return x
	}
	_, e := math.Frexp(x)
	unit := math.Ldexp(1, max(e-8, -133))
	if y := unit * math.RoundToEven(x/unit); math.Abs(y) < math.Ldexp(1, 128) {
		return y
	}
	return math.Copysign(math.Inf(1), x)
}

// evaluator holds a slice for every value: memory is never shared.
type evaluator struct {
	p    *kernels.Program
	step uint64
	vals [][]float64
}

func (ev *evaluator) shape(id kernels.ValueID) kernels.Shape { return ev.p.Values[id].Shape }

// apply returns the results of one instruction.
func (ev *evaluator) apply(in *kernels.Instr) [][]float64 {
	switch {
	case in.Op == kernels.OpFused:
		return ev.fused(in)
	case in.Op.IsElementwise():
		return [][]float64{ev.elementwise(in)}
	}
	return [][]float64{structural[in.Op](ev, in)}
}

func (ev *evaluator) elementwise(in *kernels.Instr) []float64 {
	out := ev.shape(in.Outs[0])
	y := make([]float64, out.Size())
	m := [2]float64{ev.round(in.Attr.Imm0), ev.round(in.Attr.Imm1)}
	f := oracle[in.Op]
	each(out, func(i int, at []int) {
		var x [3]float64
		for j, id := range in.Args {
			x[j] = ev.vals[id][broadcastIndex(ev.shape(id), at)]
		}
		y[i] = f(x, m)
	})
	return y
}

// round rounds a number to the program's float type.
func (ev *evaluator) round(x float64) float64 {
	if ev.p.DType == kernels.F32 {
		return float64(float32(x))
	}
	return x
}

// fused evaluates a group point by point; sums are compensated.
func (ev *evaluator) fused(in *kernels.Instr) [][]float64 {
	f := in.Fused
	res := make([][]float64, len(f.Outs))
	lost := make([][]float64, len(f.Outs))
	for i, id := range in.Outs {
		res[i] = make([]float64, ev.shape(id).Size())
		lost[i] = make([]float64, len(res[i]))
	}
	regs := make([]float64, len(f.Ins)+len(f.Code))
	imms := make([][2]float64, len(f.Code))
	for i, c := range f.Code {
		imms[i] = [2]float64{ev.round(c.Imm0), ev.round(c.Imm1)}
	}
	each(f.Shape, func(_ int, at []int) {
		for i := range f.Ins {
			regs[i] = ev.vals[in.Args[i]][dot(f.Ins[i].Strides, at)]
		}
		for i, c := range f.Code {
			var x [3]float64
			for j := range kernels.Info(c.Op).Arity {
				x[j] = regs[c.Args[j]]
			}
			regs[len(f.Ins)+i] = ev.round(oracle[c.Op](x, imms[i]))
		}
		for i, o := range f.Outs {
			k := dot(o.Strides, at)
			if o.Reduce {
				res[i][k], lost[i][k] = twoSum(res[i][k], regs[o.Reg], lost[i][k])
			} else {
				res[i][k] = regs[o.Reg]
			}
		}
	})
	for i := range res {
		for k := range res[i] {
			if f.Outs[i].Reduce && lost[i][k]-lost[i][k] == 0 {
				res[i][k] += lost[i][k]
			}
		}
	}
	return res
}

// twoSum adds x to a sum and what rounding loses to lost.
func twoSum(sum, x, lost float64) (float64, float64) {
	s := sum + x
	b := s - sum
	return s, lost + ((sum - (s - b)) + (x - b))
}

// each calls f with the number and the index of every point of a shape, in row-major order.
func each(s kernels.Shape, f func(i int, at []int)) {
	at := make([]int, len(s))
	for i := range s.Size() {
		f(i, at)
		for k := len(s) - 1; k >= 0; k-- {
			if at[k]++; at[k] < s[k] {
				break
			}
			at[k] = 0
		}
	}
}

func dot(a, b []int) int {
	sum := 0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// index returns the row-major number of a point.
func index(s kernels.Shape, at []int) int {
	i := 0
	for k, d := range s {
		i = i*d + at[k]
	}
	return i
}

// broadcastIndex returns the element a tensor of shape s shows at a point of a larger space.
func broadcastIndex(s kernels.Shape, at []int) int {
	i := 0
	for k, d := range s {
		i *= d
		if d != 1 {
			i += at[k+len(at)-len(s)]
		}
	}
	return i
}
