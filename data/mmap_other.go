//go:build !unix

package data

import (
	"errors"
	"os"
)

// mapFile refuses: caches are read by position on this system.
func mapFile(*os.File, int64) ([]byte, error) { return nil, errors.ErrUnsupported }

func unmapFile([]byte) error { return nil }
