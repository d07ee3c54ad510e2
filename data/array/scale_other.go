//go:build !amd64

package array

// scaleVector scales nothing: without vector code the table does it all.
func scaleVector([]float32, []byte, float32) int { return 0 }

// prefetch does nothing.
func prefetch(*byte, int) {}
