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

// encoder makes batches: one goroutine uses it at a time.
type encoder struct {
	d     *design
	coder *formula.Coder
	inv   []float64
	block formula.Block[float64]
	recs  []byte
	index []int64
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
	recs := e.grow(len(index))
	if err := e.d.table.Gather(index, recs); err != nil {
		return err
	}
	if err := e.encode(recs, len(index)); err != nil {
		return formula.Locate(err, e.d.table, func(r int64) int64 { return index[r] })
	}
	return nil
}

// grow returns memory for n records.
func (e *encoder) grow(n int) []byte {
	need := n * e.d.table.Schema().RecordBytes
	if cap(e.recs) < need {
		e.recs = make([]byte, need)
	}
	return e.recs[:need]
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

// chunk encodes kept rows first … first+n−1.
func (e *encoder) chunk(first int64, n int) error {
	if e.d.kept.All() {
		e.grow(n)
		recs, err := e.d.table.Records(first, first+int64(n), e.recs)
		if err != nil {
			return fmt.Errorf("rows %d to %d: %w", first, first+int64(n), err)
		}
		return formula.Locate(e.encode(recs, n), e.d.table, func(r int64) int64 { return first + r })
	}
	e.index = e.index[:0]
	for i := range int64(n) {
		e.index = append(e.index, first+i)
	}
	return e.gather(e.index)
}

// inputNames lists the batch inputs.
func (d *design) inputNames() []string { return []string{inX, inY, inWeight, inOffset, inTrials} }

// column returns what the encoder holds of a batch input; nil where the design has none.
func (e *encoder) column(name string) []float64 {
	switch name {
	case inX:
		return e.block.X
	case inY:
		return e.block.Y
	case inWeight:
		return e.block.Weight
	case inOffset:
		return e.block.Offset
	}
	return e.block.Trials
}

// store writes what the encoder holds to a slot.
func (e *encoder) store(s *feed.Slot) {
	for _, name := range e.d.inputNames() {
		s.Set(name, e.column(name))
	}
}

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
