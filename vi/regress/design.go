package regress

import (
	"fmt"
	"math"

	"elbo/data"
	"elbo/data/formula"
	"elbo/graph"
	"elbo/vi/feed"
)

// design turns rows of a table into standardised batches.
type design struct {
	table   data.Table
	enc     *formula.Encoder
	kept    *formula.RowSet
	lay     *layout
	offset  bool
	trials  bool
	weights bool
	// rounded says that training steps see predictors as bfloat16.
	rounded bool
	// resident holds all rows on the device of the fit under way; nil where batches are fed.
	resident *columns
}

// Names of the batch inputs of every program.
const (
	inX      = "x"
	inY      = "y"
	inWeight = "weight"
	inOffset = "offset"
	inTrials = "trials"
	inScale  = "scale"
)

// rows returns N, the rows used.
func (d *design) rows() int64 { return d.kept.Len() }

// inputNames lists the batch inputs.
func (d *design) inputNames() []string { return []string{inX, inY, inWeight, inOffset, inTrials} }

// inputs are the batch inputs as nodes of one graph.
type inputs struct {
	x, weight, offset *graph.Node
	row               row
}

// newInputs declares the batch inputs of B rows with exact predictors.
func (d *design) newInputs(g *graph.Graph, b int) inputs {
	return d.inputsWith(g, g.Data(inX, b, d.lay.p))
}

// inputsWith declares the batch inputs beside the predictors x (B,P).
func (d *design) inputsWith(g *graph.Graph, x *graph.Node) inputs {
	b := graph.ShapeOf(x)[0]
	in := inputs{x: x, weight: g.Data(inWeight, b, 1), row: row{y: g.Data(inY, b, 1)}}
	if d.offset {
		in.offset = g.Data(inOffset, b, 1)
	}
	if d.trials {
		in.row.trials = g.Data(inTrials, b, 1)
	}
	return in
}

// pickInputs gathers the batch inputs from resident columns.
func (d *design) pickInputs(g *graph.Graph, rows feed.Rows) inputs {
	pick := func(name string, width int) *graph.Node {
		return graph.Gather(g.Resident(name, int(d.rows()), width), rows.Index)
	}
	in := inputs{weight: graph.ExpandDims(rows.Live, 1), row: row{y: pick(inY, 1)}}
	if d.rounded {
		in.x = graph.ToFloat(graph.Gather(g.ResidentBF16(inX, int(d.rows()), d.lay.p), rows.Index))
	} else {
		in.x = pick(inX, d.lay.p)
	}
	if d.weights {
		in.weight = graph.Mul(in.weight, pick(inWeight, 1))
	}
	if d.offset {
		in.offset = pick(inOffset, 1)
	}
	if d.trials {
		in.row.trials = pick(inTrials, 1)
	}
	return in
}

// predictors returns the K linear predictors of ζ-like columns (D,S) → (B,S) each, without offset.
func (l *layout) predictors(x, zeta *graph.Node) []*graph.Node {
	out := make([]*graph.Node, l.k)
	for k := range out {
		out[k] = graph.MatMul(x, graph.Slice(zeta, 0, k*l.p, (k+1)*l.p))
	}
	return out
}

// shared returns the shared coordinates of ζ-like columns (D,S) → (1,S) each.
func (l *layout) shared(zeta *graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(l.lik.Shared))
	for i := range out {
		at := l.k*l.p + i
		out[i] = graph.Slice(zeta, 0, at, at+1)
	}
	return out
}

// pointwise is the log-likelihood at predictors h = (η_1 … η_K, u_1 …), offsets not yet added.
func (l *layout) pointwise(in inputs, h []*graph.Node) *graph.Node {
	eta := in.withOffset(h[:l.k])
	return l.lik.logProb(in.row, eta, h[l.k:])
}

// withOffset adds the offset to every linear predictor.
func (in inputs) withOffset(eta []*graph.Node) []*graph.Node {
	out := append([]*graph.Node(nil), eta...)
	for k := range out {
		if in.offset != nil {
			out[k] = graph.Add(out[k], in.offset)
		}
	}
	return out
}

// checkRows reports a design too small or too large to work with.
func (d *design) checkRows() error {
	if d.rows() == 0 {
		return errNoRows
	}
	if dim := int64(d.lay.dim()); dim*dim*8*8 > 1<<33 {
		return fmt.Errorf("%w: %d parameters would take about %.1f GB for a full-rank posterior; "+
			"use fewer levels or --guide meanfield", ErrModel, dim, float64(dim*dim*64)/math.Pow(2, 30))
	}
	return nil
}
