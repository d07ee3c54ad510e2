package graph

import (
	"fmt"
	"runtime"
	"sync"
	"weak"

	"gorgonia.org/gorgonia"

	"elbo/kernels"
)

// Node is a value of the expression graph.
type Node = gorgonia.Node

// MaxNodes bounds the op nodes of one graph: Gorgonia's construction time grows with the
// square of their number. Vectorise plates instead of unrolling them.
const MaxNodes = 20000

// Graph is a Gorgonia expression graph built only from this package's ops on named inputs,
// with one float type.
type Graph struct {
	expr    *gorgonia.ExprGraph
	dt      kernels.DType
	serial  uint32
	step    *Node
	inputs  map[*Node]*Input
	order   []*Node // inputs in order of declaration, constants left out
	names   map[string]*Node
	sites   map[*Node]string
	streams map[uint32]string
}

// Build returns the graph that f makes, with float type dt (F32 or F64). A misuse inside f
// stops it and is returned as *BuildError.
func Build(dt kernels.DType, f func(g *Graph)) (*Graph, error) {
	if dt != kernels.F32 && dt != kernels.F64 {
		return nil, &BuildError{Op: "Build", Pos: callerPos(), Cause: fmt.Errorf("%v is not a float type", dt)}
	}
	warmUp()
	g := &Graph{
		expr: gorgonia.NewGraph(), dt: dt,
		inputs: map[*Node]*Input{}, names: map[string]*Node{},
		sites: map[*Node]string{}, streams: map[uint32]string{},
	}
	register(g)
	if err := guard(func() { f(g) }); err != nil {
		return nil, err
	}
	return g, nil
}

// Expr returns the Gorgonia graph underneath.
func (g *Graph) Expr() *gorgonia.ExprGraph { return g.expr }

// DType returns the graph's float type.
func (g *Graph) DType() kernels.DType { return g.dt }

// Builder returns the graph as a maker of nodes for code written over Builder.
func (g *Graph) Builder() Builder[*Node] { return nodeBuilder{g} }

// nodeBuilder is a Graph whose DType is that of a node, as Builder asks.
type nodeBuilder struct{ *Graph }

// DType returns the element type of n.
func (b nodeBuilder) DType(n *Node) kernels.DType { return b.DTypeOf(n) }

// Name gives n a site name for errors, dumps and non-finite reports, and returns n.
func (g *Graph) Name(n *Node, site string) *Node {
	g.sites[n] = site
	return n
}

// Site returns the name given to n, an input's own name, or else op name and serial.
func (g *Graph) Site(n *Node) string {
	if s, ok := g.sites[n]; ok {
		return s
	}
	if in := g.inputs[n]; in != nil {
		return in.Name
	}
	if op, ok := n.Op().(*Op); ok {
		return fmt.Sprintf("%v#%d", op.kind, op.serial)
	}
	return n.Name()
}

// graphs finds the Graph of a node. Both sides are weak, so that a graph nobody holds is
// collected and its entry removed.
var graphs sync.Map // weak.Pointer[gorgonia.ExprGraph] → weak.Pointer[Graph]

func register(g *Graph) {
	key := weak.Make(g.expr)
	graphs.Store(key, weak.Make(g))
	runtime.AddCleanup(g, func(k weak.Pointer[gorgonia.ExprGraph]) { graphs.Delete(k) }, key)
}

// GraphOf returns the graph n was built in. It panics with *BuildError for a nil node or one
// that this package did not build.
func GraphOf(n *Node) *Graph {
	if n == nil {
		fail("GraphOf", nil, "nil node")
	}
	if op, ok := n.Op().(*Op); ok {
		return op.g
	}
	if n.Graph() != nil {
		if p, ok := graphs.Load(weak.Make(n.Graph())); ok {
			if g := p.(weak.Pointer[Graph]).Value(); g != nil {
				return g
			}
		}
	}
	fail("GraphOf", nil, "node %v belongs to no graph made by Build", n.Name())
	return nil
}

// warmUp makes Gorgonia cache the hashes of its global constants, which it otherwise writes
// unguarded the first time a gradient is taken in any goroutine.
var warmUp = sync.OnceFunc(func() {
	for _, dt := range []kernels.DType{kernels.F32, kernels.F64} {
		e := gorgonia.NewGraph()
		x := gorgonia.NewScalar(e, dtypeOf(dt), gorgonia.WithName("x"))
		// The gradient of x itself touches the constant; its result is of no interest.
		_, _ = gorgonia.Grad(x, x)
	}
})
