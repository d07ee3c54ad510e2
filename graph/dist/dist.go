package dist

import (
	"elbo/graph"
	"elbo/graph/transform"
	"elbo/kernels"
)

// Distribution is a probability distribution whose parameters are graph nodes.
type Distribution interface {
	// LogProb returns the pointwise log density or mass at x in nats, broadcast over the batch.
	LogProb(x *graph.Node) *graph.Node
	// Support returns where draws live.
	Support() transform.Support
	// Shape returns batch and event axes of one draw.
	Shape() kernels.Shape
}

// Sampler draws one value of the distribution's shape from the noise of a site.
type Sampler interface {
	Sample(g *graph.Graph, site string) *graph.Node
}

// Rsampler tells whether gradients with respect to parameters flow through Sample.
type Rsampler interface {
	Rsample() bool
}

// Moments is implemented where closed forms of mean and variance exist.
type Moments interface {
	Mean() *graph.Node
	Variance() *graph.Node
}

// Entropyer is implemented where the differential entropy (nats) has a closed form.
type Entropyer interface {
	Entropy() *graph.Node
}

// Expand returns d with its batch axes broadcast to the given shape: draws become
// independent repetitions. Event axes stay.
func Expand(d Distribution, shape ...int) Distribution {
	e, ok := d.(interface {
		expand(kernels.Shape) Distribution
	})
	if !ok {
		graph.Fail("dist.Expand", nil, "%T cannot be expanded", d)
	}
	old := d.Shape()
	cut := len(old) - EventRank(d)
	both, err := kernels.Broadcast(old[:cut], shape)
	if err != nil || !both.Equal(shape) {
		graph.Fail("dist.Expand", nil, "batch shape %v does not broadcast to %v", old[:cut], kernels.Shape(shape))
	}
	return e.expand(append(kernels.Shape(shape).Clone(), old[cut:]...))
}

// EventRank returns how many trailing axes one draw occupies: 0 for numbers, 1 for vectors,
// 2 for matrices.
func EventRank(d Distribution) int {
	if e, ok := d.(interface{ EventRank() int }); ok {
		return e.EventRank()
	}
	return d.Support().EventRank()
}

// draw is embedded by every distribution: the graph and the shape of one draw.
type draw struct {
	g     *graph.Graph
	shape kernels.Shape
}

// newDraw broadcasts the parameters of a distribution over numbers.
func newDraw(name string, params ...*graph.Node) draw {
	var s kernels.Shape
	for _, p := range params {
		var err error
		if s, err = kernels.Broadcast(s, graph.ShapeOf(p)); err != nil {
			graph.Fail("dist."+name, params, "parameters do not broadcast")
		}
	}
	return draw{g: graph.GraphOf(params[0]), shape: s}
}

// Shape returns batch and event axes of one draw.
func (d draw) Shape() kernels.Shape { return d.shape.Clone() }

// Graph returns the graph of the parameters.
func (d draw) Graph() *graph.Graph { return d.g }

// over broadcasts a per-draw quantity that has lost axes to the batch shape, event axes
// counted off by rank.
func (d draw) over(n *graph.Node, rank int) *graph.Node {
	have := graph.ShapeOf(n)
	want, err := kernels.Broadcast(have, d.shape[:len(d.shape)-rank])
	if err != nil {
		graph.Fail("dist.LogProb", []*graph.Node{n}, "value does not broadcast against batch %v", d.shape)
	}
	if want.Equal(have) {
		return n
	}
	return graph.BroadcastTo(n, want...)
}

func (d draw) normal(g *graph.Graph, site string) *graph.Node  { return g.Normal01(site, d.shape...) }
func (d draw) uniform(g *graph.Graph, site string) *graph.Node { return g.Uniform01(site, d.shape...) }

// continuous and discrete supply Rsample.
type continuous struct{}

// Rsample is true: gradients flow through draws.
func (continuous) Rsample() bool { return true }

type discrete struct{}

// Rsample is false: draws carry no gradient.
func (discrete) Rsample() bool { return false }
