package regress

import (
	"errors"

	"elbo/graph"
	"elbo/vi/feed"
)

// pass is a float64 program that folds all used rows in file order, chunk by chunk. Where rows are resident it picks
// its chunks itself; else a goroutine encodes the next chunk while one is folded.
type pass struct {
	d    *design
	dev  graph.Device
	ins  []*graph.Instance // each folds every chunk
	enc  *encoder          // nil where rows are resident
	size int
}

// newPass compiles a pass over chunks of size rows: build returns the accumulators' updates
// (all are cleared by set) given the batch inputs. The program is loaded copies times. A pass over
// resident rows takes no samples.
func (d *design) newPass(dev graph.Device, name string, size, copies int, resident bool,
	build func(g *graph.Graph, in inputs) []graph.Assign) (*pass, error) {
	spec := graph.Spec{Name: name}
	p := &pass{d: d, dev: dev, size: size}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) {
		if resident {
			rows := feed.Chunk(g, int(d.rows()), size)
			spec.Assign = build(g, d.pickInputs(g, rows))
		} else {
			spec.Assign = build(g, d.newInputs(g, size))
		}
	})
	if err != nil {
		return nil, err
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		return nil, err
	}
	var rows *columns
	if resident {
		rows = d.resident
	} else if p.enc, err = d.newEncoder(size); err != nil {
		return nil, err
	}
	for range copies {
		in, err := prog.Load(dev, rows.use())
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

// run folds the kept rows: all of them in file order, or those of a sample, which must not be empty.
func (p *pass) run(sample []int64) error {
	rows := p.d.rows()
	if sample != nil {
		rows = int64(len(sample))
	}
	chunks := (rows + int64(p.size) - 1) / int64(p.size)
	if p.enc != nil {
		return p.feed(sample, rows, chunks)
	}
	for _, in := range p.ins {
		if err := in.Run(0, int(chunks)); err != nil {
			return err
		}
	}
	return nil
}

// feed folds rows that are encoded chunk by chunk.
func (p *pass) feed(sample []int64, rows, chunks int64) (err error) {
	f, err := feed.Start(feed.Config{
		Device: p.dev, Inputs: feed.Inputs(p.ins[0].Program(), p.d.inputNames()...), Last: chunks,
		Fill: func(step int64, s *feed.Slot) error {
			first := step * int64(p.size)
			n := int(min(rows-first, int64(p.size)))
			if err := p.encode(sample, first, n); err != nil {
				return err
			}
			p.enc.store(s)
			return nil
		},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for step := range chunks {
		if err := p.fold(f, step); err != nil {
			return err
		}
	}
	return p.ins[0].Sync() // the chunks are freed next
}

// encode encodes rows first … first+n−1 of the kept ones, or of a sample of them.
func (p *pass) encode(sample []int64, first int64, n int) error {
	if sample == nil {
		return p.enc.chunk(first, n)
	}
	p.enc.index = append(p.enc.index[:0], sample[first:first+int64(n)]...) // gather writes to it
	return p.enc.gather(p.enc.index)
}

// fold runs every copy on a chunk.
func (p *pass) fold(f *feed.Feeder, step int64) error {
	s, err := f.Next(step)
	if err != nil {
		return err
	}
	for _, in := range p.ins {
		if err := s.Bind(in); err != nil {
			return err
		}
		if err := in.Run(uint64(step), 1); err != nil {
			return err
		}
	}
	return nil
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
	return errors.Join(errs...)
}
