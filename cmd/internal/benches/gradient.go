package benches

import (
	"elbo/graph"
	"elbo/kernels"
	"elbo/vi/optim"
)

// Sizes of the full-batch gradient: rows, and the rows of the chunk that is repeated to fill them.
const (
	gradientRows  = 10_000_000
	gradientChunk = 10_000
)

// gradient times the gradient of a logistic likelihood over all rows of resident data, float32. What
// must be moved is each row once: the gradient needs it twice, for both products.
func gradient(m *machine) (Result, error) {
	rows := gradientRows
	if m.Quick {
		rows = gradientChunk
	}
	p, err := likelihoodStep("gradient", rows, func(g *graph.Graph) (x, y *graph.Node) {
		return g.Resident("x", rows, logisticCols), g.Resident("y", rows)
	})
	if err != nil {
		return Result{}, err
	}
	in, err := p.Load(m.dev.Device)
	if err != nil {
		return Result{}, err
	}
	defer in.Close()
	x, y := chunk(gradientChunk)
	for name, part := range map[string][]byte{"x": x, "y": y} {
		for at := 0; at < p.Slot(name).Bytes(); at += len(part) {
			if err := m.dev.Write(in.Buffer(name), at, part); err != nil {
				return Result{}, err
			}
		}
	}
	micros, err := m.steps(in)
	if err != nil {
		return Result{}, err
	}
	w := workOf(p, graph.F32, rows)
	w.bytes = int64(rows) * (logisticCols + 1) * 4
	return m.finish(w, micros), nil
}

// likelihoodStep compiles a step of gradient descent on a logistic likelihood.
func likelihoodStep(name string, rows int, data func(*graph.Graph) (x, y *graph.Node)) (*graph.Program, error) {
	spec := graph.Spec{Name: name, Seed: 1, Update: func(c *graph.Code, p []graph.ParamGrad) {
		optim.SGD{}.Update(c, p, c.Const(1e-3))
	}}
	g, err := graph.Build(graph.F32, func(g *graph.Graph) {
		x, y := data(g)
		eta := graph.MatMul(x, g.Param("w", nil, logisticCols))
		spec.Loss = graph.MulC(graph.Sum(graph.Sub(graph.Softplus(eta), graph.Mul(y, eta))), 1/float64(rows))
		spec.Outputs = []graph.Output{{Name: "loss", Node: spec.Loss}}
	})
	if err != nil {
		return nil, err
	}
	return graph.Compile(g, spec)
}

// chunk makes float32 rows of standard normal columns with labels, as bytes.
func chunk(rows int) (x, y []byte) {
	v, label := make([]float64, rows*logisticCols), make([]float64, rows)
	graph.HostNormals(v, 1, "bench/x", 0)
	for i := range label {
		if v[i*logisticCols] > 0 {
			label[i] = 1
		}
	}
	x, y = make([]byte, 4*len(v)), make([]byte, 4*rows)
	kernels.PutFloats(x, v, kernels.F32)
	kernels.PutFloats(y, label, kernels.F32)
	return x, y
}
