package nn

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"elbo/graph"
)

// tryMADE builds m on a batch of n vectors of d, with a context of h elements if h > 0, and
// returns the trial and the context. Its result is all outputs side by side.
func tryMADE(t *testing.T, m MADE, n, d, h int) (*trial, *graph.Node) {
	t.Helper()
	var context *graph.Node
	tr := tryWith(t, true, func(c *Context, x *graph.Node) *graph.Node {
		if h > 0 {
			context = c.G.Data("context", n, h)
		}
		return graph.Concat(1, m.Apply(c, "made", x, context)...)
	}, n, d)
	return tr, context
}

var mades = []struct {
	m    MADE
	d, h int
}{
	{MADE{Hidden: []int{7}, Activation: "tanh"}, 4, 0},
	{MADE{Hidden: []int{7, 6}, Outputs: 2, Activation: "softplus"}, 4, 3},
	{MADE{Hidden: []int{9, 5}, Outputs: 2, Activation: "tanh", Reverse: true}, 5, 2},
	{MADE{Outputs: 2}, 3, 0},
	{MADE{Outputs: 1, Reverse: true}, 3, 2},
	{MADE{Hidden: []int{4}, Outputs: 2, Activation: "tanh"}, 1, 2},
	{MADE{Hidden: []int{4}, Activation: "tanh"}, 1, 0},
	{MADE{Hidden: []int{2}, Activation: "tanh"}, 5, 1}, // narrower than the degrees
}

// The Jacobian of every output is strictly triangular, exactly: masked connections carry no
// rounding errors. Every element the order allows is there once the layers are wide enough.
func TestMADEIsAutoregressive(t *testing.T) {
	for _, c := range mades {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			tr, _ := tryMADE(t, c.m, 1, c.d, c.h)
			outputs := max(c.m.Outputs, 1)
			for k := range outputs * c.d {
				row := tr.eval(t, graph.Grad(graph.Slice(tr.y, 1, k, k+1), tr.x)...)[0]
				i := k % c.d
				for j, v := range row {
					allowed := j < i
					if c.m.Reverse {
						allowed = j > i
					}
					wide := len(c.m.Hidden) == 0 || slices.Min(c.m.Hidden) >= c.d
					switch {
					case !allowed && v != 0:
						t.Errorf("output %d depends on input %d by %v", k, j, v)
					case allowed && wide && v == 0:
						t.Errorf("output %d does not depend on input %d", k, j)
					}
				}
			}
		})
	}
}

// A context reaches every element of every output, the first one too.
func TestMADEContext(t *testing.T) {
	for _, c := range mades {
		if c.h == 0 {
			continue
		}
		tr, context := tryMADE(t, c.m, 1, c.d, c.h)
		for k := range graph.ShapeOf(tr.y)[1] {
			for j, v := range tr.eval(t, graph.Grad(graph.Slice(tr.y, 1, k, k+1), context)...)[0] {
				if v == 0 {
					t.Errorf("%+v: output %d does not depend on element %d of the context", c.m, k, j)
				}
			}
		}
	}
}

func TestMADEGradients(t *testing.T) {
	for _, c := range mades {
		tr, _ := tryMADE(t, c.m, 2, c.d, c.h)
		tr.gradients(t)
	}
}

// Rows do not mix, and the outputs start near zero, where a flow is the identity.
func TestMADEStart(t *testing.T) {
	m := MADE{Hidden: []int{32}, Outputs: 2, Activation: "tanh"}
	tr, _ := tryMADE(t, m, 2, 8, 4)
	for _, n := range tr.c.G.Inputs() {
		if in := tr.c.G.Input(n); in.Kind == graph.InputParam {
			tr.values[in.Name] = in.Init
		}
	}
	both := tr.eval(t, tr.y)[0]
	// 36 terms of order one with weights of deviation 0.01: 0.3 is five deviations.
	if top := max(slices.Max(both), -slices.Min(both)); top > 0.3 {
		t.Errorf("an output starts at %v", top)
	}
	if slices.Equal(both[:8], both[8:16]) {
		t.Error("both outputs are the same")
	}
	tr.values["x"] = append(slices.Clone(tr.values["x"][:8]), make([]float64, 8)...)
	near(t, "first row beside another second row", tr.eval(t, tr.y)[0][:16], both[:16], 0)
}

// Degrees go round through those that some input and some output can use.
func TestHiddenDegrees(t *testing.T) {
	for _, c := range []struct {
		width, d int
		context  bool
		want     []int
	}{
		{5, 4, false, []int{1, 2, 3, 1, 2}},
		{5, 4, true, []int{0, 1, 2, 3, 0}},
		{2, 1, false, []int{0, 0}},
		{2, 1, true, []int{0, 0}},
		{3, 2, false, []int{1, 1, 1}},
	} {
		if got := hiddenDegrees(c.width, c.d, c.context); !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestMaskedLinear(t *testing.T) {
	l := MaskedLinear{InDegree: []int{1, 2, 3}, OutDegree: []int{1, 2, 2, 3}}
	for _, strict := range []bool{false, true} {
		l.Strict = strict
		tr := try(t, l, true, 2, 3)
		w, b, x := tr.values["l/weight"], tr.values["l/bias"], tr.values["x"]
		init := tr.c.G.Input(tr.c.G.Lookup("l/weight")).Init
		want := make([]float64, 2*4)
		for k := range want {
			want[k] = b[k%4]
			for i := range 3 {
				open := i+1 < l.OutDegree[k%4] || i+1 == l.OutDegree[k%4] && !strict
				if open {
					want[k] += x[k/4*3+i] * w[i*4+k%4]
				}
				if open == (init[i*4+k%4] == 0) {
					t.Errorf("strict %v: weight (%d,%d) starts at %v", strict, i, k%4, init[i*4+k%4])
				}
			}
		}
		near(t, "y", tr.eval(t, tr.y)[0], want, roundoff)
		tr.gradients(t)
	}
}

func TestMADEErrors(t *testing.T) {
	for _, c := range []struct {
		m       MADE
		x, ctx  []int
		message string
	}{
		{MADE{}, []int{3}, nil, "must be (B, D)"},
		{MADE{}, []int{3, 2}, []int{2, 2}, "with the input's B"},
		{MADE{Hidden: []int{0}}, []int{3, 2}, nil, "must be positive"},
		{MADE{OutInit: "none"}, []int{3, 2}, nil, "unknown initialiser"},
		{MADE{Hidden: []int{3}, Activation: "tanhh"}, []int{3, 2}, nil, `did you mean "tanh"`},
	} {
		_, err := graph.Build(graph.F64, func(g *graph.Graph) {
			var context *graph.Node
			if c.ctx != nil {
				context = g.Data("context", c.ctx...)
			}
			c.m.Apply(&Context{G: g}, "m", g.Data("x", c.x...), context)
		})
		if err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("got %v, want %q", err, c.message)
		}
	}
}
