package feed

import (
	"fmt"
	"math"

	"elbo/graph"
)

// Rows are the rows of one step, picked inside its program.
type Rows struct {
	Index *graph.Node // (B) int32 numbers of rows
	Live  *graph.Node // (B) 1 for the rows of the step, 0 for the padding of a short one, which repeats its first row
	Count *graph.Node // scalar: how many are live
}

// Draw picks a step's batch of b out of n rows, shuffled by the program's seed: the batches data.Loader has for that
// seed. Short last batches are known by the step number; Countable says how far that goes.
func Draw(g *graph.Graph, n, b int) Rows {
	r := Rows{Index: g.BatchIndex("batch", n, b)}
	if n%b == 0 {
		r.Live, r.Count = graph.BroadcastTo(g.Const(1), b), g.Const(float64(b))
		return r
	}
	steps := float64((n + b - 1) / b)
	// ⌊(t+½)/steps⌋ epochs are over: the half keeps a rounded quotient on the right side.
	epochs := graph.Floor(graph.MulC(graph.AddC(g.Step(), 0.5), 1/steps))
	r.shorten(g, graph.Sub(g.Step(), graph.MulC(epochs, steps)), n, b)
	return r
}

// Chunk picks rows step·b … step·b+b−1 of n, the last of which may be short, for float64 programs.
func Chunk(g *graph.Graph, n, b int) Rows {
	r := Rows{}
	r.shorten(g, g.Step(), n, b)
	r.Index = graph.ToInt(graph.Add(graph.MulC(g.Step(), float64(b)), graph.Mul(graph.Iota(g, b), r.Live)))
	return r
}

// shorten marks the rows of batch k of those that n rows make, of which the last may be short.
func (r *Rows) shorten(g *graph.Graph, k *graph.Node, n, b int) {
	batches := (n + b - 1) / b
	last := graph.Gt(k, g.Const(float64(batches)-1.5))
	r.Count = graph.Affine(last, float64(n-batches*b), float64(b))
	r.Live = graph.Lt(graph.Iota(g, b), r.Count)
}

// Countable returns why a program of a float type cannot draw batches of b out of n rows for so many steps, 0 meaning
// any number; empty where it can.
func Countable(dt graph.DType, n int64, b int, steps int64) string {
	const limit = 1 << 22 // beyond, float32 rounds (t+½)/steps to a wrong epoch; float64 steps have no such bound
	switch {
	case n > math.MaxInt32:
		return fmt.Sprintf("%d rows are more than a device can number", n)
	case n%int64(b) != 0 && dt == graph.F32 && (steps == 0 || steps >= limit):
		return fmt.Sprintf("a %v program tells the short last batch of an epoch for %d steps, and the budget has more",
			dt, limit)
	}
	return ""
}
