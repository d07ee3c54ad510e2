package graph

import (
	"fmt"
	"runtime"
	"strings"

	"elbo/kernels"
)

// BuildError reports misuse while a graph is built: the function or op called, where it was
// called from, the shapes it was given and the reason. Building functions panic with it and
// Build returns it.
type BuildError struct {
	Op     string          // name of the function or op
	Pos    string          // file:line of the first caller outside this package and its subpackages
	Shapes []kernels.Shape // shapes of the operands
	Cause  error
}

// Error names op, shapes, reason and place.
func (e *BuildError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "graph: %s", e.Op)
	if len(e.Shapes) > 0 {
		fmt.Fprintf(&b, " of shapes %v", e.Shapes)
	}
	fmt.Fprintf(&b, ": %v", e.Cause)
	if e.Pos != "" {
		fmt.Fprintf(&b, " (at %s)", e.Pos)
	}
	return b.String()
}

// Unwrap returns the reason.
func (e *BuildError) Unwrap() error { return e.Cause }

// fail panics with a *BuildError for op.
func fail(op string, shapes []kernels.Shape, format string, args ...any) {
	panic(&BuildError{Op: op, Pos: callerPos(), Shapes: shapes, Cause: fmt.Errorf(format, args...)})
}

// guard runs f and returns the *BuildError it panics with, if any.
func guard(f func()) (err error) {
	defer catch(&err)
	f()
	return nil
}

// catch, deferred, turns a *BuildError panic into an error; other panics continue.
func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case *BuildError:
		*err = r
	default:
		panic(r)
	}
}

// callerPos returns file:line of the innermost frame that is not library code of this
// package or its subpackages (their tests count as callers).
func callerPos() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		ours := strings.HasPrefix(f.Function, "elbo/graph.") || strings.HasPrefix(f.Function, "elbo/graph/")
		if !ours && !strings.HasPrefix(f.Function, "runtime.") || strings.HasSuffix(f.File, "_test.go") {
			return fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		if !more {
			return ""
		}
	}
}
