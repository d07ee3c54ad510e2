package lower

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"elbo/kernels"
	"elbo/kernels/kernelstest"
)

// shapes are spaces whose groups have every pattern of joining, short and long.
var shapes = []kernels.Shape{{1}, {257}, {33, 127}, {3, 5, 64}, {2, 3, 4, 5}, {300000}, {7, 50000}, {50000, 7}}

// everyOp is a program with every op of the table, lowered for its text.
func everyOp(dt kernels.DType) *kernels.Program {
	b := kernelstest.NewBuilder("every op "+dt.String(), dt)
	none := [2]float64{0.5, 1.5}
	x, y := b.Input("x", nil, 6, 4), b.Input("y", nil, 4)
	for _, row := range kernels.Elementwise() {
		args := []kernels.ValueID{x, y, x}[:row.Arity]
		b.Output("out "+row.Name, b.Elem(row.Op, none, args...))
	}
	for i, s := range shapes {
		z := b.Input("z"+string(rune('0'+i)), nil, s...)
		for mask := range 1 << len(s) {
			var axes []int
			for a := range s {
				if mask>>a&1 == 1 {
					axes = append(axes, a)
				}
			}
			b.Output("sum"+s.String()+string(rune('0'+mask)), b.Apply(kernels.SumReduce, kernels.Attr{Axes: axes}, z))
			b.Output("max"+s.String()+string(rune('0'+mask)), b.Apply(kernels.MaxReduce, kernels.Attr{Axes: axes}, z))
		}
	}
	structural(b, x, y)
	return b.Program()
}

// texts are programs whose texts have every op and a sweep.
func texts(dt kernels.DType) []*kernels.Program {
	c := kernelstest.Regression{DType: dt, Rows: 1000, Cols: 100, Draws: 2, Table: 300}
	return []*kernels.Program{everyOp(dt), c.Build().Program()}
}

func structural(b *kernelstest.Builder, x, y kernels.ValueID) {
	type S = kernels.Shape
	idx := b.Index("idx", nil, 4)
	square := b.Input("square", nil, 4, 4)
	wide := b.Input("wide", nil, 40, 30)
	long := b.Input("long", nil, 3, 5000)
	images := b.Input("images", nil, 2, 5, 6, 3)
	win := kernels.Window{Kernel: [2]int{3, 2}, Stride: [2]int{2, 1}, Pad: [2]int{1, 0}}
	patches := b.Apply(kernels.Im2Col, kernels.Attr{Window: win}, images)
	for name, v := range map[string]kernels.ValueID{
		"copy":        b.Apply(kernels.Copy, kernels.Attr{Shape: S{6, 4}}, y),
		"transpose":   b.Apply(kernels.Transpose, kernels.Attr{Axes: []int{1, 0}}, x),
		"flip":        b.Apply(kernels.Transpose, kernels.Attr{Axes: []int{1, 0}}, wide),
		"slice":       b.Apply(kernels.Slice, kernels.Attr{Axis: 1, Start: 1, N: 2}, x),
		"pad":         b.Apply(kernels.Pad, kernels.Attr{Axis: 0, Start: 1, Shape: S{9, 4}}, x),
		"concat":      b.Apply(kernels.Concat, kernels.Attr{Axis: 0}, x, square),
		"cumsum":      b.Apply(kernels.CumSum, kernels.Attr{Axis: 1}, x),
		"scan":        b.Apply(kernels.CumSum, kernels.Attr{Axis: 1, Flag: true}, long),
		"product":     b.Apply(kernels.MatMul, kernels.Attr{}, x, y),
		"products":    b.Apply(kernels.MatMul, kernels.Attr{TransB: true}, x, square),
		"gather":      b.Apply(kernels.Gather, kernels.Attr{}, x, idx),
		"scatteradd":  b.Apply(kernels.ScatterAdd, kernels.Attr{Shape: S{9, 4}}, idx, square),
		"addrows":     b.Apply(kernels.ScatterAdd, kernels.Attr{Shape: S{900, 4}}, idx, square),
		"tril":        b.Apply(kernels.Tril, kernels.Attr{}, square),
		"diag":        b.Apply(kernels.Diag, kernels.Attr{}, square),
		"diagembed":   b.Apply(kernels.DiagEmbed, kernels.Attr{}, y),
		"panels":      b.Apply(kernels.Cholesky, kernels.Attr{}, b.Input("large", nil, 150, 150)),
		"cholesky":    b.Apply(kernels.Cholesky, kernels.Attr{}, square),
		"trisolve":    b.Apply(kernels.TriSolve, kernels.Attr{TransA: true}, square, y),
		"iota":        b.Apply(kernels.Iota, kernels.Attr{Shape: S{3, 4}}),
		"step":        b.Apply(kernels.Step, kernels.Attr{}),
		"uniform":     b.Apply(kernels.RandUniform, kernels.Attr{Shape: S{9}}),
		"normal":      b.Apply(kernels.RandNormal, kernels.Attr{Shape: S{9}}),
		"batchindex":  b.Apply(kernels.BatchIndex, kernels.Attr{N: 10, Shape: S{4}}),
		"tofloat":     b.Apply(kernels.ToFloat, kernels.Attr{}, idx),
		"im2col":      patches,
		"col2im":      b.Apply(kernels.Col2Im, kernels.Attr{Window: win, Shape: S{2, 5, 6, 3}}, patches),
		"uniformrows": b.Apply(kernels.UniformRows, kernels.Attr{N: 3}, idx),
		"toint":       b.Apply(kernels.ToInt, kernels.Attr{}, y),
	} {
		b.Output("out "+name, v)
	}
}

// TestSourceCompiles has g++ check the text of a program with every op.
func TestSourceCompiles(t *testing.T) {
	gxx, err := exec.LookPath("g++")
	if err != nil {
		t.Skip("no g++ here: the text of the kernels is not checked")
	}
	shim, err := os.ReadFile("testdata/shim.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range slices.Concat(texts(kernels.F32), texts(kernels.F64)) {
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		plan, err := Lower(p)
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(t.TempDir(), "kernels.cc")
		text := string(shim) + plan.Source
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(gxx, "-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter",
			"-Wno-unused-variable", "-Wno-unused-function", "-Wno-unknown-pragmas", "-Wno-unused-but-set-variable", at)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%.4000s", p.Name, err, out)
		}
		for _, name := range plan.Kernels {
			if !strings.Contains(plan.Source, " "+name+"(") {
				t.Errorf("kernel %s is not in the source", name)
			}
		}
	}
}

// TestSameTextIsOneKernel: sizes are arguments, so dense work of any length shares its kernel, and
// the text does not depend on the order a map was walked in.
func TestSameTextIsOneKernel(t *testing.T) {
	program := func() *Plan {
		b := kernelstest.NewBuilder("sizes", kernels.F32)
		for i, n := range []int{1, 33, 1000, 100000} {
			x := b.Input("x"+string(rune('0'+i)), nil, n)
			b.Output("y"+string(rune('0'+i)), b.Elem(kernels.Exp, [2]float64{}, x))
			b.Output("sum"+string(rune('0'+i)), b.Apply(kernels.SumReduce, kernels.Attr{Axes: []int{0}}, x))
		}
		plan, err := Lower(b.Program())
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	plan := program()
	if len(plan.Kernels) > 4 {
		t.Errorf("kernels %v, want one per work and shape of index", plan.Kernels)
	}
	if !bytes.Equal([]byte(plan.Source), []byte(program().Source)) {
		t.Error("the same program has two texts")
	}
}

// TestLiteral: numbers read back to the same bits, and a float32 program rounds them first.
func TestLiteral(t *testing.T) {
	for _, c := range []struct {
		x    float64
		dt   kernels.DType
		want string
	}{
		{0.1, kernels.F32, "(0x1.99999ap-04f)"}, {0.1, kernels.F64, "(0x1.999999999999ap-04)"},
		{-2, kernels.F64, "(-0x1p+01)"},
		{1e300, kernels.F32, "ELBO_INFF"}, {0, kernels.F64, "(0x0p+00)"},
	} {
		if got := literal(c.x, c.dt); got != c.want {
			t.Errorf("%v %v: %s, want %s", c.x, c.dt, got, c.want)
		}
	}
}

// TestEveryOpHasARule walks the op table.
func TestEveryOpHasARule(t *testing.T) {
	for _, row := range kernels.Elementwise() {
		if opText[row.Op] == "" {
			t.Errorf("elementwise op %v has no text", row.Op)
		}
	}
	for _, row := range kernels.Structural() {
		if rules[row.Op] == nil {
			t.Errorf("op %v has no rule", row.Op)
		}
	}
}

// TestLevels: nodes that touch the same memory, one of them writing, are on different levels in
// their order; independent ones share a level.
func TestLevels(t *testing.T) {
	b := kernelstest.NewBuilder("levels", kernels.F32)
	none := [2]float64{}
	x, y := b.State("x", nil, 8), b.Input("y", nil, 8)
	e := b.Elem(kernels.Exp, none, x)                  // 0: reads x
	n := b.Elem(kernels.Neg, none, y)                  // 0
	b.Update(x, b.Elem(kernels.Add, none, e, n))       // 1, and 2 writes x
	b.Output("after", b.Elem(kernels.Square, none, x)) // 3 reads x
	p := b.Program()
	plan, err := Lower(p)
	if err != nil {
		t.Fatal(err)
	}
	levels := plan.levels(p)
	if got := fmt.Sprint(levels); got != "[[0 1] [2] [3] [4]]" {
		t.Errorf("levels %s", got)
	}
}

// TestOnePointReadsInRange: in a space of one point only the thread of that point reads, since a result
// may take the operand's place.
func TestOnePointReadsInRange(t *testing.T) {
	b := kernelstest.NewBuilder("count", kernels.F32)
	n := b.State("n", []float64{3}, 1)
	b.Update(n, b.Elem(kernels.Affine, [2]float64{1, 1}, n))
	plan, err := Lower(b.Program())
	if err != nil {
		t.Fatal(err)
	}
	body := plan.Source[strings.Index(plan.Source, "void fused0("):]
	body = body[strings.Index(body, "{"):] // past the parameters
	if load, guard := strings.Index(body, "i0["), strings.Index(body, "if (q < count)"); load < guard || guard < 0 {
		t.Errorf("the operand is read before the range is looked at:\n%s", body)
	}
}
