package feed

import (
	"errors"
	"sync"
	"testing"

	"elbo/graph"
	"elbo/kernels"
	"elbo/kernels/ref"
)

// far is a device whose memory the host cannot address, and whose Write may run beside the other methods.
type far struct {
	graph.Device
	*ledger
}

// ledger counts the buffers of a far device and says what fails.
type ledger struct {
	mu       sync.Mutex
	live     int
	room     int // buffers left; refused beyond
	badWrite bool
	badFree  bool
}

func newFar() far { return far{ref.Open(), &ledger{room: 1000}} }

var errFar = errors.New("far away")

type farBuffer struct{ graph.Buffer }

type farExec struct{ kernels.Executable }

func (farBuffer) Host() []byte { return nil }

func (d far) Alloc(n int) (graph.Buffer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.room == 0 {
		return nil, graph.ErrOutOfMemory
	}
	b, err := d.Device.Alloc(n)
	d.live++
	d.room--
	return farBuffer{b}, err
}

func (d far) Free(b graph.Buffer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live--
	if d.badFree {
		return errFar
	}
	return d.Device.Free(b.(farBuffer).Buffer)
}

func (d far) Write(b graph.Buffer, at int, src []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.badWrite {
		return errFar
	}
	return d.Device.Write(b.(farBuffer).Buffer, at, src)
}

func (d far) Read(b graph.Buffer, at int, dst []byte) error {
	return d.Device.Read(b.(farBuffer).Buffer, at, dst)
}

func (d far) Compile(p *kernels.Program) (kernels.Executable, error) {
	e, err := d.Device.Compile(p)
	return farExec{e}, err
}

func (e farExec) Bind(slot int, b graph.Buffer) error {
	return e.Executable.Bind(slot, b.(farBuffer).Buffer)
}

// load compiles a graph and loads it.
func load(t *testing.T, dev graph.Device, dt graph.DType, seed uint64,
	build func(g *graph.Graph) []graph.Output) *graph.Instance {
	t.Helper()
	spec := graph.Spec{Name: "test", Seed: seed}
	g, err := graph.Build(dt, func(g *graph.Graph) { spec.Outputs = build(g) })
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(g, spec)
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Load(dev)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

// get runs a step and reads an output.
func get(t *testing.T, in *graph.Instance, step int64, name string) []float64 {
	t.Helper()
	if err := in.Run(uint64(step), 1); err != nil {
		t.Fatal(err)
	}
	v, err := in.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
