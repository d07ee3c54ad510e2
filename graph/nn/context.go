package nn

import (
	"fmt"
	"slices"

	"elbo/graph"
)

// Context is what layers are built in.
type Context struct {
	G *graph.Graph
	// Train builds the training form. When false, dropout is the identity and batch norm uses
	// its running statistics.
	Train bool
	// Seed, with the parameter's name, determines initial values.
	Seed uint64
	// Assigns collects the updates of running statistics that layers make while Train is set;
	// they belong into graph.Spec.Assign.
	Assigns []graph.Assign

	uses map[string]int // how often each name has been applied
}

// Param returns the trainable parameter of that name, declaring it on first use with values
// drawn by rule. fanIn and fanOut are the numbers of terms summed into one output and of
// outputs one input reaches.
func (c *Context) Param(name string, rule Init, fanIn, fanOut int, shape ...int) *graph.Node {
	return c.declared(name, graph.InputParam, shape, func() *graph.Node {
		v, err := rule.Values(c.Seed, name, shape, fanIn, fanOut)
		if err != nil {
			graph.Fail("nn.Param", nil, "%w", err)
		}
		return c.G.Param(name, v, shape...)
	})
}

// State returns the untrained state of that name, declaring it on first use filled with v.
func (c *Context) State(name string, v float64, shape ...int) *graph.Node {
	return c.declared(name, graph.InputState, shape, func() *graph.Node {
		return c.G.State(name, []float64{v}, shape...)
	})
}

// declared returns the graph's input of that name if it has one of this kind and shape.
func (c *Context) declared(name string, kind graph.InputKind, shape []int, make func() *graph.Node) *graph.Node {
	n := c.G.Lookup(name)
	if n == nil {
		return make()
	}
	if in := c.G.Input(n); in.Kind != kind || !slices.Equal(in.Shape, shape) {
		graph.Fail("nn.Context", []*graph.Node{n}, "%q is declared already, with another shape or kind than %v", name, shape)
	}
	return n
}

// use counts applications of a name: 0 for the first.
func (c *Context) use(name string) int {
	if c.uses == nil {
		c.uses = map[string]int{}
	}
	n := c.uses[name]
	c.uses[name]++
	return n
}

// site returns the noise site of the next application of a name: the name itself, then
// name#1, name#2 and so on, for a site draws once in a graph.
func (c *Context) site(name string) string {
	if n := c.use(name); n > 0 {
		return fmt.Sprintf("%s#%d", name, n)
	}
	return name
}
