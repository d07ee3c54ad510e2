package array

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"elbo/data"
)

// malformed builds the error of a file that breaks the rules of its format; field is the part of it at fault.
func malformed(file, field, hint, format string, args ...any) error {
	return located(data.ErrFormat, file, field, hint, format, args...)
}

// located builds an error of any class of package data.
func located(class error, file, field, hint, format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	if field != "" {
		msg = field + ": " + msg
	}
	return &data.Error{File: file, Msg: msg, Hint: hint, Err: class}
}

// noInput builds the error of a file that cannot be opened.
func noInput(file string, err error) error {
	msg := "cannot open"
	if errors.Is(err, fs.ErrNotExist) {
		msg = "no such file"
	}
	return &data.Error{File: file, Msg: msg, Hint: "check the path and its permissions",
		Err: fmt.Errorf("%w: %w", data.ErrNoInput, err)}
}

// readFault classifies what stopped the reading of a field.
func readFault(file, field string, err error) error {
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return fmt.Errorf("data: read %s: %s: %w", file, field, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return malformed(file, field, "fetch the file again", "the file ends early")
	}
	return malformed(file, field, "fetch the file again", "the compressed data is damaged: %v", err)
}

// options builds the error of an option that is invalid or does not fit the file.
func options(format string, args ...any) error {
	return fmt.Errorf("data: %s: %w", fmt.Sprintf(format, args...), data.ErrOption)
}
