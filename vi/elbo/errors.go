package elbo

import (
	"errors"
	"fmt"
)

var (
	errParticles = errors.New("elbo: the leave-one-out baseline needs at least 2 particles; set Particles.S")
	errFreeBits  = errors.New(
		"elbo: free bits need the divergence from a standard Normal prior in closed form; " +
			"use a Normal posterior and prior")
	errLocal = errors.New("elbo: the target has no rows with latents of their own (vi.Local)")
)

// DensityError says that an objective needs a form of log q that the guide does not know.
type DensityError struct{ Density string }

// Error names the missing density.
func (e *DensityError) Error() string {
	return fmt.Sprintf("elbo: the guide does not know %s, which this objective needs; use another posterior", e.Density)
}
