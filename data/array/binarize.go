package array

import (
	"fmt"
	"slices"
	"strings"

	"elbo/data"
)

// Binarize names how values x in [0, 1] become the binary data of a Bernoulli likelihood. Devices do the drawing.
type Binarize uint8

// The ways.
const (
	// BinarizeDynamic draws Bernoulli(x) anew in every epoch (Burda, Grosse & Salakhutdinov 2016).
	BinarizeDynamic Binarize = iota
	// BinarizeStatic draws Bernoulli(x) once: a function of (seed, item, pixel) that is the same in every epoch, whatever
	// the order of the items and the batch they come in.
	BinarizeStatic
	// BinarizeThreshold takes x > 1/2.
	BinarizeThreshold
	// BinarizeNone leaves x alone.
	BinarizeNone
)

var binarizeNames = []string{"dynamic", "static", "threshold", "none"}

// BinarizeNames lists the names that ParseBinarize takes.
func BinarizeNames() []string { return slices.Clone(binarizeNames) }

// String returns the name of the way.
func (b Binarize) String() string {
	if int(b) < len(binarizeNames) {
		return binarizeNames[b]
	}
	return fmt.Sprintf("Binarize(%d)", uint8(b))
}

// ParseBinarize returns the way of a name: dynamic, static, threshold or none.
func ParseBinarize(name string) (Binarize, error) {
	i, err := choose("binarization", name, binarizeNames)
	return Binarize(i), err
}

// choose returns the place of a name among the choices.
func choose(what, name string, choices []string) (int, error) {
	if i := slices.Index(choices, name); i >= 0 {
		return i, nil
	}
	near := ""
	if n := data.Nearest(name, choices); n != "" {
		near = fmt.Sprintf(", did you mean %s", n)
	}
	return 0, options("array: unknown %s %q (%s%s)", what, name, strings.Join(choices, ", "), near)
}
