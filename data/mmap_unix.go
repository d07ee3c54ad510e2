//go:build unix

package data

import (
	"fmt"
	"math"
	"os"
	"syscall"
)

// mapFile maps a file for reading. The kernel's default read-ahead stays on: passes read in order, and a shuffled
// epoch touches nearly every page anyway.
func mapFile(f *os.File, size int64) ([]byte, error) {
	if size > math.MaxInt {
		return nil, fmt.Errorf("data: map %s: %d bytes exceed the address space", f.Name(), size)
	}
	return syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
}

func unmapFile(b []byte) error {
	if b == nil {
		return nil
	}
	return syscall.Munmap(b)
}
