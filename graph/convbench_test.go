//go:build cgo

package graph

import (
	"testing"

	"elbo/kernels"
	"elbo/kernels/cpu"
)

// convVAE is the step of a convolutional autoencoder on images of 28 by 28: two convolutions
// and a linear map to a normal of 20 dimensions, a linear map and two transposed convolutions
// back to Bernoulli logits, the analytic divergence, gradients and momentum.
func convVAE(tb testing.TB, batch int) *Program {
	tb.Helper()
	const latent = 20
	half := Window{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [2]int{1, 1}}
	var loss *Node
	g, err := Build(kernels.F32, func(g *Graph) {
		weights := func(name string, scale float64, rows, cols int) *Node {
			x := make([]float64, rows*cols)
			for i := range x {
				x[i] = scale * (float64(i*7919%1009)/504 - 1)
			}
			return g.Param(name, x, rows, cols)
		}
		bias := func(name string, n int) *Node { return g.Param(name, nil, n) }
		relu := func(x *Node) *Node { return Max(x, g.Const(0)) }
		x := g.Data("x", batch, 28, 28, 1)

		// Encoder.
		h := relu(Add(Conv2D(x, weights("w1", 0.3, 9, 32), half), bias("b1", 32)))
		h = relu(Add(Conv2D(h, weights("w2", 0.1, 9*32, 64), half), bias("b2", 64)))
		q := Add(MatMul(Reshape(h, batch, 7*7*64), weights("w3", 0.03, 7*7*64, 2*latent)), bias("b3", 2*latent))
		mean, logSD := Slice(q, 1, 0, latent), Slice(q, 1, latent, 2*latent)
		z := FMA(Exp(logSD), g.Normal01("z", batch, latent), mean)

		// Decoder.
		h = relu(Add(MatMul(z, weights("w4", 0.2, latent, 7*7*64)), bias("b4", 7*7*64)))
		h = Reshape(h, batch, 7, 7, 64)
		h = relu(Add(ConvTranspose2D(h, weights("w5", 0.1, 64, 9*32), half, 14, 14), bias("b5", 32)))
		logits := Add(ConvTranspose2D(h, weights("w6", 0.1, 32, 9), half, 28, 28), bias("b6", 1))

		fit := Sum(Sub(Softplus(logits), Mul(x, logits)))
		kl := Sum(Sub(MulC(Sub(Add(Exp(MulC(logSD, 2)), Square(mean)), g.Const(1)), 0.5), logSD))
		loss = MulC(Add(fit, kl), 1/float64(batch))
	})
	if err != nil {
		tb.Fatal(err)
	}
	p, err := Compile(g, Spec{Name: "conv vae", Loss: loss, Update: momentum})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// BenchmarkConvVAE times the step at batch 128 in float32 and reports how much of it the
// program's flops would take at the processor's peak: 1 is the arithmetic floor.
func BenchmarkConvVAE(b *testing.B) {
	p := convVAE(b, 128)
	dev, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer dev.Close()
	in, err := p.Load(dev)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	x := make([]float64, 128*784)
	for i := range x {
		x[i] = float64(i * 7919 % 1009 / 800)
	}
	for name, v := range map[string][]float64{"x": x, "lr": {1e-4}} {
		if err := in.Set(name, v); err != nil {
			b.Fatal(err)
		}
	}
	step := uint64(0)
	for b.Loop() {
		if err := in.Run(step, 1); err != nil {
			b.Fatal(err)
		}
		step++
	}
	if err := in.Sync(); err != nil {
		b.Fatal(err)
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(float64(p.Flops())/seconds/1e9, "GFLOP/s")
	b.ReportMetric(seconds*cpu.MeasureFMA(kernels.F32)/float64(p.Flops()), "x-floor")
	b.ReportMetric(128/seconds, "images/s")
}
