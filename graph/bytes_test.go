package graph

import (
	"testing"

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

// Arithmetic on bytes, and moving them about, is refused with a hint.
func TestBytesAreNotNumbers(t *testing.T) {
	for op, f := range map[string]func(b *Node) *Node{
		"neg": Neg, "slice": func(b *Node) *Node { return Slice(b, 0, 0, 1) }, "toint": ToInt,
		"transpose": func(b *Node) *Node { return Transpose(b) },
	} {
		if be := misuse(t, func(g *Graph) { f(g.ResidentBytes("b", 3, 2)) }); be.Op != op {
			t.Errorf("%s was refused at %q", op, be.Op)
		}
	}
}
