package benches

import (
	"elbo/graph"
	"elbo/vi/optim"
)

// Sizes of the logistic benchmark: rows of a batch, columns, rows to gather from.
const (
	logisticBatch = 512
	logisticCols  = 100
	logisticRows  = 100_000
)

func logisticFixed(m *machine) (Result, error) { return m.logistic(0) }

func logisticGather(m *machine) (Result, error) { return m.logistic(logisticRows) }

// logistic times a mean-field step with one draw and closed-form KL to a standard normal
// prior; rows > 0 gathers the batch from that many resident rows.
func (m *machine) logistic(rows int) (Result, error) {
	spec := graph.Spec{Name: "logistic", Seed: 1, Update: func(c *graph.Code, p []graph.ParamGrad) {
		optim.Adam{}.Update(c, p, c.Const(1e-3))
	}}
	g, err := graph.Build(graph.F32, func(g *graph.Graph) {
		var x, y *graph.Node
		if rows > 0 {
			index := g.BatchIndex("rows", rows, logisticBatch)
			x, y = graph.Gather(g.Resident("x", rows, logisticCols), index), graph.Gather(g.Resident("y", rows), index)
		} else {
			x, y = g.Data("x", logisticBatch, logisticCols), g.Data("y", logisticBatch)
		}
		mean, rho := g.Param("mean", nil, logisticCols), g.Param("rho", []float64{-3}, logisticCols)
		sd := graph.Softplus(rho)
		eta := graph.MatMul(x, graph.FMA(sd, g.Normal01("eps", logisticCols), mean))
		like := graph.Sum(graph.Sub(graph.Mul(y, eta), graph.Softplus(eta)))
		kl := graph.Sum(graph.Sub(graph.MulC(graph.AddC(graph.Add(graph.Square(sd), graph.Square(mean)), -1), 0.5),
			graph.Log(sd)))
		scale := float64(max(rows, logisticBatch))
		spec.Loss = graph.Sub(graph.MulC(kl, 1/scale), graph.MulC(like, 1.0/logisticBatch))
		spec.Outputs = []graph.Output{{Name: "loss", Node: spec.Loss}}
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
	n := max(rows, logisticBatch)
	if err := fill(in, n); err != nil {
		return Result{}, err
	}
	micros, err := m.steps(in)
	if err != nil {
		return Result{}, err
	}
	return m.finish(workOf(p, graph.F32, logisticBatch), micros), nil
}

// fill writes standard normal columns and alternating labels.
func fill(in *graph.Instance, rows int) error {
	x := make([]float64, rows*logisticCols)
	graph.HostNormals(x, 1, "bench/x", 0)
	if err := in.Set("x", x); err != nil {
		return err
	}
	y := make([]float64, rows)
	for i := range y {
		if x[i*logisticCols] > 0 {
			y[i] = 1
		}
	}
	return in.Set("y", y)
}
