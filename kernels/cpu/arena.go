//go:build cgo

package cpu

// #include "exec.h"
import "C"

import "unsafe"

// arena is the C memory an executable owns.
type arena struct{ blocks []unsafe.Pointer }

// bytes returns zeroed memory.
func (a *arena) bytes(n int) (unsafe.Pointer, error) {
	p, err := allocate(n)
	if err == nil {
		a.blocks = append(a.blocks, p)
	}
	return p, err
}

// array returns zeroed C memory for n elements; T holds no Go pointers.
func array[T any](a *arena, n int) ([]T, error) {
	var t T
	p, err := a.bytes(n * int(unsafe.Sizeof(t)))
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*T)(p), n), nil
}

func (a *arena) free() {
	for _, p := range a.blocks {
		C.elbo_free(p)
	}
	a.blocks = nil
}
