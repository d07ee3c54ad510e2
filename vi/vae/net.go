package vae

import (
	"elbo/graph"
	"elbo/graph/nn"
)

// net is the model inside one graph: it knows which nodes hold its parameters.
type net struct {
	m     *Model
	c     *nn.Context
	start Start
}

// newNet prepares a graph for the model; train builds the layers' training form.
func (m *Model) newNet(g *graph.Graph, train bool) *net {
	return &net{m: m, c: &nn.Context{G: g, Train: train, Seed: m.cfg.Seed}}
}

// features returns the encoder's last hidden layer (B,F) for data x (B,D).
func (n *net) features(x *graph.Node) *graph.Node {
	return flat(n.m.encoder.Apply(n.c, "encoder", n.m.view.toItems(x)))
}

// head is a linear map of features (B,F) to (B,units).
func (n *net) head(name string, h *graph.Node, units int) *graph.Node {
	return nn.Linear{Units: units}.Apply(n.c, name, h)
}

// scaleHead is head for log standard deviations. Weights start at zero: every row's posterior starts
// with scale one, where random ones would give outlying rows wide posteriors that take long to unlearn.
func (n *net) scaleHead(name string, h *graph.Node, units int) *graph.Node {
	return nn.Linear{Units: units, Init: nn.Zeros}.Apply(n.c, name, h)
}

// decode returns the likelihood's heads, each (R,D) or (R,D,classes), for latents z (R,latent).
func (n *net) decode(z *graph.Node) []*graph.Node {
	l := n.m.lik
	h := n.m.decoder.Apply(n.c, "decoder", z)
	if !n.m.heads {
		return n.split(n.m.view.fromItems(h, n.m.width, l.outputs()))
	}
	h = flat(h)
	n.startBias("decoder/out/bias")
	out := []*graph.Node{n.head("decoder/out", h, n.m.width*l.classes)}
	if l.heads == 2 {
		out = append(out, n.head("decoder/scale", h, n.m.width))
	}
	if l.classes > 1 {
		out[0] = graph.Reshape(out[0], graph.ShapeOf(z)[0], n.m.width, l.classes)
	}
	return out
}

// split takes the heads out of the last axis of y (R,D,outputs).
func (n *net) split(y *graph.Node) []*graph.Node {
	l := n.m.lik
	if l.heads == 1 && l.classes > 1 {
		return []*graph.Node{y}
	}
	s := graph.ShapeOf(y)
	out := make([]*graph.Node, l.heads)
	for i := range out {
		out[i] = graph.Reshape(graph.Slice(y, 2, i, i+1), s[0], s[1])
	}
	return out
}

// startBias declares the output's bias at the mean of the data where that is known.
func (n *net) startBias(name string) {
	if n.start.Mean == nil || n.c.G.Lookup(name) != nil {
		return
	}
	v := make([]float64, 0, n.m.width*n.m.lik.classes)
	for _, mean := range n.start.Mean {
		for range n.m.lik.classes {
			v = append(v, n.m.lik.bias(mean))
		}
	}
	n.c.G.Param(name, v, len(v))
}

// sharedLogSD is the log standard deviation of the gaussian likelihood.
func (n *net) sharedLogSD() *graph.Node {
	if p := n.c.G.Lookup("decoder/logsd"); p != nil {
		return p
	}
	return n.c.G.Param("decoder/logsd", []float64{n.start.LogSD})
}
