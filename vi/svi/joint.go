package svi

import (
	"errors"

	"elbo/graph"
	"elbo/vi/diag"
	"elbo/vi/feed"
	"elbo/vi/model"
)

// slotZeta is the input that holds one draw. The space keeps it apart from names of data.
const slotZeta = "svi zeta"

const outJoint = "log joint"

// streamJoint returns log p(x, ζ_s) of all rows for n draws (n,D), batch by batch in memory
// O(n + B). A batch's log joint with scale 1 is the prior, the terms outside plates and the
// batch's likelihood; the former two are what is left at scale 0 and are counted once.
func streamJoint(m *model.Model, l *layout, dev graph.Device, draws []float64, n int) (sum []float64, err error) {
	in, err := jointProgram(m, dev)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	load, err := l.loader(0, false)
	if err != nil {
		return nil, err
	}
	slot, err := feed.NewSlot(dev, feed.Inputs(in.Program(), l.names()...))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, slot.Free()) }()
	if err := slot.Bind(in); err != nil {
		return nil, err
	}
	fill, acc := newFiller(l, load), diag.NewAccum(n)
	batch := func(step int64, scale float64, minus []float64) ([]float64, error) {
		fill.write(slot, load.Indices(step, fill.index), scale)
		if err := slot.Send(); err != nil {
			return nil, err
		}
		return eachDraw(in, draws, n, minus)
	}
	rest := make([]float64, n)
	if len(l.plates) > 0 {
		if rest, err = batch(0, 0, nil); err != nil {
			return nil, err
		}
	}
	for step := range load.StepsPerEpoch() {
		part, err := batch(step, 1, rest)
		if err != nil {
			return nil, err
		}
		if err := acc.Add(part); err != nil {
			return nil, err
		}
	}
	if err := acc.Add(rest); err != nil {
		return nil, err
	}
	return acc.Sums(), nil
}

// jointProgram computes the log joint of one draw.
func jointProgram(m *model.Model, dev graph.Device) (*graph.Instance, error) {
	spec := graph.Spec{Name: "svi log joint"}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) {
		zeta := g.Data(slotZeta, m.Dim(), 1)
		spec.Outputs = []graph.Output{{Name: outJoint, Node: m.LogJoint(g, zeta)}}
	})
	if err != nil {
		return nil, err
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		return nil, err
	}
	return prog.Load(dev)
}

// eachDraw evaluates the program for every draw, less what minus holds.
func eachDraw(in *graph.Instance, draws []float64, n int, minus []float64) ([]float64, error) {
	d := len(draws) / n
	out := make([]float64, n)
	for s := range out {
		if err := in.Set(slotZeta, draws[s*d:(s+1)*d]); err != nil {
			return nil, err
		}
		if err := in.Run(0, 1); err != nil {
			return nil, err
		}
		x, err := in.Get(outJoint)
		if err != nil {
			return nil, err
		}
		if out[s] = x[0]; minus != nil {
			out[s] -= minus[s]
		}
	}
	return out, nil
}
