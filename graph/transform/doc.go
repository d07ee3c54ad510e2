// Package transform maps unconstrained coordinates to the supports of random variables.
//
// Variational families live on ℝᴰ; a site whose values are positive, ordered, on a simplex
// and so on is written in its own space and reached through a bijection T. The density of
// the unconstrained coordinates x is that of y = T(x) times |det ∂T/∂x|, so every Transform
// gives, beside the map, the logarithm of that determinant as a graph node.
//
// Shapes: elementwise maps keep any shape. Maps of vectors act on the last axis, (…, D) →
// (…, K). Maps to matrices take (…, D) to (…, K, K), the coordinates in row-major order of the
// lower triangle. Leading axes are batches and their log-determinants add.
//
// A Support says where values live; For gives the default map to it:
//
//	Real            Identity          D = 1
//	Positive        Exp (see there for why not Softplus)
//	LowerBounded    Above{Lo}         Lo + exp x
//	UpperBounded    Below{Hi}         Hi − exp x
//	Interval        Logistic{Lo, Hi}
//	Simplex         StickBreaking     D = K−1
//	Ordered         Ascending         D = K
//	CorrCholesky    PartialCorr       D = K(K−1)/2
//	LowerTri        Triangular        D = K(K+1)/2
//
// Discrete supports have no map and For refuses them.
//
// Host counterparts (ForwardHost, Inverse, InverseHost) work on float64 slices, for start
// values and for draws. Inverse returns NaN coordinates for values outside the support and
// never panics on them, so that a caller can name the site whose start value is wrong.
package transform
