package kernelstest

import (
	"hash/fnv"
	"math"
	"sync"
	"testing"

	"elbo/kernels"
)

// check runs a program once and compares every slot it writes with the oracle.
func check(t *testing.T, dev kernels.Device, b *Builder, tol float64, step uint64, linear bool) {
	t.Helper()
	p := b.Program()
	got, err := Exec(dev, p, b.Feed, step, 1)
	if err != nil {
		t.Errorf("%s: %v", p.Name, err)
		return
	}
	a := expected(p, b.Feed, step, linear && tol > 0)
	errorsSeen.see(p, got, a, tol)
	for name, want := range a.want {
		if diff := Mismatch(got[name], want, a.scale[name], tol, p.DType); diff != "" {
			t.Errorf("%s, step %d: %s: %s", p.Name, step, name, diff)
		}
	}
}

// answer is what the oracle says about one run: contents of written slots, and the sums of
// magnitudes that scale the tolerance of linear ops.
type answer struct{ want, scale map[string][]float64 }

// question tells runs apart: program, step, and a hash of seed and slot contents.
type question struct {
	name   string
	step   uint64
	hash   uint64
	linear bool
}

// answers keeps what the slow oracle said, for suites run on several devices in one process.
var answers sync.Map

func expected(p *kernels.Program, slots map[string][]float64, step uint64, linear bool) answer {
	q := question{p.Name, step, p.Seed, linear}
	for i := range p.Slots {
		q.hash = q.hash*31 + hashOf(slots[p.Slots[i].Name])
	}
	if a, ok := answers.Load(q); ok {
		return a.(answer)
	}
	a := answer{want: written(p, Eval(p, slots, step))}
	if linear {
		a.scale = written(p, Eval(p, absolute(slots), step))
	}
	answers.Store(q, a)
	return a
}

func hashOf(x []float64) uint64 {
	h := fnv.New64a()
	var raw [8]byte
	for _, v := range x {
		bits := math.Float64bits(v)
		for i := range raw {
			raw[i] = byte(bits >> (8 * i))
		}
		h.Write(raw[:])
	}
	return h.Sum64()
}

// written keeps the slots a program may write.
func written(p *kernels.Program, slots map[string][]float64) map[string][]float64 {
	out := map[string][]float64{}
	for i := range p.Slots {
		if s := &p.Slots[i]; s.Kind.Written() {
			out[s.Name] = slots[s.Name]
		}
	}
	return out
}
