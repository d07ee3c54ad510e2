package elbo

import "elbo/graph"

// Anneal returns β (scalar) as a function of the step's number inside the program.
type Anneal func(g *graph.Graph) *graph.Node

// Constant keeps β.
func Constant(beta float64) Anneal {
	return func(g *graph.Graph) *graph.Node { return g.Const(beta) }
}

// Linear raises β from 0 at the first step to beta after the given steps and keeps it there
// (Bowman et al. 2016).
func Linear(beta float64, steps int) Anneal {
	return func(g *graph.Graph) *graph.Node {
		return graph.MulC(graph.Min(graph.MulC(g.Step(), 1/float64(steps)), g.Const(1)), beta)
	}
}

// Cyclic repeats cycles of the given number of steps: β rises linearly to beta over the first
// half of each and stays over the second (Fu et al. 2019).
func Cyclic(beta float64, steps int) Anneal {
	return func(g *graph.Graph) *graph.Node {
		cycle := graph.MulC(g.Step(), 1/float64(steps))
		phase := graph.Sub(cycle, graph.Floor(cycle))
		return graph.MulC(graph.Min(graph.MulC(phase, 2), g.Const(1)), beta)
	}
}
