package nn

import (
	"math"
	"slices"
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
)

// everything is a network of all layers on items of 36.
func everything() Stack {
	return Stack{
		Reshape{[]int{6, 6, 1}},
		Conv2D{Channels: 3, Kernel: Square(3), Stride: Square(2), Pad: Square(1)}, BatchNorm{}, Activation{Name: "relu"},
		ConvTranspose2D{Channels: 2, Kernel: Square(3), Stride: Square(2), Pad: Square(1), OutPad: Square(1)},
		LayerNorm{}, Activation{Name: "gelu"},
		MaxPool{Kernel: Square(2)}, AvgPool{Kernel: Square(3), Stride: Square(1), Pad: Square(1)},
		Dropout{Rate: 0.2}, Flatten{}, Linear{Units: 4, Init: Orthogonal}, Activation{Name: "softplus"},
	}
}

// descend trains everything by gradient descent on the reference device and returns the loss
// at every step and the final running means.
func descend(t *testing.T, dt graph.DType, steps int) (losses, means []float64) {
	t.Helper()
	const batch, rate = 8, 0.05
	var c *Context
	var loss *graph.Node
	g, err := graph.Build(dt, func(g *graph.Graph) {
		c = &Context{G: g, Train: true, Seed: 7}
		y := everything().Apply(c, "net", g.Data("x", batch, 36))
		loss = graph.Mean(graph.Square(graph.Sub(y, g.Data("target", batch, 4))))
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(g, graph.Spec{
		Seed: 7, Loss: loss, Assign: c.Assigns, Outputs: []graph.Output{{Name: "loss", Node: loss}},
		Update: func(c *graph.Code, ps []graph.ParamGrad) {
			for _, p := range ps {
				c.SetState(p.Param, c.Sub(p.Param, c.Scale(p.Grad, rate)))
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for name, n := range map[string]int{"x": batch * 36, "target": batch * 4} {
		v := make([]float64, n)
		graph.HostNormals(v, 1, name, 0)
		if err := in.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	for step := range uint64(steps) {
		if err := in.Run(step, 1); err != nil {
			t.Fatal(err)
		}
		v, err := in.Get("loss")
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, v[0])
	}
	if means, err = in.Get("net/2/mean"); err != nil {
		t.Fatal(err)
	}
	return losses, means
}

// A compiled network of all layers learns, gives the same bits again, and in float32 what it
// gives in float64 as long as rounding has not been amplified: 2e-5 after ten steps is some
// hundred roundings of 1.2e-7.
func TestCompiledNetworkTrains(t *testing.T) {
	losses, means := descend(t, graph.F64, 60)
	again, meansAgain := descend(t, graph.F64, 60)
	if !slices.Equal(losses, again) || !slices.Equal(means, meansAgain) {
		t.Error("the same seed gives other bits")
	}
	start, end := slices.Max(losses[:5]), slices.Max(losses[55:])
	if !(end < 0.8*start) {
		t.Errorf("the loss goes from %v to %v", start, end)
	}
	single, _ := descend(t, graph.F32, 10)
	for i, v := range single {
		if !(math.Abs(v-losses[i]) <= 2e-5*losses[i]) {
			t.Errorf("step %d: loss %v in float32, %v in float64", i, v, losses[i])
		}
	}
}
