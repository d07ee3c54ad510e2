package regress

import (
	"errors"
	"slices"

	"elbo/data/formula"
	"elbo/graph"
)

// passSlots is the number of chunks held at once: one folded, one ready, one being made.
const passSlots = 3

// pass is a float64 program that folds all used rows in file order, chunk by chunk. A goroutine of its own encodes
// the next chunk while one is folded.
type pass struct {
	d     *design
	ins   []*graph.Instance // each folds every chunk
	enc   *encoder
	size  int
	slots []*batchSlot
}

// newPass compiles a pass over chunks of size rows: build returns the accumulators' updates
// (all are cleared by run) given the batch inputs. The program is loaded copies times.
func (d *design) newPass(dev graph.Device, name string, size, copies int,
	build func(g *graph.Graph, in inputs) []graph.Assign) (*pass, error) {
	spec := graph.Spec{Name: name}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) { spec.Assign = build(g, d.newInputs(g, size)) })
	if err != nil {
		return nil, err
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		return nil, err
	}
	p := &pass{d: d, size: size}
	if p.enc, err = d.newEncoder(size); err != nil {
		return nil, err
	}
	if p.slots, err = newSlots(dev, p.enc, passSlots, graph.F64); err != nil {
		return nil, err
	}
	for range copies {
		in, err := prog.Load(dev)
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		p.ins = append(p.ins, in)
	}
	return p, nil
}

// set writes states of one copy and clears the others.
func (p *pass) set(copy int, states map[string][]float64) error {
	in := p.ins[copy]
	for _, name := range in.Program().StateNames() {
		v, given := states[name]
		if !given {
			v = make([]float64, in.Program().Slot(name).Shape.Size())
		}
		if err := in.Set(name, v); err != nil {
			return err
		}
	}
	return nil
}

// run folds the kept rows: all of them in file order, or those of a sample.
func (p *pass) run(sample []int64) (err error) {
	free, ready := make(chan *batchSlot, passSlots), make(chan *batchSlot, passSlots)
	quit, failed := make(chan struct{}), make(chan error, 1)
	for _, s := range p.slots {
		free <- s
	}
	go func() {
		defer close(ready)
		failed <- p.produce(sample, free, ready, quit)
	}()
	defer func() {
		close(quit)
		for range ready { // until the goroutine has ended
		}
		err = errors.Join(err, <-failed)
	}()
	step := uint64(0)
	for s := range ready {
		if err := p.fold(s, step); err != nil {
			return err
		}
		step++
		free <- s
	}
	return nil
}

// fold runs every copy on a chunk.
func (p *pass) fold(s *batchSlot, step uint64) error {
	for _, in := range p.ins {
		if err := s.bind(in); err != nil {
			return err
		}
		if err := in.Run(step, 1); err != nil {
			return err
		}
	}
	for _, in := range p.ins {
		if err := in.Sync(); err != nil { // the slot is written next
			return err
		}
	}
	return nil
}

var errQuit = errors.New("the pass was given up")

// produce encodes chunk after chunk.
func (p *pass) produce(sample []int64, free <-chan *batchSlot, ready chan<- *batchSlot, quit <-chan struct{}) error {
	emit := func(encode func() error) error {
		select {
		case <-quit:
			return errQuit
		case s := <-free:
			if err := encode(); err != nil {
				return err
			}
			if err := s.store(); err != nil {
				return err
			}
			ready <- s // has room for every slot
			return nil
		}
	}
	var err error
	if sample != nil {
		index := make([]int64, p.size)
		for part := range slices.Chunk(sample, p.size) {
			n := copy(index, part) // gather writes to it
			if err = emit(func() error { return p.enc.gather(index[:n]) }); err != nil {
				break
			}
		}
	} else {
		err = formula.Scan(p.d.table, p.d.kept, p.size, func(recs []byte, n int, _ int64) error {
			return emit(func() error { return p.enc.encode(recs, n) })
		})
	}
	if errors.Is(err, errQuit) {
		return nil
	}
	return err
}

// get reads an accumulator of one copy.
func (p *pass) get(copy int, name string) ([]float64, error) { return p.ins[copy].Get(name) }

// fold returns the update acc ← acc + x of a new accumulator.
func fold(g *graph.Graph, name string, x *graph.Node) graph.Assign {
	acc := g.State(name, nil, graph.ShapeOf(x)...)
	return graph.Assign{State: acc, Value: graph.Add(acc, x)}
}

func (p *pass) close() error {
	var errs []error
	for _, in := range p.ins {
		errs = append(errs, in.Close())
	}
	return errors.Join(append(errs, freeSlots(p.slots))...)
}
