package regress

import (
	"errors"
	"fmt"
)

// ErrOption says an option's value makes no sense; ErrModel that data and model do not fit
// together; ErrSaved that a saved model is damaged or of another version. Responses outside
// their family's support are formula.RowError, which names the line.
var (
	ErrOption = errors.New("invalid option")
	ErrModel  = errors.New("model does not fit the data")
	ErrSaved  = errors.New("damaged or foreign model file")
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
