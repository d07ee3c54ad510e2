//go:build cgo

package cpu

// #cgo CFLAGS: -O3 -Wall
// #cgo LDFLAGS: -lm
// #include "exec.h"
import "C"

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"elbo/kernels"
)

// level is an instruction set level and its kernels.
type level struct {
	name   string
	number int // 0 base, 3 AVX2, 4 AVX-512
	isa    *C.elbo_isa
}

// Levels returns the names of the instruction set levels this machine has, the lowest first.
func Levels() []string {
	names := []string{baseName()}
	best := int(C.elbo_best_isa())
	for _, l := range []level{{name: "avx2", number: 3}, {name: "avx512", number: 4}} {
		if l.number <= best {
			names = append(names, l.name)
		}
	}
	return names
}

func baseName() string {
	if runtime.GOARCH == "arm64" {
		return "neon"
	}
	return "base"
}

// pickLevel returns the named level, or the best one for "".
func pickLevel(name string) (level, error) {
	have := Levels()
	if name == "" {
		name = have[len(have)-1]
	}
	if !slices.Contains(have, name) {
		return level{}, fmt.Errorf("cpu: instruction set %q: %w; this machine has %s",
			name, kernels.ErrUnavailable, strings.Join(have, ", "))
	}
	l := level{name: name, number: map[string]int{"avx2": 3, "avx512": 4}[name]}
	l.isa = C.elbo_level(C.int(l.number))
	return l, nil
}

// fuses reports whether a fused multiply-add is an instruction of the level rather than a
// library call.
func (l *level) fuses() bool { return l.number > 0 || runtime.GOARCH == "arm64" }

// tile returns the tile function of an elementwise op.
func (l *level) tile(op kernels.Op, dt kernels.DType) unsafe.Pointer {
	table := unsafe.Slice((*unsafe.Pointer)(C.elbo_tiles(C.int(l.number), C.int(dt))), kernels.NumElementwise)
	return table[op]
}

// pattern returns the function of a pattern.
func (l *level) pattern(kind int, dt kernels.DType) unsafe.Pointer {
	table := unsafe.Slice((*C.elbo_pattern_fn)(C.elbo_patterns(C.int(l.number), C.int(dt))), C.ELBO_NUM_PATTERNS)
	return unsafe.Pointer(table[kind])
}

// fill returns the fill function of a random op.
func (l *level) fill(op kernels.Op, dt kernels.DType) unsafe.Pointer {
	table := unsafe.Slice((*C.elbo_fill_fn)(C.elbo_fills(C.int(l.number), C.int(dt))), C.ELBO_NUM_FILLS)
	if op == kernels.RandNormal {
		return unsafe.Pointer(table[C.ELBO_FILL_NORMAL])
	}
	return unsafe.Pointer(table[C.ELBO_FILL_UNIFORM])
}
