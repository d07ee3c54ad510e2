// Package graph turns models written as Gorgonia expression graphs into compiled programs.
//
// A Graph wraps a *gorgonia.ExprGraph built only from this package's own ops (functions such
// as Add, MatMul, Sum) on named inputs. Compile lowers it to a flat code, differentiates
// there, simplifies, fuses elementwise work, plans memory and returns a Program that any
// kernels.Device can run: one whole training step, or one chunk of a pass over data.
//
//	g, err := graph.Build(kernels.F64, func(g *graph.Graph) {
//		x, y := g.Data("x", 128, 10), g.Data("y", 128)
//		w := g.Param("w", nil, 10)
//		loss = graph.Sum(graph.Square(graph.Sub(y, graph.MatMul(x, w))))
//	})
//	p, err := graph.Compile(g, graph.Spec{Loss: loss, Update: sgd})
//
// Building functions panic with *BuildError (op, shapes, caller's file and line), which
// Build turns into an error; no other panic is recovered. One goroutine builds one graph.
//
// Gradient rules are written once over Builder and serve both Gorgonia nodes (Grad, and
// SymDiff so that gorgonia.Grad can cross-check) and the lowered code (Compile). Grad makes
// derivatives as nodes, any number of times and to any order; gorgonia.Grad does neither.
//
// Tests evaluate graphs by Reference, which uses each op's own Do, seed and step given.
// FromGorgonia compiles plain graphs of Gorgonia's built-in ops by translating them.
//
// Caveats: int32 values are indices only; uint8 and bfloat16 data (ResidentBytes, ResidentBF16)
// are gathered, reshaped and converted only, which saves memory where rows are gathered from
// them; there are no empty tensors; a random site draws once per graph; Tetragamma and GammaGrad
// cannot be differentiated and say so; Cholesky's gradient is that of the lower triangle it reads.
package graph
