package graph_test

import (
	"fmt"

	"elbo/graph"
	"elbo/kernels"
)

// Derivatives are nodes: a loss, its gradient and one evaluation on the host.
func ExampleGrad() {
	var loss, dw *graph.Node
	_, err := graph.Build(kernels.F64, func(g *graph.Graph) {
		x, y := g.Data("x", 2, 3), g.Data("y", 2)
		w := g.Param("w", []float64{1}, 3)
		loss = graph.Sum(graph.Square(graph.Sub(y, graph.MatVec(x, w))))
		dw = graph.Grad(loss, w)[0]
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := graph.Reference(map[string][]float64{"x": {1, 0, 0, 0, 2, 1}, "y": {3, 3}}, 0, 0, loss, dw)
	fmt.Println(out, err)
	// Output: [[4] [-4 0 0]] <nil>
}
