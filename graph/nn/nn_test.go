package nn

import (
	"fmt"
	"math"
	"testing"

	"elbo/graph"
)

// trial is a layer applied to one input "x", and values for its input and all its parameters
// and states.
type trial struct {
	x, y   *graph.Node
	c      *Context
	values map[string][]float64
}

// try builds l under the name "l" on a batch of the given shape. Inputs are standard normals;
// variances are made positive.
func try(t *testing.T, l Layer, train bool, shape ...int) *trial {
	t.Helper()
	apply := func(c *Context, x *graph.Node) *graph.Node { return l.Apply(c, "l", x) }
	return tryWith(t, train, apply, shape...)
}

func tryWith(t *testing.T, train bool, f func(c *Context, x *graph.Node) *graph.Node, shape ...int) *trial {
	t.Helper()
	tr := &trial{values: map[string][]float64{}}
	g, err := graph.Build(graph.F64, func(g *graph.Graph) {
		tr.c = &Context{G: g, Train: train, Seed: 3}
		tr.x = g.Data("x", shape...)
		tr.y = f(tr.c, tr.x)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range g.Inputs() {
		in := g.Input(n)
		v := make([]float64, in.Shape.Size())
		graph.HostNormals(v, 11, "value of "+in.Name, 0)
		if in.Kind == graph.InputState {
			for i := range v {
				v[i] = 0.5 + math.Abs(v[i])
			}
		}
		tr.values[in.Name] = v
	}
	return tr
}

// eval returns the values of nodes at step 0.
func (tr *trial) eval(t *testing.T, nodes ...*graph.Node) [][]float64 {
	t.Helper()
	out, err := graph.Reference(tr.values, 5, 0, nodes...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// near compares element by element; NaN equals nothing.
func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol*(1+math.Abs(want[i]))) {
			t.Fatalf("%s, element %d: %.12g, want %.12g", what, i, got[i], want[i])
		}
	}
}

// roundoff bounds float64 sums of some hundred terms of order one taken in another order.
const roundoff = 1e-12

// gradients checks the derivatives of Σ r∘y by x and every parameter, for fixed random r,
// against central differences. With step 1e-5 truncation and rounding errors are about 1e-10; 1e-6 leaves room
// for steep functions and would still show any wrong term.
func (tr *trial) gradients(t *testing.T) {
	t.Helper()
	var r, loss *graph.Node
	nodes := []*graph.Node{tr.x}
	g := tr.c.G
	weights := make([]float64, graph.ShapeOf(tr.y).Size())
	graph.HostNormals(weights, 17, "loss weights", 0)
	r = g.ConstTensor(weights, graph.ShapeOf(tr.y)...)
	loss = graph.Sum(graph.Mul(r, tr.y))
	for _, n := range g.Inputs() {
		if g.Input(n).Kind == graph.InputParam {
			nodes = append(nodes, n)
		}
	}
	grads := tr.eval(t, graph.Grad(loss, nodes...)...)
	const h = 1e-5
	for k, n := range nodes {
		v := tr.values[g.Input(n).Name]
		for i, x := range v {
			v[i] = x + h
			up := tr.eval(t, loss)[0][0]
			v[i] = x - h
			down := tr.eval(t, loss)[0][0]
			v[i] = x
			what := fmt.Sprintf("derivative by %s[%d]", g.Input(n).Name, i)
			near(t, what, grads[k][i:i+1], []float64{(up - down) / (2 * h)}, 1e-6)
		}
	}
}
