package graph

import (
	"slices"
	"testing"

	"elbo/kernels"
)

// backendOf compiles the random program up to its memory plan.
func backendOf(t *testing.T, pr *program, m mode) *backend {
	t.Helper()
	c := newCode(pr.spec.Name, pr.g.dt)
	p, err := compileGraph(pr.g, pr.spec, c, plainMode)
	if err != nil {
		t.Fatal(err)
	}
	results := slices.Concat(p.outputs, c.stateResults())
	if m == fusedMode {
		results = c.contract(results)
	}
	b := newBackend(c, m, results)
	if m == fusedMode {
		b.fuse()
	} else {
		b.emitPlain()
	}
	b.placeResults(results)
	b.plan()
	return b
}

// overlaps finds values in scratch that share memory while both are needed, comparing every
// pair at every step. The single exception is a fused out over an operand that ends there.
func overlaps(b *backend) (first, second V, at int) {
	made, last := map[V]int{}, map[V]int{}
	for i, s := range b.steps {
		for _, v := range s.outs {
			if b.inScratch(v) {
				made[b.base[v]] = i
				last[b.base[v]] = i
			}
		}
		for _, v := range s.args {
			if b.inScratch(v) {
				last[b.base[v]] = i
			}
		}
	}
	for i, s := range b.steps {
		var live []V
		for v := range made {
			if made[v] <= i && i <= last[v] {
				live = append(live, v)
			}
		}
		for _, v := range live {
			for _, w := range live {
				p, q := b.where[v], b.where[w]
				disjoint := p.offset+p.bytes <= q.offset || q.offset+q.bytes <= p.offset
				if v < w && !disjoint && !inPlacePair(b, &s, i, made, last, v, w) && !inPlacePair(b, &s, i, made, last, w, v) {
					return v, w, i
				}
			}
		}
	}
	return noValue, noValue, 0
}

// inPlacePair reports whether step i writes out over in as the contract allows.
func inPlacePair(b *backend, s *step, i int, made, last map[V]int, in, out V) bool {
	k := slices.Index(s.outs, out)
	if s.op != kernels.OpFused || made[out] != i || last[in] != i || made[in] == i || k < 0 || s.fused.Outs[k].Reduce {
		return false
	}
	for j, a := range s.args {
		if b.base[a] == in && !slices.Equal(s.fused.Ins[j].Strides, s.fused.Outs[k].Strides) {
			return false
		}
	}
	return b.where[in].offset == b.where[out].offset && b.where[in].bytes >= b.where[out].bytes
}

func TestPlanNeverOverlapsLiveValues(t *testing.T) {
	for seed := range uint64(60) {
		pr := randomProgram(t, kernels.F64, seed, 40, true)
		for _, m := range []mode{fusedMode, plainMode, keepMode} {
			b := backendOf(t, pr, m)
			if v, w, i := overlaps(b); v != noValue {
				t.Fatalf("seed %d mode %d: values %d at %+v and %d at %+v overlap at step %d",
					seed, m, v, b.where[v], w, b.where[w], i)
			}
			for v, p := range b.where {
				need := b.c.vals[v].dtype.Size() * b.c.vals[v].shape.Size()
				if p.offset%lineBytes != 0 || p.bytes < need || p.offset+p.bytes > b.size {
					t.Fatalf("seed %d mode %d: value %d of %d bytes at %+v of %d", seed, m, v, need, p, b.size)
				}
			}
		}
	}
}

func TestPlanReusesMemory(t *testing.T) {
	var s Spec
	g, err := Build(kernels.F64, func(g *Graph) {
		x := g.Data("x", 64, 64)
		for range 50 {
			x = MatMul(x, Tanh(x))
		}
		s.Outputs = []Output{{"y", x}}
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(g, s)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.kernel.Scratch, 3*64*64*8; got > want {
		t.Errorf("%d bytes of scratch for a chain, at most %d wanted", got, want)
	}
}
