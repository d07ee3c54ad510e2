package benches

import (
	"elbo/graph"
)

func gemm(m *machine) (Result, error) { return m.product(512, 512, 512) }

func gemv(m *machine) (Result, error) { return m.product(4096, 4096, 1) }

// product times (rows, inner) times (inner, cols) in float32.
func (m *machine) product(rows, inner, cols int) (Result, error) {
	spec := graph.Spec{Name: "product"}
	g, err := graph.Build(graph.F32, func(g *graph.Graph) {
		a, b := g.Data("a", rows, inner), g.Data("b", inner, cols)
		spec.Assign = []graph.Assign{{State: g.State("c", nil, rows, cols), Value: graph.MatMul(a, b)}}
	})
	if err != nil {
		return Result{}, err
	}
	p, err := graph.Compile(g, spec)
	if err != nil {
		return Result{}, err
	}
	in, err := p.Load(m.dev.Device)
	if err != nil {
		return Result{}, err
	}
	defer in.Close()
	for name, n := range map[string]int{"a": rows * inner, "b": inner * cols} {
		x := make([]float64, n)
		graph.HostNormals(x, 1, "bench/"+name, 0)
		if err := in.Set(name, x); err != nil {
			return Result{}, err
		}
	}
	micros, err := m.steps(in)
	if err != nil {
		return Result{}, err
	}
	return m.finish(workOf(p, graph.F32, rows), micros), nil
}
