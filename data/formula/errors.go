package formula

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Sentinel errors. Every error of this package wraps exactly one of them, so that a caller can choose an exit code
// with errors.Is.
var (
	// ErrSyntax means that the formula text cannot be parsed or means nothing.
	ErrSyntax = errors.New("formula syntax")
	// ErrUnsupported means that the formula uses a term this package knows by name and does not offer.
	ErrUnsupported = errors.New("unsupported formula term")
	// ErrUnknown means that the formula names a column or function that does not exist.
	ErrUnknown = errors.New("unknown name in formula")
	// ErrData means that the formula is fine and the data does not fit it.
	ErrData = errors.New("data do not fit the formula")
	// ErrTooWide means that the design matrix would have more columns than allowed.
	ErrTooWide = errors.New("design matrix too wide")
)

// Error is a fault in the formula text. Its message shows the formula with a caret under the offending token.
type Error struct {
	Text  string // the whole formula
	Pos   int    // byte offset of the offending token in Text
	Token string // the offending token as written, empty at the end of the text
	Msg   string // what is wrong
	Hint  string // the next step, may be empty
	Kind  error  // one of the sentinels of this package
}

// Error renders the message, the hint, the formula and a caret line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "formula: %s", e.Msg)
	if e.Hint != "" {
		fmt.Fprintf(&b, "; %s", e.Hint)
	}
	line, col := e.window()
	fmt.Fprintf(&b, "\n  %s\n  %s^", line, strings.Repeat(" ", col))
	return b.String()
}

// Unwrap gives the sentinel, ErrSyntax when none was set.
func (e *Error) Unwrap() error {
	if e.Kind == nil {
		return ErrSyntax
	}
	return e.Kind
}

// window cuts at most windowRunes characters around the fault and gives the caret's column within them.
func (e *Error) window() (line string, col int) {
	const windowRunes = 100
	pos := min(max(e.Pos, 0), len(e.Text))
	for pos < len(e.Text) && pos > 0 && !utf8.RuneStart(e.Text[pos]) {
		pos--
	}
	head, tail := []rune(printable(e.Text[:pos])), []rune(printable(e.Text[pos:]))
	if len(head) > windowRunes/2 && len(head)+len(tail) > windowRunes {
		head = append([]rune("..."), head[len(head)-windowRunes/2+3:]...)
	}
	if room := windowRunes - len(head); len(tail) > room {
		tail = append(tail[:room-3:room-3], []rune("...")...)
	}
	return string(head) + string(tail), len(head)
}

// printable maps control characters and invalid bytes to one visible rune each, so that the caret stays aligned.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r == 0x7f || r == utf8.RuneError:
			return '?'
		}
		return r
	}, s)
}

// RowError is a fault of one row: a missing value that is not allowed, a computed value that is not finite, a level
// never seen at fit time, or a response outside its range.
type RowError struct {
	Row    int64  // row of the table, 0-based; row of the block when it comes from EncodeRows
	Line   int64  // 1-based line of the source file, 0 when unknown
	Column string // column, or the term whose value is at fault
	Level  string // the unseen level, when that is the fault
	Msg    string // what is wrong
	Hint   string // the next step, may be empty

	located bool // Row is a row of the table
}

// Error names the line (or the row), the column or term, the fault and the next step.
func (e *RowError) Error() string {
	var b strings.Builder
	b.WriteString("formula: ")
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	} else {
		fmt.Fprintf(&b, "row %d: ", e.Row+1)
	}
	fmt.Fprintf(&b, "%s: %s", e.Column, e.Msg)
	if e.Hint != "" {
		fmt.Fprintf(&b, "; %s", e.Hint)
	}
	return b.String()
}

// Unwrap gives ErrData.
func (e *RowError) Unwrap() error { return ErrData }
