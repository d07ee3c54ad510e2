package benches

import (
	"fmt"
	"math"

	"elbo/graph"
	"elbo/vi/optim"
)

// Sizes of the variational autoencoder benchmark (Kingma & Welling 2014): 784-400-2x20-400-784
// with softplus layers, a batch of 128 images.
const (
	vaePixels = 784
	vaeHidden = 400
	vaeLatent = 20
	vaeBatch  = 128
)

// vaeFlops is the work of the matrix products of a step: two flops per weight and image
// forwards, as many for the gradients of the weights, and, but for the first layer, as many for
// those of the layers' inputs.
const vaeFlops = 2 * vaeBatch * (3*(vaePixels*vaeHidden+2*vaeHidden*vaeLatent+vaeLatent*vaeHidden+vaeHidden*vaePixels) -
	vaePixels*vaeHidden)

// vae times a step on a batch of fed images: binarised on the device, Bernoulli likelihood by
// logits, closed-form KL divergence, Adam.
func vae(m *machine) (Result, error) {
	p, err := vaeProgram()
	if err != nil {
		return Result{}, err
	}
	in, err := p.Load(m.dev.Device)
	if err != nil {
		return Result{}, err
	}
	defer in.Close()
	x := make([]float64, vaeBatch*vaePixels)
	graph.HostNormals(x, 1, "bench/x", 0)
	for i, v := range x {
		x[i] = min(max(0.3*v, 0), 1) // half the pixels are black
	}
	if err := in.Set("x", x); err != nil {
		return Result{}, err
	}
	micros, err := m.steps(in)
	if err != nil {
		return Result{}, err
	}
	w := workOf(p, graph.F32, vaeBatch)
	w.flops = vaeFlops
	return m.finish(w, micros), nil
}

// vaeProgram compiles the training step.
func vaeProgram() (*graph.Program, error) {
	spec := graph.Spec{Name: "vae", Seed: 1, Update: func(c *graph.Code, p []graph.ParamGrad) {
		optim.Adam{}.Update(c, p, c.Const(1e-3))
	}}
	g, err := graph.Build(graph.F32, func(g *graph.Graph) {
		x := graph.Lt(g.Uniform01("binarise", vaeBatch, vaePixels), g.Data("x", vaeBatch, vaePixels))
		h := graph.Softplus(linear(g, "hidden", x, vaeHidden))
		mean, rho := linear(g, "mean", h, vaeLatent), linear(g, "scale", h, vaeLatent)
		sd := graph.Softplus(rho)
		z := graph.FMA(sd, g.Normal01("eps", vaeBatch, vaeLatent), mean)
		logits := linear(g, "logits", graph.Softplus(linear(g, "decode", z, vaeHidden)), vaePixels)
		like := graph.Sum(graph.Sub(graph.Mul(x, logits), graph.Softplus(logits)))
		kl := graph.Sum(graph.Sub(graph.MulC(graph.AddC(graph.Add(graph.Square(sd), graph.Square(mean)), -1), 0.5),
			graph.Log(sd)))
		spec.Loss = graph.MulC(graph.Sub(kl, like), 1.0/vaeBatch)
		spec.Outputs = []graph.Output{{Name: "loss", Node: spec.Loss}}
	})
	if err != nil {
		return nil, fmt.Errorf("benches: vae: %w", err)
	}
	return graph.Compile(g, spec)
}

// linear returns x W + b for x (rows, in) with W (in, out) drawn at scale 1/√in.
func linear(g *graph.Graph, name string, x *graph.Node, out int) *graph.Node {
	in := graph.ShapeOf(x)[1]
	w := make([]float64, in*out)
	graph.HostNormals(w, 1, "bench/"+name, 0)
	for i := range w {
		w[i] *= math.Sqrt(1 / float64(in))
	}
	return graph.Add(graph.MatMul(x, g.Param(name+"/w", w, in, out)), g.Param(name+"/b", nil, out))
}
