package vae_test

import (
	"fmt"
	"log"
	"math"

	"elbo/graph"
	"elbo/graph/dist"
	"elbo/graph/nn"
	"elbo/kernels/ref"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/optim"
	"elbo/vi/train"
	"elbo/vi/vae"
)

// polar is an encoder of one's own: it looks at points of the plane by radius and direction before
// its network does.
type polar struct {
	c *nn.Context
	x *graph.Node // (B,2)
}

// Name names the encoder.
func (polar) Name() string { return "polar" }

// Guide returns q(z|x), a diagonal Normal.
func (e polar) Guide(g *graph.Graph, d int, p vi.Particles) *vi.Guide {
	radius := graph.Sqrt(graph.AddC(graph.SumKeep(graph.Square(e.x), 1), 1e-6))
	h := graph.Concat(1, radius, graph.Div(e.x, radius))
	h = nn.MLP([]int{16}, "tanh").Apply(e.c, "encoder", h)
	mean := nn.Linear{Units: d}.Apply(e.c, "encoder/mean", h)
	logSD := nn.Linear{Units: d}.Apply(e.c, "encoder/logsd", h)
	return vae.Diagonal(g, mean, logSD, p)
}

// ring is the model: z ~ N(0, I), x ~ N(network(z), 0.1²). It is a vi.Local target.
type ring struct {
	c *nn.Context
	x *graph.Node
}

// Dim returns the latents of one point.
func (ring) Dim() int { return 1 }

// StandardPrior lets objectives use the closed-form divergence.
func (ring) StandardPrior() bool { return true }

// LogLik decodes particles (S·B,1) and returns log p(x|z) (S,B).
func (m ring) LogLik(g *graph.Graph, zeta *graph.Node) *graph.Node {
	b := graph.ShapeOf(m.x)[0]
	h := nn.MLP([]int{16}, "tanh").Apply(m.c, "decoder", zeta)
	mean := graph.Reshape(nn.Linear{Units: 2}.Apply(m.c, "decoder/mean", h), graph.ShapeOf(zeta)[0]/b, b, 2)
	return graph.Sum(dist.Normal(mean, g.Const(0.1)).LogProb(m.x), 2)
}

// LogPrior returns log p(z) (S,B).
func (m ring) LogPrior(g *graph.Graph, zeta *graph.Node) *graph.Node {
	b := graph.ShapeOf(m.x)[0]
	lp := graph.Sum(dist.Normal(g.Const(0), g.Const(1)).LogProb(zeta), 1)
	return graph.Reshape(lp, graph.ShapeOf(zeta)[0]/b, b)
}

// LogJoint returns log p(x,z) (S,B).
func (m ring) LogJoint(g *graph.Graph, zeta *graph.Node) *graph.Node {
	return graph.Add(m.LogLik(g, zeta), m.LogPrior(g, zeta))
}

// A variational autoencoder written in Go through the contracts of package vi, with an encoder of
// its own, trained on 64 points of an arc.
func Example_ownEncoder() {
	const rows = 64
	points := make([]float64, 0, 2*rows)
	for i := range rows {
		angle := math.Pi * float64(i) / rows
		points = append(points, math.Cos(angle), math.Sin(angle))
	}
	step, err := train.StepSpec{
		Name: "ring", DType: graph.F64, Seed: 1, Rule: optim.Adam{},
		Build: func(g *graph.Graph) train.StepParts {
			c := &nn.Context{G: g, Train: true, Seed: 1}
			x := g.ConstTensor(points, rows, 2)
			q := polar{c, x}.Guide(g, 1, vi.Particles{})
			bound := elbo.Reparam{}.Bound(g, ring{c, x}, q)
			return train.StepParts{Bound: graph.MulC(bound, 1.0/rows)}
		},
	}.Compile()
	if err != nil {
		log.Fatal(err)
	}
	in, err := step.Program.Load(ref.Open())
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close()
	if err := in.Set(train.SlotLR, []float64{0.01}); err != nil {
		log.Fatal(err)
	}
	bound := func(first, steps int) float64 {
		if err := in.Run(uint64(first), steps); err != nil {
			log.Fatal(err)
		}
		sum, err := in.Get(train.SlotElboSum)
		if err != nil {
			log.Fatal(err)
		}
		if err := in.Set(train.SlotElboSum, []float64{0}); err != nil {
			log.Fatal(err)
		}
		return sum[0] / float64(steps)
	}
	start := bound(0, 20)
	bound(20, 760)
	end := bound(780, 20)
	fmt.Printf("the bound is above 0 nats: at first %t, after 800 steps %t\n", start > 0, end > 0)
	// Output: the bound is above 0 nats: at first false, after 800 steps true
}

// The default model for images of 28 by 28 pixels, and what its step feeds and trains.
func ExampleNew() {
	m, err := vae.New(vae.Default([]int{28, 28}))
	if err != nil {
		log.Fatal(err)
	}
	spec, err := m.StepSpec(vae.StepOptions{Batch: 128, Rule: optim.Adam{}})
	if err != nil {
		log.Fatal(err)
	}
	step, err := spec.Compile()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(step.Program.Slot(vae.SlotX).Shape, m.Parameters()["encoder/mean/weight"], step.Means)
	// Output: (128, 784) (400, 20) [elbo recon kl_dim kl]
}
