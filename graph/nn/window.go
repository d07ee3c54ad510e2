package nn

import (
	"encoding/json"
	"fmt"
	"strings"

	"elbo/graph"
)

// Pair is a height and a width. In YAML and JSON it is written [3, 5], or 3 for both.
type Pair [2]int

// Square returns n by n.
func Square(n int) Pair { return Pair{n, n} }

// IsZero reports whether both are 0, which files leave out.
func (p Pair) IsZero() bool { return p == Pair{} }

// UnmarshalYAML reads one number or a list of two.
func (p *Pair) UnmarshalYAML(unmarshal func(any) error) error {
	var one int
	if unmarshal(&one) == nil {
		*p = Square(one)
		return nil
	}
	var two []int
	if err := unmarshal(&two); err != nil || len(two) != 2 {
		return fmt.Errorf("nn: a whole number or a list of two is wanted, such as 3 or [3, 5]")
	}
	*p = Pair{two[0], two[1]}
	return nil
}

// UnmarshalJSON reads one number or a list of two.
func (p *Pair) UnmarshalJSON(raw []byte) error {
	return p.UnmarshalYAML(func(v any) error { return json.Unmarshal(raw, v) })
}

// places returns how many places of a window fit into images (H, W, C).
func places(layer string, in []int, w graph.Window) (oh, ow int, err error) {
	if len(in) != 3 {
		return 0, 0, shapeError(layer, in, "%s", imagesWanted)
	}
	if oh, ow, err = w.Out(in[0], in[1]); err != nil {
		return 0, 0, shapeError(layer, in, "%s", strings.TrimPrefix(err.Error(), "kernels: "))
	}
	return oh, ow, nil
}

const imagesWanted = "images (height, width, channels) are wanted; put a reshape layer before it"
