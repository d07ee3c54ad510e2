package kernelstest

import (
	"fmt"
	"testing"

	"elbo/kernels"
)

// fusedGroups checks groups with a point to make: updates in place, registers passed through,
// sums of every pattern next to stored results, empty spaces.
func fusedGroups(t *testing.T, dev kernels.Device) {
	for _, dt := range dtypes {
		for _, n := range []int{1, 16, 255, 256, 257, 1000} {
			check(t, dev, swapProgram(dt, n), 0, 0, false)
			check(t, dev, adamProgram(dt, n), groupTolerance(dt), 0, false)
		}
		for _, s := range []kernels.Shape{
			{1}, {257}, {3, 5}, {33, 127}, {127, 33}, {1000, 2}, {2, 1000}, {1, 300}, {300, 1}, {5, 1, 60},
			{64, 3, 5}, {3, 5, 64}, {2, 3, 4, 5}, {0}, {3, 0}, {0, 3}, {65, 256}, {256, 65},
		} {
			check(t, dev, patternProgram(dt, s), sumTolerance(dt), 0, true)
		}
	}
}

// groupTolerance allows for a few dozen roundings at slopes near one.
func groupTolerance(dt kernels.DType) float64 {
	if dt == kernels.F32 {
		return 1e-4
	}
	return 1e-11
}

func sumTolerance(dt kernels.DType) float64 { return tolerance(kernels.SumReduce, dt) }

// swapProgram exchanges two states in place: each out overwrites what the other has to read.
func swapProgram(dt kernels.DType, n int) *Builder {
	b := NewBuilder(fmt.Sprintf("swap %d %v", n, dt), dt)
	r := newSource(1)
	x := b.State("x", rounded(r.numbers(n), dt), n)
	y := b.State("y", rounded(r.numbers(n), dt), n)
	f := &kernels.Fused{
		Shape: kernels.Shape{n},
		Ins:   []kernels.Operand{{Strides: []int{1}}, {Strides: []int{1}}},
		Outs:  []kernels.FusedOut{{Reg: 1, Strides: []int{1}}, {Reg: 0, Strides: []int{1}}},
	}
	b.Fused(f, []Out{{kernels.Shape{n}, x}, {kernels.Shape{n}, y}}, x, y)
	return b
}

// adamProgram updates a parameter and two moments in place from a gradient, and sums its square.
func adamProgram(dt kernels.DType, n int) *Builder {
	b := NewBuilder(fmt.Sprintf("adam %d %v", n, dt), dt)
	r := newSource(2)
	p := b.State("p", rounded(r.numbers(n), dt), n)
	m := b.State("m", rounded(r.numbers(n), dt), n)
	v := b.State("v", rounded(r.within(n, kernels.Domain{Lo: 0.1, Hi: 2}), dt), n)
	g := b.random(r, "g", n)
	rate := b.Input("rate", rounded([]float64{0.01}, dt))
	one, zero := []int{1}, []int{0}
	f := &kernels.Fused{
		Shape: kernels.Shape{n},
		Ins:   []kernels.Operand{{Strides: one}, {Strides: one}, {Strides: one}, {Strides: one}, {Strides: zero}},
		Code: []kernels.FusedOp{
			{Op: kernels.Square, Args: [3]int16{3}},                       // 5: g²
			{Op: kernels.Affine, Args: [3]int16{1}, Imm0: 0.9},            // 6
			{Op: kernels.Axpy, Args: [3]int16{3, 6}, Imm0: 0.1},           // 7: m'
			{Op: kernels.Affine, Args: [3]int16{2}, Imm0: 0.999},          // 8
			{Op: kernels.Axpy, Args: [3]int16{5, 8}, Imm0: 0.001},         // 9: v'
			{Op: kernels.Sqrt, Args: [3]int16{9}},                         // 10
			{Op: kernels.Affine, Args: [3]int16{10}, Imm0: 1, Imm1: 1e-8}, // 11
			{Op: kernels.Div, Args: [3]int16{7, 11}},                      // 12
			{Op: kernels.Neg, Args: [3]int16{4}},                          // 13
			{Op: kernels.FMA, Args: [3]int16{12, 13, 0}},                  // 14: p'
		},
		Outs: []kernels.FusedOut{
			{Reg: 14, Strides: one}, {Reg: 7, Strides: one}, {Reg: 9, Strides: one}, {Reg: 5, Strides: zero, Reduce: true},
		},
	}
	s := kernels.Shape{n}
	outs := b.Fused(f, []Out{{s, p}, {s, m}, {s, v}, {kernels.Shape{}, NoValue}}, p, m, v, g, rate)
	b.Output("norm", outs[3])
	return b
}

// patternProgram stores |x| and sums it over every leading and every trailing block of axes,
// all in one group, with x read densely and y along its rows.
func patternProgram(dt kernels.DType, s kernels.Shape) *Builder {
	b := NewBuilder(fmt.Sprintf("patterns %v %v", s, dt), dt)
	r := newSource(3)
	x := b.random(r, "x", s...)
	row := s[len(s)-1]
	y := b.random(r, "y", row)
	all := sketchInput{keep: make([]bool, len(s)), axes: make([]int, len(s))}
	for i := range s {
		all.keep[i], all.axes[i] = true, i
	}
	onRow := make([]int, len(s))
	onRow[len(s)-1] = 1
	f := &kernels.Fused{
		Shape: s, Ins: []kernels.Operand{{Strides: all.strides(s)}, {Strides: onRow}},
		Code: []kernels.FusedOp{{Op: kernels.Mul, Args: [3]int16{0, 1}}, {Op: kernels.Abs, Args: [3]int16{2}}},
		Outs: []kernels.FusedOut{{Reg: 3, Strides: all.strides(s)}, {Reg: 0, Strides: all.strides(s)}},
	}
	outs := []Out{{s, NoValue}, {s, NoValue}}
	for cut := range len(s) + 1 {
		for _, leading := range []bool{false, true} {
			kept := sketchInput{keep: make([]bool, len(s)), axes: all.axes}
			shape := kernels.Shape{}
			for a := range s {
				if kept.keep[a] = (a < cut) != leading; kept.keep[a] {
					shape = append(shape, s[a])
				}
			}
			f.Outs = append(f.Outs, kernels.FusedOut{Reg: int16(2 + len(f.Outs)%2), Strides: kept.strides(s), Reduce: true})
			outs = append(outs, Out{shape, NoValue})
		}
	}
	for i, id := range b.Fused(f, outs, x, y) {
		b.Output(fmt.Sprint("out", i), id)
	}
	return b
}

// generated checks the programs of Programs, one step and three.
func generated(t *testing.T, dev kernels.Device) {
	for i, g := range Programs() {
		if testing.Short() && i%4 > 1 {
			continue
		}
		dt := g.Program.DType
		got, err := Exec(dev, g.Program, g.Slots, 5, 3)
		if err != nil {
			t.Errorf("%s: %v", g.Name, err)
			continue
		}
		want := g.Slots
		for step := range uint64(3) {
			want = Eval(g.Program, want, 5+step)
		}
		for name, w := range want {
			tol := groupTolerance(dt)
			if g.Reduces {
				tol *= 6000 / float64(len(w)) // the largest space, spread over the elements kept
			}
			if diff := Mismatch(got[name], w, nil, tol, dt); diff != "" {
				t.Errorf("%s: %s: %s", g.Name, name, diff)
			}
		}
	}
}
