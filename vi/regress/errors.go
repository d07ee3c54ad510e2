package regress

import (
	"errors"
	"fmt"
)

// ErrOption says an option's value makes no sense; ErrResponse that a response lies outside
// its family's support; ErrModel that data and model do not fit together.
var (
	ErrOption   = errors.New("invalid option")
	ErrResponse = errors.New("response outside the family's support")
	ErrModel    = errors.New("model does not fit the data")
)

// OptionError names an option, its value, what is wrong and what to do.
type OptionError struct {
	Option, Value, Problem, Hint string
}

// Error reads: option "value" problem; hint.
func (e *OptionError) Error() string {
	s := fmt.Sprintf("%s %q %s", e.Option, e.Value, e.Problem)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Unwrap returns ErrOption.
func (e *OptionError) Unwrap() error { return ErrOption }

// ResponseError locates a response outside the family's support.
type ResponseError struct {
	Column string
	Value  float64
	Row    int64 // 0-based row of the table
	Line   int64 // 1-based line of the source, 0 if unknown
	Family string
	Why    string
}

// Error names the line, the response, its value and the family.
func (e *ResponseError) Error() string {
	where := fmt.Sprintf("row %d", e.Row+1)
	if e.Line > 0 {
		where = fmt.Sprintf("line %d", e.Line)
	}
	return fmt.Sprintf("%s: response %s = %v %s, as family %s needs; remove the row or choose another --family",
		where, e.Column, e.Value, e.Why, e.Family)
}

// Unwrap returns ErrResponse.
func (e *ResponseError) Unwrap() error { return ErrResponse }
