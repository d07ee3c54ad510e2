package kernelstest

import (
	"fmt"
	"testing"

	"elbo/kernels"
)

// sizes straddle vector widths and tiles.
var sizes = []int{1, 2, 31, 32, 33, 127, 128, 129, 255, 256, 257, 1000}

// longSize is no multiple of anything.
const longSize = 100003

// immediates are the test immediates of ops that have some; the first is used everywhere.
var immediates = map[kernels.Op][][2]float64{
	kernels.Affine: {{1.7, -0.3}, {0, 2}, {-1, 0}, {1e-3, 1e3}},
	kernels.Clamp:  {{-1, 1.5}, {0, 0}, {-100, 100}},
	kernels.PowImm: {{2.5, 0}, {-1, 0}, {0.5, 0}, {2, 0}, {3, 0}, {0, 0}, {1, 0}, {-0.5, 0}},
	kernels.Axpy:   {{-0.75, 0}, {1, 0}, {0, 0}},
}

func firstImmediates(op kernels.Op) (m [2]float64) {
	if list := immediates[op]; len(list) > 0 {
		m = list[0]
	}
	return m
}

// spans are the operand shapes, by number of operands, that broadcast to (33, 127) or to rank 4.
var spans = [4][][]kernels.Shape{
	1: {{{}}, {{1, 1}}, {{3, 5, 7}}, {{2, 3, 1, 9}}, {{0}}, {{4, 0}}},
	2: {
		{{33, 127}, {}}, {{}, {33, 127}}, {{33, 127}, {127}}, {{127}, {33, 127}}, {{33, 127}, {33, 1}},
		{{33, 1}, {33, 127}}, {{33, 1}, {127}}, {{1, 127}, {33, 1}}, {{}, {}}, {{1}, {1, 1}},
		{{2, 1, 5, 1}, {3, 1, 7}}, {{2, 3, 5, 7}, {5, 1}}, {{300}, {1}}, {{0}, {1}}, {{2, 300}, {2, 1}},
	},
	3: {
		{{33, 127}, {127}, {33, 1}}, {{33, 1}, {33, 127}, {}}, {{}, {127}, {33, 127}}, {{127}, {33, 1}, {}},
		{{}, {}, {}}, {{2, 1, 5, 1}, {3, 1, 7}, {2, 3, 1, 1}}, {{300}, {}, {}}, {{}, {300}, {}}, {{}, {}, {300}},
	},
}

// elementwise checks every elementwise op on dense operands of many sizes, on broadcast
// operands, on transposed operands and with several immediates, all in one program an op.
func elementwise(t *testing.T, dev kernels.Device) {
	for _, row := range kernels.Elementwise() {
		for _, dt := range dtypes {
			t.Run(fmt.Sprintf("%v/%v", row.Op, dt), func(t *testing.T) {
				b := NewBuilder(fmt.Sprintf("%v %v", row.Op, dt), dt)
				r := uint64(row.Op)
				for _, n := range sizes {
					addApplication(b, r, &row, fmt.Sprint("n", n), firstImmediates(row.Op), repeat(kernels.Shape{n}, row.Arity))
				}
				for i, shapes := range spans[row.Arity] {
					addApplication(b, r, &row, fmt.Sprintf("span%d%v", i, shapes), firstImmediates(row.Op), shapes)
				}
				for i, m := range immediates[row.Op] {
					addApplication(b, r, &row, fmt.Sprintf("imm%d", i), m, repeat(kernels.Shape{257}, row.Arity))
				}
				addTransposed(b, r, &row)
				check(t, dev, b, tolerance(row.Op, dt), 0, false)
				if !testing.Short() {
					checkLong(t, dev, &row, dt)
				}
			})
		}
	}
}

func repeat(s kernels.Shape, n int) []kernels.Shape {
	out := make([]kernels.Shape, n)
	for i := range out {
		out[i] = s
	}
	return out
}

// checkLong runs an op on long operands, whose numbers repeat after period.
func checkLong(t *testing.T, dev kernels.Device, row *kernels.OpInfo, dt kernels.DType) {
	t.Helper()
	results := map[int][]float64{}
	for _, n := range []int{period, longSize} {
		b := NewBuilder(fmt.Sprintf("%v %v of %d", row.Op, dt, n), dt)
		addApplication(b, uint64(row.Op), row, "y", firstImmediates(row.Op), repeat(kernels.Shape{n}, row.Arity))
		if n == period {
			results[n] = Eval(b.Program(), b.Feed, 0)["y"]
		} else {
			results[n] = mustExec(t, dev, b, 0, 1)["y"]
		}
	}
	want := make([]float64, 0, longSize+period)
	for len(want) < longSize {
		want = append(want, results[period]...)
	}
	if diff := Mismatch(results[longSize], want[:longSize], nil, tolerance(row.Op, dt), dt); diff != "" {
		t.Errorf("%v of %d %v: %s", row.Op, longSize, dt, diff)
	}
}

// operands adds one input per operand, drawn from the op's domains: the same numbers for the
// same seed, so that the oracle sees few different ones.
func operands(b *Builder, seed uint64, row *kernels.OpInfo, name string, shapes []kernels.Shape) []kernels.ValueID {
	args := make([]kernels.ValueID, row.Arity)
	r := newSource(seed)
	for i, s := range shapes {
		x := rounded(r.within(s.Size(), row.Domain[i]), b.DType())
		args[i] = b.Input(fmt.Sprintf("%s/%d", name, i), x, s...)
	}
	return args
}

func addApplication(b *Builder, seed uint64, row *kernels.OpInfo, name string, m [2]float64, shapes []kernels.Shape) {
	b.Output(name, b.Elem(row.Op, m, operands(b, seed, row, name, shapes)...))
}

// addTransposed walks (33, 65) with operands stored as (65, 33), and writes one result
// straight and one transposed.
func addTransposed(b *Builder, seed uint64, row *kernels.OpInfo) {
	const rows, cols = 33, 65
	args := operands(b, seed, row, "transposed", repeat(kernels.Shape{cols, rows}, row.Arity))
	m := firstImmediates(row.Op)
	code := kernels.FusedOp{Op: row.Op, Imm0: m[0], Imm1: m[1]}
	f := &kernels.Fused{Shape: kernels.Shape{rows, cols}}
	for i := range args {
		f.Ins = append(f.Ins, kernels.Operand{Strides: []int{1, rows}})
		code.Args[i] = int16(i)
	}
	f.Code = []kernels.FusedOp{code}
	reg := int16(len(args))
	f.Outs = []kernels.FusedOut{{Reg: reg, Strides: []int{cols, 1}}, {Reg: reg, Strides: []int{1, rows}}}
	outs := b.Fused(f, []Out{{kernels.Shape{rows, cols}, NoValue}, {kernels.Shape{cols, rows}, NoValue}}, args...)
	b.Output("straight", outs[0])
	b.Output("back", outs[1])
}
