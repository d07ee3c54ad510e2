package feed

import (
	"errors"
	"strings"
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
)

// told is a device that says what memory it has.
type told struct {
	graph.Device
	free, all, beside int64
}

func (d told) Report() graph.Report {
	return graph.Report{Name: "told", Free: d.free, Memory: d.all, Beside: d.beside}
}

// TestPlace decides by memory, device and wish.
func TestPlace(t *testing.T) {
	near, far := ref.Open(), newFar()
	for name, c := range map[string]struct {
		wish     Wish
		resident bool
		why      string
		err      error
	}{
		"never":              {Wish{Want: ResidentNever, Device: far}, false, "as asked", nil},
		"far":                {Wish{Device: far, Bytes: 100, Work: 100}, true, "suffice", nil},
		"near":               {Wish{Device: near, Bytes: 100, Near: 99}, false, "host addresses", nil},
		"near and small":     {Wish{Device: near, Bytes: 100, Near: 100}, true, "suffice", nil},
		"near, asked for":    {Wish{Want: ResidentAlways, Device: near, Bytes: 100}, true, "as asked", nil},
		"just fits":          {Wish{Device: told{far, 1600, 9999, 0}, Bytes: 1000, Work: 500}, true, "suffice", nil},
		"reserve":            {Wish{Device: told{far, 1600, 9999, 0}, Bytes: 1000, Work: 501}, false, "can be used", nil},
		"beside, fits":       {Wish{Device: told{far, 1600, 9999, 7}, Bytes: 1000, Work: 493}, true, "suffice", nil},
		"beside":             {Wish{Device: told{far, 1600, 9999, 7}, Bytes: 1000, Work: 494}, false, "can be used", nil},
		"half of the memory": {Wish{Device: told{far, 0, 3200, 0}, Bytes: 1501}, false, "can be used", nil},
		"unknown memory":     {Wish{Device: far, Bytes: 4 << 30}, false, "can be used", nil},
		"must fit": {Wish{Want: ResidentAlways, Device: told{near, 1600, 9999, 0}, Rows: 10, Bytes: 2000, Work: 500},
			false, "can be used", graph.ErrOutOfMemory},
		"obstacle":        {Wish{Device: far, Obstacle: "no bytes"}, false, "no bytes", nil},
		"must, but can't": {Wish{Want: ResidentAlways, Device: far, Obstacle: "no bytes"}, false, "", ErrResident},
	} {
		p, err := Place(c.wish)
		if p.Resident != c.resident || !strings.Contains(p.Why, c.why) || !errors.Is(err, c.err) || p.String() == "" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if name == "must fit" && !strings.Contains(err.Error(), "about 5 rows would fit") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if far.live != 0 {
		t.Errorf("%d buffers are left", far.live)
	}
}

// TestProgramBytes are those of slots and of values in between.
func TestProgramBytes(t *testing.T) {
	p := load(t, ref.Open(), graph.F64, 0, func(g *graph.Graph) []graph.Output {
		x := g.Data("x", 4, 4)
		return []graph.Output{{Name: "y", Node: graph.MatMul(graph.MatMul(x, x), x)}}
	}).Program()
	// x, y and their product in between, of 4×4 numbers each.
	if got := ProgramBytes(p); got != 3*16*8 {
		t.Errorf("%d bytes, want %d", got, 3*16*8)
	}
}

// TestResidencies have names.
func TestResidencies(t *testing.T) {
	for _, name := range Residencies() {
		if r, ok := ParseResidency(name); !ok || r.String() != name {
			t.Errorf("%s: %v, %v", name, r, ok)
		}
	}
	if _, ok := ParseResidency("sometimes"); ok {
		t.Error("an unknown name")
	}
}
