//go:build elbo_cuda && linux

package load

/*
#cgo CFLAGS: -O2 -std=gnu11 -Wall
#cgo LDFLAGS: -L${SRCDIR}/archives -ldl
#include "resolve.h"
*/
import "C"

import (
	"fmt"
	"strings"
)

// A Library is one of the three libraries as this process found it.
type Library struct {
	Name    string   // "driver", "cublas" or "nvrtc"
	Path    string   // the file that was opened; empty where none was
	Version string   // as the library gives it, such as "12.4"; empty where unknown
	Missing []string // functions this program calls that the library lacks, in order of name
	Tried   []string // every place looked at, with what was found there
	Err     error    // why the library cannot be used; nil where it can
}

// Which is one of the three.
type Which int

// The libraries, in the order of Libraries.
const (
	Driver Which = C.ELBO_DRIVER
	CUBLAS Which = C.ELBO_CUBLAS
	NVRTC  Which = C.ELBO_NVRTC
)

// names are those of Library.Name.
var names = [...]string{Driver: "driver", CUBLAS: "cublas", NVRTC: "nvrtc"}

// Libraries opens the libraries that have not been opened yet and describes all three: the driver,
// cuBLAS and NVRTC.
func Libraries() []Library { return []Library{Describe(Driver), Describe(CUBLAS), Describe(NVRTC)} }

// Describe opens one library where it has not been opened yet (cuBLAS and NVRTC after the driver),
// and says what came of it.
func Describe(which Which) Library {
	c := C.elbo_library_of(C.int(which))
	l := Library{Name: names[which], Path: C.GoString(c.path), Version: version(which)}
	if tried := strings.TrimSpace(C.GoString(c.tried)); tried != "" {
		l.Tried = strings.Split(tried, "\n")
	}
	switch {
	case c.handle == nil:
		l.Err = fmt.Errorf("load: %s: %s", l.Name, strings.TrimSpace(C.GoString(c.reason)))
	case which == Driver && C.elbo_init_status() != 0:
		l.Err = fmt.Errorf("load: %s: %s loads, but cuInit returns %d", l.Name, l.Path, C.elbo_init_status())
	default:
		l.Missing = missing(which)
	}
	return l
}

// missing lists the functions of a library that package driver calls and the library lacks.
func missing(which Which) []string {
	var list []string
	for row := range C.elbo_symbol_count() {
		s := C.elbo_symbol_at(row)
		if Which(s.library) != which || C.elbo_symbol_exists(row) != 0 {
			continue
		}
		if s.called != 0 || C.elbo_symbol_state(row) == C.ELBO_MISSING {
			list = append(list, C.GoString(s.name))
		}
	}
	return list
}

// version is a library's own version, joined by dots.
func version(which Which) string {
	var v [3]C.int
	known := int(C.elbo_version(C.int(which), &v[0]))
	parts := make([]string, known)
	for i := range parts {
		parts[i] = fmt.Sprint(v[i])
	}
	return strings.Join(parts, ".")
}

// Called lists the functions called so far in this process, whether or not they were found.
func Called() []string {
	var list []string
	for row := range C.elbo_symbol_count() {
		if C.elbo_symbol_state(row) != C.ELBO_UNUSED {
			list = append(list, C.GoString(C.elbo_symbol_at(row).name))
		}
	}
	return list
}
