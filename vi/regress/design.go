package regress

import (
	"fmt"
	"math"

	"elbo/data"
	"elbo/data/formula"
	"elbo/graph"
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

// encoder makes batches: one goroutine uses it at a time.
type encoder struct {
	d     *design
	coder *formula.Coder
	inv   []float64
	block formula.Block[float64]
	recs  []byte
	size  int // B
}

func (d *design) newEncoder(size int) (*encoder, error) {
	c, err := d.enc.Bind(d.table.Schema(), formula.UnseenError)
	if err != nil {
		return nil, err
	}
	e := &encoder{d: d, coder: c, size: size, inv: make([]float64, d.lay.p)}
	for j, s := range d.lay.sd {
		e.inv[j] = 1 / s
	}
	e.block = formula.Block[float64]{
		X: make([]float64, size*d.lay.p), Y: make([]float64, size), Weight: make([]float64, size),
	}
	if d.offset {
		e.block.Offset = make([]float64, size)
	}
	if d.trials {
		e.block.Trials = make([]float64, size)
	}
	return e, nil
}

// gather encodes the kept rows given (at most B, padded to B).
func (e *encoder) gather(index []int64) error {
	e.d.kept.Map(index)
	width := e.d.table.Schema().RecordBytes
	if need := len(index) * width; cap(e.recs) < need {
		e.recs = make([]byte, need)
	}
	recs := e.recs[:len(index)*width]
	if err := e.d.table.Gather(index, recs); err != nil {
		return err
	}
	if err := e.encode(recs, len(index)); err != nil {
		return formula.Locate(err, e.d.table, func(r int64) int64 { return index[r] })
	}
	return nil
}

// encode fills the block from n ≤ B records: standardised columns, and for the padding a
// copy of the first row with weight 0, so that every row is finite.
func (e *encoder) encode(recs []byte, n int) error {
	b := &e.block
	if err := e.coder.EncodeRows(recs, n, b); err != nil {
		return err
	}
	p := e.d.lay.p
	for r := range n {
		row := b.X[r*p : r*p+p]
		for j := range row {
			row[j] = (row[j] - e.d.lay.mean[j]) * e.inv[j]
		}
	}
	for r := n; r < e.size; r++ {
		copy(b.X[r*p:r*p+p], b.X[:p])
		b.Y[r], b.Weight[r] = b.Y[0], 0
		if b.Offset != nil {
			b.Offset[r] = b.Offset[0]
		}
		if b.Trials != nil {
			b.Trials[r] = b.Trials[0]
		}
	}
	return nil
}

// columns pairs the batch inputs with the encoder's memory.
func (e *encoder) columns() []batchColumn {
	out := []batchColumn{{inX, e.block.X}, {inY, e.block.Y}, {inWeight, e.block.Weight}}
	if e.block.Offset != nil {
		out = append(out, batchColumn{inOffset, e.block.Offset})
	}
	if e.block.Trials != nil {
		out = append(out, batchColumn{inTrials, e.block.Trials})
	}
	return out
}

type batchColumn struct {
	name   string
	values []float64
}

// inputs are the batch inputs as nodes of one graph.
type inputs struct {
	x, weight, offset *graph.Node
	row               row
}

// newInputs declares the batch inputs of B rows.
func (d *design) newInputs(g *graph.Graph, b int) inputs {
	in := inputs{x: g.Data(inX, b, d.lay.p), weight: g.Data(inWeight, b, 1), row: row{y: g.Data(inY, b, 1)}}
	if d.offset {
		in.offset = g.Data(inOffset, b, 1)
	}
	if d.trials {
		in.row.trials = g.Data(inTrials, b, 1)
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
