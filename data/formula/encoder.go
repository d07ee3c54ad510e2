package formula

import (
	"elbo/data"
)

// SchemaVersion is written into the JSON of an encoder; other versions are refused.
const SchemaVersion = 1

// Encoder is a formula frozen on the data it was fitted to: levels, centres, recurrences, knots and the response's
// coding. It is immutable, safe for concurrent use, and survives JSON unchanged to the last bit. Bind joins it to a
// table's schema.
type Encoder struct {
	spec    encoderSpec
	columns []Column
}

// encoderSpec is the JSON form.
type encoderSpec struct {
	SchemaVersion int        `json:"schema_version"`
	Formula       string     `json:"formula"`
	Intercept     bool       `json:"intercept"`
	Response      Response   `json:"response"`
	Offsets       []string   `json:"offsets,omitempty"`
	Variables     []Variable `json:"variables,omitempty"`
	Terms         []Term     `json:"terms,omitempty"`
}

// Outcome says how the response becomes numbers.
type Outcome string

// The codings of a response.
const (
	OutcomeNumber   Outcome = "number"   // the value itself
	OutcomeBinary   Outcome = "binary"   // 0 or 1
	OutcomeCategory Outcome = "category" // 0..K−1, an index into Response.Levels
)

// Response is the left side of the formula.
type Response struct {
	Text    string  `json:"text"`
	Outcome Outcome `json:"outcome"`
	// Value is the arithmetic of a numeric response (successes, when there are trials); empty for a factor.
	Value string `json:"value,omitempty"`
	// Signed says that the values −1 and +1 stand for 0 and 1.
	Signed bool `json:"signed,omitempty"`
	// Levels are the labels of a factor response in the order of their codes, read from Column.
	Levels      []string `json:"levels,omitempty"`
	Column      string   `json:"column,omitempty"`
	FromNumbers bool     `json:"from_numbers,omitempty"`
	Trials      string   `json:"trials,omitempty"`  // number of trials, empty without
	Failed      string   `json:"failed,omitempty"`  // cbind(k, failed): trials are k + failed
	Weights     string   `json:"weights,omitempty"` // likelihood weights, empty without
}

// Term is a product of variables.
type Term struct {
	Label     string `json:"label"`     // variables joined by ':'
	Variables []int  `json:"variables"` // indices into Encoder.Variables, increasing
	Full      []bool `json:"full"`      // per variable: a factor that keeps the column of its reference level
}

// Column describes one column of the design matrix.
type Column struct {
	Name  string // parameter name: b_Intercept, b_x, b_fB, b_x:fB
	Term  int    // index into Encoder.Terms, -1 for the intercept
	Dummy bool   // a product of indicators alone: 0 or 1
}

// P counts the design columns, the intercept among them.
func (e *Encoder) P() int { return len(e.columns) }

// DesignBytes is the size of a dense design matrix of that many rows and bytes an element, for a decision before it
// is allocated.
func (e *Encoder) DesignBytes(rows int64, elementBytes int) int64 {
	return rows * int64(len(e.columns)) * int64(elementBytes)
}

// HasIntercept says whether column 0 is the constant 1.
func (e *Encoder) HasIntercept() bool { return e.spec.Intercept }

// Formula is the text that the encoder was made from.
func (e *Encoder) Formula() string { return e.spec.Formula }

// Response describes the left side.
func (e *Encoder) Response() Response { return e.spec.Response }

// HasOffset says whether the formula has an offset() term.
func (e *Encoder) HasOffset() bool { return len(e.spec.Offsets) > 0 }

// HasTrials says whether the response carries a number of trials.
func (e *Encoder) HasTrials() bool {
	return e.spec.Response.Trials != "" || e.spec.Response.Failed != ""
}

// HasWeights says whether the response carries likelihood weights.
func (e *Encoder) HasWeights() bool { return e.spec.Response.Weights != "" }

// Terms lists the terms in the order of their columns, without the intercept.
func (e *Encoder) Terms() []Term { return e.spec.Terms }

// Variables lists the variables that the terms multiply.
func (e *Encoder) Variables() []Variable { return e.spec.Variables }

// Columns describes the design columns in order.
func (e *Encoder) Columns() []Column { return e.columns }

// Names gives the parameter names of the design columns in order.
func (e *Encoder) Names() []string {
	names := make([]string, len(e.columns))
	for j := range e.columns {
		names[j] = e.columns[j].Name
	}
	return names
}

// NeedsColumns lists the columns that the right side reads: a table for prediction must have them.
func (e *Encoder) NeedsColumns() []string {
	var s nameSet
	for i := range e.spec.Variables {
		if v := &e.spec.Variables[i]; v.Input == "" {
			s.add(v.Column)
		} else {
			s.addValue(v.Input)
		}
	}
	for _, o := range e.spec.Offsets {
		s.addValue(o)
	}
	return s.names
}

// ResponseColumns lists the columns that the left side reads: response, trials and weights.
func (e *Encoder) ResponseColumns() []string {
	var s nameSet
	r := &e.spec.Response
	if r.Column != "" {
		s.add(r.Column)
	}
	for _, text := range []string{r.Value, r.Trials, r.Failed, r.Weights} {
		s.addValue(text)
	}
	return s.names
}

// Kinds gives the kinds that a table for prediction should read the columns as: factors learnt from text stay text
// even when the new file holds labels that look like numbers. Pass it as data.Options.Kinds.
func (e *Encoder) Kinds() map[string]data.Kind {
	kinds := map[string]data.Kind{}
	for i := range e.spec.Variables {
		if v := &e.spec.Variables[i]; v.Kind == Factor && !v.FromNumbers {
			kinds[v.Column] = data.KindFactor
		}
	}
	if r := &e.spec.Response; len(r.Levels) > 0 && !r.FromNumbers {
		kinds[r.Column] = data.KindFactor
	}
	return kinds
}

// nameSet collects names once each.
type nameSet struct {
	names []string
	seen  map[string]bool
}

func (s *nameSet) add(name string) {
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	if !s.seen[name] {
		s.seen[name] = true
		s.names = append(s.names, name)
	}
}

// addValue adds the columns of an arithmetic text that is known to parse.
func (s *nameSet) addValue(text string) {
	if text == "" {
		return
	}
	if n, err := parseValue(text); err == nil {
		for _, name := range n.columns() {
			s.add(name)
		}
	}
}
