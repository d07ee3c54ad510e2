package exit

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"elbo/data"
	"elbo/data/formula"
	"elbo/vi/regress"
)

// Tell writes an error as one block: "elbo: message" and the next step, if there is one.
func Tell(w io.Writer, err error) {
	msg, hint := Describe(err)
	fmt.Fprintf(w, "elbo: %s\n", strings.ReplaceAll(msg, "\n", "\n  "))
	if hint != "" {
		fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(hint, "\n", "\n  "))
	}
}

// Describe splits an error into what went wrong and what to do about it.
func Describe(err error) (msg, hint string) {
	var (
		own    *Error
		option *regress.OptionError
		file   *data.Error
		form   *formula.Error
		row    *formula.RowError
	)
	switch {
	case errors.As(err, &own):
		if own.Err != nil {
			if msg, hint = Describe(own.Err); own.Msg != "" {
				msg = own.Msg + ": " + msg
			}
		} else {
			msg = own.Msg
		}
		if own.Hint != "" {
			hint = own.Hint
		}
		return msg, hint
	case errors.As(err, &option):
		return fmt.Sprintf("--%s %q %s", option.Option, option.Value, option.Problem), option.Hint
	case errors.As(err, &file):
		bare := *file
		bare.Hint = ""
		return plain(bare.Error()), file.Hint
	case errors.As(err, &form):
		// The text with its caret stays; the hint moves below it.
		bare := *form
		bare.Hint = ""
		return strings.ReplaceAll(bare.Error(), "\n  ", "\n"), form.Hint
	case errors.As(err, &row):
		bare := *row
		bare.Hint = ""
		return plain(bare.Error()), row.Hint
	}
	return plain(err.Error()), ""
}

// plain drops the name of the package an error came from: users know files and flags, not packages.
func plain(s string) string {
	for _, p := range []string{"data: ", "formula: ", "regress: ", "train: ", "fit: ", "vae: "} {
		s = strings.TrimPrefix(s, p)
	}
	return s
}

// Usagef returns a usage error with a hint.
func Usagef(hint, format string, args ...any) error {
	return &Error{Code: Usage, Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// Unknown returns the usage error of a name that is not among the choices, with the nearest one.
func Unknown(what, name string, choices []string) error {
	hint := "choices: " + strings.Join(choices, ", ")
	if n := data.Nearest(name, choices); n != "" {
		hint = fmt.Sprintf("did you mean %q? %s", n, hint)
	}
	return &Error{Code: Usage, Msg: fmt.Sprintf("unknown %s %q", what, name), Hint: hint}
}
