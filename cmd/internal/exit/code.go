package exit

import (
	"errors"
	"io/fs"
	"syscall"

	"elbo/data"
	"elbo/data/formula"
	"elbo/graph"
	"elbo/kernels"
	"elbo/vi/regress"
	"elbo/vi/train"
	"elbo/vi/vae"
	"elbo/vi/vae/fit"
)

// Code is a process exit code.
type Code int

// The exit codes of the tool.
const (
	OK           Code = 0
	Gate         Code = 3   // finished, but a diagnostic gate (--require-khat) failed
	Usage        Code = 64  // wrong flag, argument or option value
	Data         Code = 65  // the data, the formula or a saved file is at fault
	NoInput      Code = 66  // an input does not exist or cannot be opened
	Unavailable  Code = 69  // the device asked for is not there
	Internal     Code = 70  // a fault of the program, or a bound that is not finite
	Memory       Code = 71  // out of memory, on the host or a device
	CannotCreate Code = 73  // an output cannot be created
	IO           Code = 74  // reading or writing failed under way
	Retry        Code = 75  // try again later: a lost device, a run directory in use
	Config       Code = 78  // the configuration file, or the model it describes, is at fault
	Interrupt    Code = 130 // ended by SIGINT
	Terminate    Code = 143 // ended by SIGTERM
)

// Meaning is a code with what it tells a script.
type Meaning struct {
	Code Code
	Text string
}

// Meanings lists the codes in order.
func Meanings() []Meaning {
	return []Meaning{
		{OK, "all is well"},
		{Gate, "the fit is finished, but a gate failed: --require-khat or --require-converged"},
		{Usage, "a wrong command, flag or option value"},
		{Data, "the data, the formula or a saved file is at fault"},
		{NoInput, "an input does not exist or cannot be opened"},
		{Unavailable, "the device asked for is not there"},
		{Internal, "the bound stopped being finite, or a fault of the program"},
		{Memory, "not enough memory, on the host or a device"},
		{CannotCreate, "the output cannot be created, or would replace something"},
		{IO, "reading or writing failed under way; what was written before is whole"},
		{Retry, "try again later: a device was lost, or another process writes the run"},
		{Config, "the configuration file, or the model it describes, is at fault"},
		{Interrupt, "ended by an interrupt (Ctrl-C), after a checkpoint"},
		{Terminate, "ended by TERM, after a checkpoint"},
	}
}

// Error is an error whose exit code is known where it is made.
type Error struct {
	Code Code
	Msg  string
	Hint string // the next step, may be empty
	Err  error  // the cause, may be nil
}

// Error returns the message, followed by the cause.
func (e *Error) Error() string {
	switch {
	case e.Err == nil:
		return e.Msg
	case e.Msg == "":
		return e.Err.Error()
	}
	return e.Msg + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// row maps a class of errors to a code.
type row struct {
	code   Code
	target error
}

// table is tried from the top: causes that lie in the system come before the operation they broke.
var table = []row{
	{IO, syscall.ENOSPC}, {IO, syscall.EDQUOT}, {IO, syscall.EFBIG}, {IO, syscall.EIO},
	{Memory, kernels.ErrOutOfMemory}, {Memory, syscall.ENOMEM},
	{Retry, kernels.ErrDeviceLost}, {Unavailable, kernels.ErrUnavailable},
	{NoInput, data.ErrNoInput},
	{Usage, regress.ErrOption}, {Usage, data.ErrOption}, {Usage, fit.ErrOption},
	{Data, vae.ErrSaved}, {Config, vae.ErrConfig}, // what was saved is data, whatever is wrong with it
	{Data, data.ErrFormat}, {Data, data.ErrEmpty}, {Data, data.ErrColumn}, {Data, data.ErrCorrupt},
	{Data, data.ErrLimit},
	{Data, formula.ErrSyntax}, {Data, formula.ErrUnsupported}, {Data, formula.ErrUnknown},
	{Data, formula.ErrData}, {Data, formula.ErrTooWide},
	{Data, regress.ErrModel}, {Data, regress.ErrSaved},
	{Data, vae.ErrData},
	{Data, train.ErrDamaged}, {Data, train.ErrMismatch},
}

// Of returns the exit code of an error: Internal where nothing else fits.
func Of(err error) Code {
	var own *Error
	var diverged *train.DivergedError
	var build *graph.BuildError
	switch {
	case err == nil:
		return OK
	case errors.As(err, &own):
		return own.Code
	case errors.As(err, &diverged), errors.As(err, &build):
		return Internal
	}
	for _, r := range table {
		if errors.Is(err, r.target) {
			return r.code
		}
	}
	var path *fs.PathError
	var errno syscall.Errno
	if errors.As(err, &path) || errors.As(err, &errno) {
		return IO
	}
	return Internal
}
