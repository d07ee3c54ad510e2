package formula

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// MarshalJSON writes the frozen encoder.
func (e *Encoder) MarshalJSON() ([]byte, error) { return json.Marshal(e.spec) }

// UnmarshalJSON reads an encoder and checks that it is whole: unknown keys, another schema version, indices out of
// range and expressions that do not parse are errors.
func (e *Encoder) UnmarshalJSON(b []byte) error {
	var spec encoderSpec
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&spec); err != nil {
		return fmt.Errorf("formula: encoder: %w: %w", ErrData, err)
	}
	if spec.SchemaVersion != SchemaVersion {
		return fmt.Errorf("formula: encoder: schema_version %d, this program reads %d; fit again: %w",
			spec.SchemaVersion, SchemaVersion, ErrData)
	}
	built, err := newEncoder(spec, hardMaxColumns)
	if err != nil {
		return err
	}
	*e = *built
	return nil
}

// hardMaxColumns bounds the design of an encoder read from a file.
const hardMaxColumns = 1 << 20

// newEncoder checks a specification and derives the design columns.
func newEncoder(spec encoderSpec, maxColumns int) (*Encoder, error) {
	e := &Encoder{spec: spec}
	for i := range spec.Variables {
		if err := spec.Variables[i].check(); err != nil {
			return nil, err
		}
	}
	for i, t := range spec.Terms {
		if err := checkTerm(t, len(spec.Variables)); err != nil {
			return nil, fmt.Errorf("formula: encoder: term %d: %w", i, err)
		}
	}
	if err := checkResponse(&spec.Response); err != nil {
		return nil, err
	}
	for _, text := range spec.Offsets {
		if _, err := parseValue(text); err != nil {
			return nil, err
		}
	}
	if err := e.checkWidth(maxColumns); err != nil {
		return nil, err
	}
	e.nameColumns()
	return e, e.checkNames()
}

func checkTerm(t Term, variables int) error {
	if len(t.Variables) == 0 || len(t.Full) != len(t.Variables) {
		return fmt.Errorf("%d variables with %d codings: %w", len(t.Variables), len(t.Full), ErrData)
	}
	for j, v := range t.Variables {
		if v < 0 || v >= variables || j > 0 && v <= t.Variables[j-1] {
			return fmt.Errorf("variable index %d is out of range or order: %w", v, ErrData)
		}
	}
	return nil
}

func checkResponse(r *Response) error {
	switch r.Outcome {
	case OutcomeNumber, OutcomeBinary, OutcomeCategory:
	default:
		return fmt.Errorf("formula: encoder: unknown outcome %q: %w", r.Outcome, ErrData)
	}
	if (r.Value == "") != (len(r.Levels) > 0) {
		return fmt.Errorf("formula: encoder: response %q needs either a value or levels: %w", r.Text, ErrData)
	}
	for _, text := range []string{r.Value, r.Trials, r.Failed, r.Weights} {
		if text == "" {
			continue
		}
		if _, err := parseValue(text); err != nil {
			return err
		}
	}
	return nil
}
