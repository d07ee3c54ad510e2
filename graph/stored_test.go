package graph

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"elbo/kernels"
	"elbo/kernels/ref"
)

// Bytes stay bytes until they are converted: a batch of rows of a resident table, its floats,
// and bytes written for the run, on a device and by reference.
func TestResidentBytes(t *testing.T) {
	var rows, pair *Node
	g, err := Build(kernels.F32, func(g *Graph) {
		table := g.ResidentBytes("images", 5, 2, 2)
		rows = MulC(ToFloat(Gather(table, g.BatchIndex("batch", 5, 3))), 1./256)
		pair = ToFloat(Reshape(g.DataBytes("pair", 2, 3), 6))
	})
	if err != nil {
		t.Fatal(err)
	}
	images := make([]float64, 20)
	for i := range images {
		images[i] = float64(i*13 + 8)
	}
	given := []float64{0, 1, 127, 128, 254, 255}
	want, err := Reference(map[string][]float64{"images": images, "pair": given}, 9, 1, rows, pair)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "pair", want[1], given)
	p, err := Compile(g, Spec{Name: "bytes", Seed: 9, Outputs: []Output{{"rows", rows}, {"pair out", pair}}})
	if err != nil {
		t.Fatal(err)
	}
	if n := p.Slot("images").Bytes(); n != 20 {
		t.Errorf("20 bytes take %d", n)
	}
	in, err := p.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	set(t, in, "images", images...)
	if err := in.SetBytes("pair", []byte{0, 1, 127, 128, 254, 255}); err != nil {
		t.Fatal(err)
	}
	if err := in.Run(1, 1); err != nil {
		t.Fatal(err)
	}
	check(t, "rows", get(t, in, "rows"), want[0])
	check(t, "pair", get(t, in, "pair out"), given)
}

// A batch of rows stored as bfloat16 trains as the same numbers stored as floats do: outputs and
// gradients are equal bit for bit, and no float copy of the table is made.
func TestResidentBF16(t *testing.T) {
	const rows, cols, batch = 400, 5, 3
	table, pair := make([]float64, rows*cols), []float64{0.1, -1e-40, 1e38}
	for i := range table {
		table[i] = math.Sin(float64(i)) * 3
	}
	same := func(what string, got, want []float64) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
		build := func(
			resident func(g *Graph, name string, shape ...int) *Node, data func(g *Graph, name string, shape ...int) *Node,
		) (g *Graph, outputs []Output) {
			return mustBuild(t, dt, func(g *Graph) {
				w := g.Param("w", []float64{1, -2, 3, -4, 5}, cols)
				x := ToFloat(Gather(resident(g, "table", rows, cols), g.BatchIndex("batch", rows, batch)))
				loss := Sum(Square(MatMul(x, w)))
				outputs = []Output{{"loss", loss}, {"dw", Grad(loss, w)[0]}, {"x", x},
					{"pair out", Neg(ToFloat(data(g, "pair", 3)))}}
			}), outputs
		}
		run := func(g *Graph, outputs []Output, table, pair []float64) (*Instance, [][]float64) {
			p, err := Compile(g, Spec{Name: "stored", Seed: 9, Outputs: outputs})
			if err != nil {
				t.Fatal(err)
			}
			in, err := p.Load(ref.Open())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { in.Close() })
			set(t, in, "table", table...)
			set(t, in, "pair", pair...)
			if err := in.Run(1, 1); err != nil {
				t.Fatal(err)
			}
			var out [][]float64
			for _, o := range outputs {
				out = append(out, get(t, in, o.Name))
			}
			return in, out
		}

		g, outputs := build((*Graph).ResidentBF16, (*Graph).DataBF16)
		in, got := run(g, outputs, table, pair)
		stored, storedPair := get(t, in, "table"), get(t, in, "pair")
		for i, x := range stored {
			if x != kernels.BFloat16Value(kernels.BFloat16(table[i])) || math.Abs(x-table[i]) > math.Abs(table[i])/256 {
				t.Fatalf("%v: element %d of %v is stored as %v", dt, i, table[i], x)
			}
		}
		floats, sameOutputs := build((*Graph).Resident, (*Graph).Data)
		_, want := run(floats, sameOutputs, stored, storedPair)
		for i := range outputs {
			same(outputs[i].Name, got[i], want[i])
		}
		var nodes []*Node
		for _, o := range outputs {
			nodes = append(nodes, o.Node)
		}
		again, err := Reference(map[string][]float64{"table": table, "pair": pair}, 9, 1, nodes...)
		if err != nil {
			t.Fatal(err)
		}
		same("x by reference", got[2], again[2])
		same("pair by reference", got[3], again[3])

		p := in.Program()
		if n := p.Slot("table").Bytes(); n != 2*rows*cols {
			t.Errorf("%v: %d numbers take %d bytes", dt, rows*cols, n)
		}
		if a, b := p.Slot("table").Kind, p.Slot("pair").Kind; a != kernels.SlotData || b != kernels.SlotInput {
			t.Errorf("%v: the table is %v and the pair %v, want data and input", dt, a, b)
		}
		if p.kernel.Scratch > 1000 {
			t.Errorf("%v: %d bytes of scratch for batches of %d numbers", dt, p.kernel.Scratch, batch*cols)
		}
		if most := int64(1000); p.Bytes() > most {
			t.Errorf("%v: a run is said to move %d bytes, want at most %d", dt, p.Bytes(), most)
		}
	}
}

// Gorgonia has no bfloat16: it sees float32, tensors and scalars, and an op evaluated there rounds nothing.
func TestBF16InGorgonia(t *testing.T) {
	mustBuild(t, kernels.F64, func(g *Graph) {
		table := g.ResidentBF16("table", 3, 2)
		if got := table.Dtype(); got != gorgonia.Float32 {
			t.Errorf("Gorgonia sees %v", got)
		}
		rows := Gather(table, g.DataInt("rows", 2))
		v, err := rows.Op().(*Op).Do(toValue([]float64{1, 2, 3, 4, 0.5, -6}, kernels.BF16, ShapeOf(table)),
			toValue([]float64{2, 0}, kernels.I32, kernels.Shape{2}))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := v.Data(), []float32{0.5, -6, 1, 2}; !reflect.DeepEqual(got, want) {
			t.Errorf("gathered %v, want %v", got, want)
		}
		if got := toValue([]float64{0.5}, kernels.BF16, nil).Data(); got != float32(0.5) {
			t.Errorf("a scalar is %v of %T", got, got)
		}
	})
}

// Gradients end where stored data begins, and asking for one says why there is none.
func TestStoredDataHasNoGradient(t *testing.T) {
	for name, declare := range map[string]func(g *Graph, name string, shape ...int) *Node{
		"uint8": (*Graph).ResidentBytes, "bfloat16": (*Graph).ResidentBF16,
	} {
		be := misuse(t, func(g *Graph) {
			x := declare(g, "x", 3)
			Grad(Sum(Square(ToFloat(x))), x)
		})
		if be.Op != "Grad" || !strings.Contains(be.Error(), name+" has no gradient") {
			t.Errorf("%s: %v", name, be)
		}
	}
}

// Arithmetic on what is only stored, and moving it about, is refused with a hint that names the type.
func TestStoredDataIsNotNumbers(t *testing.T) {
	ops := []struct {
		name string
		f    func(x *Node) *Node
	}{
		{"neg", Neg}, {"toint", ToInt},
		{"slice", func(x *Node) *Node { return Slice(x, 0, 0, 1) }},
		{"transpose", func(x *Node) *Node { return Transpose(x) }},
		{"matmul", func(x *Node) *Node { return MatMul(x, x) }},
		{"scatteradd", func(x *Node) *Node { return ScatterAdd(GraphOf(x).DataInt("i", 3), x, 4) }},
	}
	for _, op := range ops {
		for name, declare := range map[string]func(g *Graph, name string, shape ...int) *Node{
			"uint8": (*Graph).DataBytes, "bfloat16": (*Graph).DataBF16,
		} {
			be := misuse(t, func(g *Graph) { op.f(declare(g, "x", 3, 3)) })
			if be.Op != op.name || !strings.Contains(be.Error(), name) || !strings.Contains(be.Error(), "ToFloat") {
				t.Errorf("%s of %s: %v", op.name, name, be)
			}
		}
	}
}
