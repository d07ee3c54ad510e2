package svi

import "errors"

// ErrData says the columns do not fit the model.
var ErrData = errors.New("columns do not fit the model")

// ErrOption says an option is missing or out of range.
var ErrOption = errors.New("bad option")
