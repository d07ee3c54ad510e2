package data

import (
	"errors"
	"fmt"
	"strings"
)

// The classes of failure; test for them with errors.Is.
var (
	// ErrFormat means that the bytes of the input break the rules of their format.
	ErrFormat = errors.New("malformed input")
	// ErrEmpty means that the input is well formed and holds no rows.
	ErrEmpty = errors.New("no rows")
	// ErrNoInput means that the input does not exist or cannot be opened.
	ErrNoInput = errors.New("no input")
	// ErrColumn means that a column was asked for that the input lacks, or lacks in the kind asked for.
	ErrColumn = errors.New("column mismatch")
	// ErrCorrupt means that a cache fails a checksum or contradicts itself.
	ErrCorrupt = errors.New("damaged cache")
	// ErrLimit means that the input is valid and exceeds a limit that keeps memory bounded.
	ErrLimit = errors.New("limit exceeded")
	// ErrOption means that an option is invalid or does not apply to the format.
	ErrOption = errors.New("invalid option")
	// ErrClosed means that a table or prefetcher was used after Close.
	ErrClosed = errors.New("already closed")
)

// Error is a fault located in a file. Line is 1-based and 0 when unknown, Column is the name of the column (or its
// 1-based number when the header itself is at fault), Hint is the next step.
type Error struct {
	File   string
	Line   int64
	Column string
	Msg    string
	Hint   string
	Err    error // one of the sentinels of this package, or the cause that wraps one
}

// Error prints "data: file:line: column "x": message (hint)".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("data: ")
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, ": column %q", e.Column)
	}
	b.WriteString(": ")
	b.WriteString(e.Msg)
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	return b.String()
}

// Unwrap returns the class of the fault.
func (e *Error) Unwrap() error { return e.Err }

// quoteShort quotes text from a file for a message, cut to a length that fits one line.
func quoteShort(s []byte) string {
	const most = 40
	if len(s) > most {
		return fmt.Sprintf("%q...", s[:most])
	}
	return fmt.Sprintf("%q", s)
}
