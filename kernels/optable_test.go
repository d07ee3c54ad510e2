package kernels

import (
	"math"
	"testing"
)

// Rows stand at their op's number, so that Info and the devices' tables find them.
func TestOpTable(t *testing.T) {
	if got := len(Elementwise()); got != NumElementwise-1 {
		t.Errorf("%d elementwise rows for %d ops", got, NumElementwise-1)
	}
	if got, want := len(Structural()), int(numStructural-OpStructural)-1; got != want {
		t.Errorf("%d structural rows for %d ops", got, want)
	}
	names := map[string]bool{}
	check := func(row OpInfo, op Op) {
		if row.Op != op || Info(op) == nil || Info(op).Name != row.Name || op.String() != row.Name {
			t.Errorf("row %q stands for op %d, not %d", row.Name, row.Op, op)
		}
		if row.Name == "" || names[row.Name] {
			t.Errorf("op %d: name %q is empty or taken", op, row.Name)
		}
		names[row.Name] = true
		if row.Tol32 < row.Tol64 {
			t.Errorf("%s: float32 tolerance %v is below float64's %v", row.Name, row.Tol32, row.Tol64)
		}
	}
	for i, row := range Elementwise() {
		check(row, Op(i+1))
		if len(row.Domain) != row.Arity || row.Arity < 1 || row.Arity > 3 || row.Flops < 1 || row.Imms > 2 {
			t.Errorf("%s: %d domains for %d operands, %d flops, %d immediates",
				row.Name, len(row.Domain), row.Arity, row.Flops, row.Imms)
		}
		for _, d := range row.Domain {
			if !(d.Lo < d.Hi) || math.IsInf(d.Hi-d.Lo, 0) {
				t.Errorf("%s: domain %v", row.Name, d)
			}
		}
		if row.Commute && row.Arity != 2 {
			t.Errorf("%s commutes with %d operands", row.Name, row.Arity)
		}
	}
	for i, row := range Structural() {
		check(row, OpStructural+1+Op(i))
	}
	for _, op := range []Op{OpNone, numElementwise, OpStructural, numStructural, 9999} {
		if Info(op) != nil || op.String() != "invalid" {
			t.Errorf("op %d has a row: %v", op, Info(op))
		}
	}
}

func TestBroadcast(t *testing.T) {
	type S = Shape
	tests := []struct{ a, b, want Shape }{
		{nil, nil, S{}}, {S{3}, nil, S{3}}, {nil, S{3}, S{3}}, {S{3, 1}, S{4}, S{3, 4}}, {S{1}, S{0}, S{0}},
		{S{2, 1, 5}, S{3, 1}, S{2, 3, 5}}, {S{2}, S{3}, nil}, {S{0}, S{2}, nil}, {S{2, 3}, S{2}, nil},
	}
	for _, tc := range tests {
		for _, pair := range [][2]Shape{{tc.a, tc.b}, {tc.b, tc.a}} {
			got, err := Broadcast(pair[0], pair[1])
			if (err != nil) != (tc.want == nil) || !got.Equal(tc.want) {
				t.Errorf("Broadcast(%v, %v) = %v, %v; want %v", pair[0], pair[1], got, err, tc.want)
			}
		}
	}
}

func TestShapeAndTypeNames(t *testing.T) {
	s := Shape{2, 0, 3}
	c := s.Clone()
	c[0] = 9
	if s.String() != "(2, 0, 3)" || Shape(nil).String() != "()" || s.Size() != 0 || Shape(nil).Size() != 1 || s[0] != 2 {
		t.Errorf("shape %v, scalar %v", s, Shape(nil))
	}
	if F32.Size() != 4 || F64.Size() != 8 || I32.Size() != 4 {
		t.Error("element sizes")
	}
	if F64.String() != "float64" || DType(9).String() != "DType(9)" {
		t.Error("type names")
	}
	if SlotState.String() != "state" || !SlotOutput.Written() || SlotData.Written() {
		t.Error("slot kinds")
	}
}
