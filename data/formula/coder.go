package formula

import (
	"fmt"

	"elbo/data"
)

// Unseen says what EncodeRows does with a level that was not there at fit time.
type Unseen string

// The rules for unseen levels.
const (
	UnseenError     Unseen = "error"     // stop with a RowError that names the level; the zero value means this too
	UnseenReference Unseen = "reference" // code it as the reference level
	UnseenNA        Unseen = "na"        // treat it as missing
)

// Coder is an encoder bound to the record layout of one table. It owns scratch memory: one goroutine at a time,
// Clone for more.
type Coder struct {
	enc         *Encoder
	recordBytes int
	unseen      Unseen
	design      part
	response    part
	trials      part
	weights     part
	vars        []boundVar
	terms       []boundTerm
	offset      int // register of the offset, −1 without
	y           boundResponse
	trial       [2]int // registers whose sum is the number of trials; [1] is −1 without
	weight      int
	mask        []bool
	scratch     []float64
	cells       []int32
}

// part is one independently available piece of the row: the design, the response, the trials or the weights.
type part struct {
	prog    *program
	factors []*factorReader
	outputs []output
	err     error // why the table cannot give it
}

// output is a register whose values must be finite, and the text it stands for.
type output struct {
	reg  int
	text string
}

// boundVar is a variable ready to compute.
type boundVar struct {
	v       *Variable
	reg     int // register of the input
	factor  *factorReader
	columns [][]float64 // one scratch column a design column; for plain columns the register itself
}

// boundResponse is the left side ready to compute.
type boundResponse struct {
	reg    int
	factor *factorReader
	signed bool
	binary bool
}

// Bind joins the encoder to a table's schema. Columns of the left side may be absent: EncodeRows then refuses to
// fill what depends on them, and HasResponse says so. Columns of the right side must be there, in a usable kind.
func (e *Encoder) Bind(s *data.Schema, unseen Unseen) (*Coder, error) {
	switch unseen {
	case "":
		unseen = UnseenError
	case UnseenError, UnseenReference, UnseenNA:
	default:
		return nil, fmt.Errorf("formula: bind: unknown rule for unseen levels %q; use error, reference or na: %w",
			unseen, ErrData)
	}
	c := &Coder{enc: e, recordBytes: s.RecordBytes, unseen: unseen, mask: make([]bool, blockRows),
		scratch: make([]float64, blockRows), cells: make([]int32, blockRows)}
	if err := c.bindDesign(s); err != nil {
		return nil, err
	}
	c.bindLeft(s)
	return c, nil
}

// bindDesign compiles variables, terms and offset.
func (c *Coder) bindDesign(s *data.Schema) error {
	c.design.prog = newProgram()
	for i := range c.enc.spec.Variables {
		b, err := c.bindVariable(&c.enc.spec.Variables[i], s)
		if err != nil {
			return err
		}
		c.vars = append(c.vars, b)
	}
	c.offset = -1
	for _, text := range c.enc.spec.Offsets {
		reg, err := c.design.value(text, s)
		if err != nil {
			return err
		}
		if c.offset >= 0 {
			reg = c.design.prog.emit("add", instr{op: opAdd, a: c.offset, b: reg})
		}
		c.offset = reg
	}
	c.bindTerms()
	return nil
}

// value compiles an arithmetic text whose result must be finite.
func (p *part) value(text string, s *data.Schema) (int, error) {
	n, err := parseValue(text)
	if err != nil {
		return 0, err
	}
	reg, err := p.prog.compile(n, s)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", text, err)
	}
	p.outputs = append(p.outputs, output{reg: reg, text: text})
	return reg, nil
}

// bindVariable compiles the input of one variable and makes room for its columns.
func (c *Coder) bindVariable(v *Variable, s *data.Schema) (boundVar, error) {
	b := boundVar{v: v}
	if v.Kind == Factor {
		f, err := newFactorReader(v.Column, v.Levels, s)
		b.factor = f
		c.design.factors = append(c.design.factors, f)
		return b, err
	}
	n, err := v.inputNode()
	if err != nil {
		return b, err
	}
	if b.reg, err = c.design.prog.compile(n, s); err != nil {
		return b, fmt.Errorf("%s: %w", v.Text, err)
	}
	c.design.outputs = append(c.design.outputs, output{reg: b.reg, text: v.Text})
	if v.Kind == Numeric && v.Center == 0 && divisor(v.Scale) == 1 {
		b.columns = [][]float64{c.design.prog.regs[b.reg]}
		return b, nil
	}
	b.columns = make([][]float64, v.width(false))
	for j := range b.columns {
		b.columns[j] = make([]float64, blockRows)
	}
	return b, nil
}

// bindLeft compiles response, trials and weights; what fails is remembered until it is asked for.
func (c *Coder) bindLeft(s *data.Schema) {
	r := &c.enc.spec.Response
	c.y = boundResponse{signed: r.Signed, binary: r.Outcome == OutcomeBinary}
	c.response.prog, c.trials.prog, c.weights.prog = newProgram(), newProgram(), newProgram()
	if len(r.Levels) > 0 {
		c.y.factor, c.response.err = newFactorReader(r.Column, r.Levels, s)
		c.response.factors = append(c.response.factors, c.y.factor)
	} else {
		c.y.reg, c.response.err = c.response.value(r.Value, s)
	}
	c.trial = [2]int{-1, -1}
	switch {
	case r.Failed != "":
		if c.trial[0], c.trials.err = c.trials.value(r.Value, s); c.trials.err == nil {
			c.trial[1], c.trials.err = c.trials.value(r.Failed, s)
		}
	case r.Trials != "":
		c.trial[0], c.trials.err = c.trials.value(r.Trials, s)
	}
	c.weight = -1
	if r.Weights != "" {
		c.weight, c.weights.err = c.weights.value(r.Weights, s)
	}
}

// Encoder gives the encoder that the coder was bound from.
func (c *Coder) Encoder() *Encoder { return c.enc }

// HasResponse says whether the table has the columns of the response.
func (c *Coder) HasResponse() bool { return c.response.err == nil }

// HasTrials says whether the formula has a number of trials and the table the columns for it.
func (c *Coder) HasTrials() bool { return c.trial[0] >= 0 && c.trials.err == nil }

// Clone gives a coder of the same binding with scratch memory of its own.
func (c *Coder) Clone() *Coder {
	q := *c
	q.mask, q.scratch, q.cells = make([]bool, blockRows), make([]float64, blockRows), make([]int32, blockRows)
	q.design, q.response = c.design.clone(), c.response.clone()
	q.trials, q.weights = c.trials.clone(), c.weights.clone()
	factors := map[*factorReader]*factorReader{}
	for i, f := range c.design.factors {
		factors[f] = q.design.factors[i]
	}
	if c.y.factor != nil {
		q.y.factor = q.response.factors[0]
	}
	q.vars = make([]boundVar, len(c.vars))
	for i, b := range c.vars {
		q.vars[i] = b
		q.vars[i].factor = factors[b.factor]
		q.vars[i].columns = make([][]float64, len(b.columns))
		for j := range b.columns {
			q.vars[i].columns[j] = make([]float64, blockRows)
		}
		if b.plain() {
			q.vars[i].columns[0] = q.design.prog.regs[b.reg]
		}
	}
	q.bindTerms()
	return &q
}

// plain says that the design column is the input itself.
func (b *boundVar) plain() bool {
	return b.v.Kind == Numeric && b.v.Center == 0 && divisor(b.v.Scale) == 1
}

func (p *part) clone() part {
	q := *p
	q.prog = p.prog.clone()
	q.factors = make([]*factorReader, len(p.factors))
	for i, f := range p.factors {
		if f != nil {
			q.factors[i] = f.clone()
		}
	}
	return q
}
