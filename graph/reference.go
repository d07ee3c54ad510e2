package graph

import "fmt"

// Reference evaluates roots by each op's Do arithmetic, in topological order, and returns
// their elements. values holds the elements of inputs by name; Param and State inputs that
// are left out have their initial values. It is the oracle of tests, slow and simple.
func Reference(values map[string][]float64, seed, step uint64, roots ...*Node) ([][]float64, error) {
	if len(roots) == 0 {
		return nil, nil
	}
	g := GraphOf(roots[0])
	done := map[*Node][]float64{}
	for _, n := range topological(roots...) {
		x, err := g.evalNode(n, done, values, seed, step)
		if err != nil {
			return nil, fmt.Errorf("at %q: %w", g.Site(n), err)
		}
		done[n] = x
	}
	out := make([][]float64, len(roots))
	for i, r := range roots {
		out[i] = append([]float64(nil), done[r]...)
	}
	return out, nil
}

func (g *Graph) evalNode(
	n *Node, done map[*Node][]float64, values map[string][]float64, seed, step uint64,
) ([]float64, error) {
	op, ok := n.Op().(*Op)
	if !ok {
		return g.inputValue(n, values, step)
	}
	kids := children(n)
	in := make([]tensorValue, len(kids))
	for i, k := range kids {
		in[i] = tensorValue{done[k], op.in[i].shape}
	}
	return op.eval(in, seed, step)
}

// inputValue returns a leaf's elements, rounded to its type.
func (g *Graph) inputValue(n *Node, values map[string][]float64, step uint64) ([]float64, error) {
	in := g.inputs[n]
	if in == nil {
		return nil, fmt.Errorf("graph: node %v is neither an input nor an op of this package", n.Name())
	}
	x, given := values[in.Name]
	switch {
	case in.Kind == InputStep:
		x = []float64{float64(step)}
	case !given && in.Init != nil:
		x = in.Init
	case !given:
		return nil, fmt.Errorf("graph: no value for input %q", in.Name)
	case len(x) != in.Shape.Size():
		return nil, fmt.Errorf("graph: input %q has %d elements for shape %v", in.Name, len(x), in.Shape)
	}
	out := append([]float64(nil), x...)
	roundTo(in.DType, out)
	return out, nil
}
