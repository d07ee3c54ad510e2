package regress

import (
	"elbo/data/formula"
	"elbo/graph"
)

// pass is a float64 program that folds all used rows in file order, chunk by chunk.
type pass struct {
	d    *design
	in   *graph.Instance
	enc  *encoder
	size int
}

// newPass compiles a pass over chunks of size rows: build returns the accumulators' updates
// (all are cleared by run) given the batch inputs.
func (d *design) newPass(dev graph.Device, name string, size int, build func(g *graph.Graph, in inputs) []graph.Assign) (*pass, error) {
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
	if p.in, err = prog.Load(dev); err != nil {
		return nil, err
	}
	if p.enc, err = d.newEncoder(size); err != nil {
		return nil, err
	}
	return p, nil
}

// run folds the rows of the first limit kept rows (0 means all) with the given states set.
func (p *pass) run(set map[string][]float64, limit int64) error {
	for name, v := range set {
		if err := p.in.Set(name, v); err != nil {
			return err
		}
	}
	hi := p.d.kept.Total()
	if limit > 0 && limit < p.d.kept.Len() {
		hi = p.d.kept.At(limit-1) + 1
	}
	step := uint64(0)
	return formula.ScanRange(p.d.table, p.d.kept, 0, hi, p.size, func(recs []byte, n int, _ int64) error {
		if err := p.enc.encode(recs, n); err != nil {
			return err
		}
		for _, c := range p.enc.columns() {
			if err := setInput(p.in, c.name, c.values); err != nil {
				return err
			}
		}
		step++
		return p.in.Run(step-1, 1)
	})
}

// get reads an accumulator.
func (p *pass) get(name string) ([]float64, error) { return p.in.Get(name) }

// setInput writes an input the program may not read.
func setInput(in *graph.Instance, name string, v []float64) error {
	if !in.Has(name) {
		return nil
	}
	return in.Set(name, v)
}

// fold returns the update acc ← acc + x of a new accumulator.
func fold(g *graph.Graph, name string, x *graph.Node) graph.Assign {
	acc := g.State(name, nil, graph.ShapeOf(x)...)
	return graph.Assign{State: acc, Value: graph.Add(acc, x)}
}

func (p *pass) close() error { return p.in.Close() }
