package kernels

import (
	"errors"
	"fmt"
)

// Errors devices report, wrapped with the operation and the next step where one exists.
var (
	// ErrUnavailable says a device cannot be used on this machine.
	ErrUnavailable = errors.New("device unavailable")
	// ErrOutOfMemory says an allocation on a device failed.
	ErrOutOfMemory = errors.New("out of device memory")
	// ErrDeviceLost says the device stopped answering; a new one must be opened.
	ErrDeviceLost = errors.New("device lost")
	// ErrUnsupported says a device has no kernel for an instruction.
	ErrUnsupported = errors.New("instruction not supported by device")
	// ErrIndex says a gather or scatter index was out of range.
	ErrIndex = errors.New("index out of range")
	// ErrClosed says a buffer, executable or device was used after Close or Free.
	ErrClosed = errors.New("use after close")
)

// OpError locates a failure at one instruction of a program.
type OpError struct {
	Program string
	Instr   int
	Op      Op
	Site    string
	Err     error
}

// Error names program, instruction number, op and site.
func (e *OpError) Error() string {
	return fmt.Sprintf("kernels: program %q instruction %d (%v at %q): %v", e.Program, e.Instr, e.Op, e.Site, e.Err)
}

// Unwrap returns the cause.
func (e *OpError) Unwrap() error { return e.Err }
