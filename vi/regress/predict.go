package regress

import (
	"fmt"
	"math"

	"elbo/data"
	"elbo/data/formula"
	"elbo/graph"
)

// PredictType says what is predicted.
type PredictType string

// The types, as --type takes them.
const (
	LinPred  PredictType = "linpred"  // the linear predictor η, offset included
	EPred    PredictType = "epred"    // E[y], or the probability of each category
	Response PredictType = "response" // new responses
)

// PredictTypes lists the names --type takes.
func PredictTypes() []string { return []string{string(LinPred), string(EPred), string(Response)} }

// PredictOptions steer Predict; zero values are the defaults of the saved model.
type PredictOptions struct {
	Type   PredictType // empty means epred
	Unseen formula.Unseen
	Draws  int     // 0 means the model's
	Prob   float64 // 0 means the model's
	Seed   uint64  // of new responses; 0 means the model's
}

// Prediction summarises the posterior of one predicted number.
type Prediction struct {
	Mean, SD, Lower, Upper float64
}

// Outputs names what Predict returns per row: one output, or one per category.
func (s *Saved) Outputs(t PredictType) []string {
	switch {
	case s.lay.levels == nil || t == Response:
		return []string{""}
	case t == LinPred:
		return s.lay.levels[1:]
	}
	return s.lay.levels
}

// Predict streams the table and calls visit for every row in order with one Prediction per
// output; where a predictor is missing the predictions are NaN and missing is true.
func (s *Saved) Predict(t data.Table, dev graph.Device, opt PredictOptions,
	visit func(row int64, p []Prediction, missing bool) error) error {
	m, prog, err := s.newMapper(t, opt)
	if err != nil {
		return err
	}
	if m.in, err = prog.Load(dev); err != nil {
		return err
	}
	defer m.in.Close()
	m.visit = visit
	return m.run()
}

// PredictProgram returns the program Predict would run on a table, and how many rows it takes at a
// time, to see beforehand what that costs.
func (s *Saved) PredictProgram(t data.Table, opt PredictOptions) (prog *graph.Program, rows int, err error) {
	m, prog, err := s.newMapper(t, opt)
	if err != nil {
		return nil, 0, err
	}
	return prog, m.rows, nil
}

// newMapper prepares a prediction and compiles its program.
func (s *Saved) newMapper(t data.Table, opt PredictOptions) (*mapper, *graph.Program, error) {
	opt = s.fill(opt)
	if err := opt.check(); err != nil {
		return nil, nil, err
	}
	zeta, err := s.sample(opt.Draws)
	if err != nil {
		return nil, nil, err
	}
	m := &mapper{s: s, opt: opt, table: t, rows: khatRows(opt.Draws)}
	prog, err := m.program(zeta)
	return m, prog, err
}

func (s *Saved) fill(o PredictOptions) PredictOptions {
	if o.Type == "" {
		o.Type = EPred
	}
	if o.Draws == 0 {
		o.Draws = s.Draws
	}
	if o.Prob == 0 {
		o.Prob = s.Prob
	}
	if o.Seed == 0 {
		o.Seed = s.Seed
	}
	return o
}

func (o PredictOptions) check() error {
	switch {
	case o.Type != LinPred && o.Type != EPred && o.Type != Response:
		return &OptionError{"type", string(o.Type), "is not known", suggest(string(o.Type), PredictTypes())}
	case o.Draws < 1:
		return &OptionError{"draws", itoa(o.Draws), "is not positive", ""}
	case !(o.Prob > 0 && o.Prob < 1):
		return &OptionError{"prob", ftoa(o.Prob), "is not strictly between 0 and 1", ""}
	}
	return nil
}

// mapper is the program that maps rows to draws of the prediction.
type mapper struct {
	s     *Saved
	opt   PredictOptions
	table data.Table
	rows  int
	visit func(int64, []Prediction, bool) error

	in      *graph.Instance
	coder   *formula.Coder
	block   formula.Block[float64]
	trials  bool
	out     []Prediction
	rowsOut []Prediction // of a chunk, k per row
}

// program builds what maps batch inputs and draws (D,S) to one output (B,S) per quantity.
func (m *mapper) program(zeta []float64) (*graph.Program, error) {
	lay := m.s.lay
	enc := m.s.Encoder
	coder, err := enc.Bind(m.table.Schema(), m.opt.Unseen)
	if err != nil {
		return nil, err
	}
	m.coder = coder
	m.trials = lay.lik.Trials && m.opt.Type != LinPred
	if m.trials && !coder.HasTrials() {
		return nil, fmt.Errorf("%w: predicting %s of family binomial needs the number of trials; "+
			"add that column to the data or use --type linpred",
			ErrModel, m.opt.Type)
	}
	m.block = formula.Block[float64]{X: make([]float64, m.rows*lay.p), Missing: make([]bool, m.rows)}
	d := &design{enc: enc, lay: lay, offset: enc.HasOffset(), trials: m.trials}
	if d.offset {
		m.block.Offset = make([]float64, m.rows)
	}
	if m.trials {
		m.block.Trials = make([]float64, m.rows)
	}
	spec := graph.Spec{Name: "predict", Seed: m.opt.Seed}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) {
		in := d.newInputs(g, m.rows)
		draws := g.State(slotDraws, zeta, lay.dim(), m.opt.Draws)
		eta := in.withOffset(lay.predictors(in.x, draws))
		for i, n := range m.quantities(g, in, eta, lay.shared(draws)) {
			spec.Outputs = append(spec.Outputs, graph.Output{Name: outputSlot(i), Node: n})
		}
	})
	if err != nil {
		return nil, err
	}
	prog, err := graph.Compile(g, spec)
	if err != nil {
		return nil, err
	}
	m.out = make([]Prediction, len(spec.Outputs))
	return prog, nil
}

func outputSlot(i int) string { return fmt.Sprintf("out/%d", i) }

// quantities returns the nodes (B,S) that are predicted.
func (m *mapper) quantities(g *graph.Graph, in inputs, eta, u []*graph.Node) []*graph.Node {
	lay := m.s.lay
	shape := []int{m.rows, m.opt.Draws}
	switch {
	case m.opt.Type == LinPred:
		return eta
	case m.opt.Type == Response:
		y := lay.lik.dist(in.row, eta, u).(interface {
			Sample(*graph.Graph, string) *graph.Node
		}).Sample(g, "predict/response")
		return []*graph.Node{graph.BroadcastTo(y, shape...)}
	case lay.levels != nil:
		probs := graph.Softmax(logits(eta), 2)
		out := make([]*graph.Node, lay.k+1)
		for k := range out {
			out[k] = graph.Reshape(graph.Slice(probs, 2, k, k+1), shape...)
		}
		return out
	}
	return []*graph.Node{graph.BroadcastTo(lay.lik.mean(in.row, eta[0]), shape...)}
}

// run streams the rows through the program.
func (m *mapper) run() error {
	step := uint64(0)
	return formula.Scan(m.table, formula.AllRows(m.table.Rows()), m.rows, func(recs []byte, n int, first int64) error {
		if err := m.coder.EncodeRows(recs, n, &m.block); err != nil {
			return err
		}
		m.standardise(n)
		for name, v := range map[string][]float64{inX: m.block.X, inOffset: m.block.Offset, inTrials: m.block.Trials} {
			if v == nil {
				continue
			}
			if err := setInput(m.in, name, v); err != nil {
				return err
			}
		}
		if err := m.in.Run(step, 1); err != nil {
			return err
		}
		step++
		return m.emit(n, first)
	})
}

// standardise prepares the columns; missing rows and the padding hold zeros, which are harmless.
func (m *mapper) standardise(n int) {
	p := m.s.lay.p
	for r := range m.rows {
		row := m.block.X[r*p : r*p+p]
		if r >= n || m.block.Missing[r] {
			clear(row)
			if m.block.Offset != nil {
				m.block.Offset[r] = 0
			}
			if m.block.Trials != nil {
				m.block.Trials[r] = 1
			}
			continue
		}
		for j := range row {
			row[j] = (row[j] - m.s.lay.mean[j]) / m.s.lay.sd[j]
		}
	}
}

// emit summarises the draws of each row.
func (m *mapper) emit(n int, first int64) error {
	s := m.opt.Draws
	values := make([][]float64, len(m.out))
	for i := range values {
		v, err := m.in.Get(outputSlot(i))
		if err != nil {
			return err
		}
		values[i] = v
	}
	k := len(m.out)
	if need := n * k; len(m.rowsOut) < need {
		m.rowsOut = make([]Prediction, need)
	}
	parallel(n, func(r int) {
		for i := range k {
			if m.block.Missing[r] {
				nan := math.NaN()
				m.rowsOut[r*k+i] = Prediction{nan, nan, nan, nan}
				continue
			}
			m.rowsOut[r*k+i] = describe(values[i][r*s:(r+1)*s], m.opt.Prob)
		}
	})
	for r := range n {
		if err := m.visit(first+int64(r), m.rowsOut[r*k:(r+1)*k], m.block.Missing[r]); err != nil {
			return err
		}
	}
	return nil
}

// setInput writes an input the program may not read.
func setInput(in *graph.Instance, name string, v []float64) error {
	if !in.Has(name) {
		return nil
	}
	return in.Set(name, v)
}
