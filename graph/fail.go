package graph

import "elbo/kernels"

// Fail reports misuse in a building function of a package above this one (transform, dist,
// guides): it panics with a *BuildError that names the function, its operands' shapes, the
// reason and the caller's place, and Build returns it.
func Fail(fn string, operands []*Node, format string, args ...any) {
	shapes := make([]kernels.Shape, len(operands))
	for i, n := range operands {
		shapes[i] = ShapeOf(n)
	}
	fail(fn, shapes, format, args...)
}
