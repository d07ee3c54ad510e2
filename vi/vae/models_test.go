package vae

import (
	"fmt"
	"math"
	"testing"

	"elbo/graph"
	"elbo/graph/nn"
)

// everyKind are configurations that between them use every value of every named field.
func everyKind() []Config {
	flow := Config{Posterior: "iaf", Flows: 2, FlowHidden: 16}
	flowVamp := flow
	flowVamp.Prior, flowVamp.Components = "vamp", 8
	layers := Config{Arch: "layers",
		EncoderLayers: []nn.Spec{{Layer: "conv2d", Channels: 4, Kernel: nn.Square(3), Pad: nn.Square(1)},
			{Layer: "batch_norm"}, {Layer: "relu"}, {Layer: "dropout", Rate: 0.1}, {Layer: "flatten"}},
		DecoderLayers: []nn.Spec{{Layer: "linear", Units: 30}, {Layer: "batch_norm"}, {Layer: "tanh"}}}
	return []Config{
		{}, {Posterior: "full"}, flow, {Posterior: "planar", Flows: 3}, {Prior: "vamp", Components: 8}, flowVamp,
		{Objective: "iwae", K: 5}, {Objective: "dreg", K: 5}, {Objective: "renyi", K: 5, Alpha: 0.5},
		{Beta: 0.5}, {Anneal: "linear", AnnealSteps: 100}, {Anneal: "cyclic", AnnealSteps: 100, FreeBits: 0.3},
		{Likelihood: "gaussian"}, {Likelihood: "gaussian-pixel"}, {Likelihood: "continuous-bernoulli"},
		{Binarize: "static"}, {Binarize: "threshold"}, {Binarize: "none"}, {Arch: "conv"},
		{Arch: "conv", Likelihood: "gaussian-pixel"}, layers, {DType: "float64", Activation: "tanh"},
		{Objective: "iwae", K: 3, Prior: "vamp", Components: 8, Posterior: "full"},
		{Objective: "dreg", K: 3, Prior: "vamp", Components: 8, Beta: 0.5},
	}
}

// label names a configuration by what it sets.
func label(c Config) string {
	return fmt.Sprintf("%s,%s,%s,%s,%s,%s,k=%d,β=%g,%s,%s", c.Arch, c.Likelihood, c.Prior, c.Posterior, c.Objective,
		c.Binarize, c.K, c.Beta, c.Anneal, c.DType)
}

// TestEveryKindTrains: each model's bound rises by training, and everything a Runner gives is finite
// and consistent.
func TestEveryKindTrains(t *testing.T) {
	dev := openDevice(t, 1)
	a := shapes(t, 160, 8, 8)
	for _, c := range everyKind() {
		c.Item, c.Latent = a.Item(), 4
		if c.Arch == "" {
			c.Encoder, c.Decoder = []int{20}, []int{20}
		}
		t.Run(label(c.WithDefaults()), func(t *testing.T) {
			m := mustNew(t, c)
			if err := m.Accepts(a); err != nil {
				t.Fatal(err)
			}
			start, err := m.StartFrom(a, nil)
			if err != nil {
				t.Fatal(err)
			}
			r := newTrainer(t, dev, c, a, StepOptions{Batch: 32, Start: start})
			first := r.run(5, 3e-3)
			r.run(60, 3e-3)
			// 60 steps gain several nats on bars; a gain at all is what is asked.
			if last := r.run(5, 3e-3); !(last > first) {
				t.Errorf("the bound went from %g to %g", first, last)
			}
			checkRunner(t, r.runner(dev), r)
		})
	}
}

func checkRunner(t *testing.T, e *Runner, r *trainer) {
	t.Helper()
	items := []int64{3, 50, 51, 7, 159, 0, 12}
	n, d, width := len(items), r.m.cfg.Latent, r.m.width
	b, err := e.Bound(bg, r.a, items, BoundOptions{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	if gap := b.Bound - (b.Recon - b.KL); r.m.cfg.Objective == "elbo" && !(math.Abs(gap) < 1e-4*math.Abs(b.Bound)) {
		t.Errorf("bound %g of reconstruction %g and divergence %g", b.Bound, b.Recon, b.KL) // float32 sums of 64 terms
	}
	if b.KLPerDim != nil {
		sum := 0.0
		for _, kl := range b.KLPerDim {
			sum += kl
		}
		if math.Abs(sum-b.KL) > 1e-4*math.Abs(b.KL) { // float32
			t.Errorf("KL %g, per coordinate %v", b.KL, b.KLPerDim)
		}
	}
	nll, err := e.NLL(bg, r.a, items, 40, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !(nll.NLL <= -nll.Bound) || nll.Images != int64(n) || b.Images != int64(n) {
		t.Errorf("NLL %g, bound %g of the same draws, %d images", nll.NLL, nll.Bound, nll.Images)
	}
	mean, sd, err := e.Encode(bg, r.a, items, BoundOptions{})
	if err != nil {
		t.Fatal(err)
	}
	recon, err := e.Reconstruct(bg, r.a, items, BoundOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sample, err := e.Sample(bg, 3, 5)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := e.Decode(bg, mean)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		v    []float32
		want int
	}{"mean": {mean, n * d}, "sd": {sd, n * d}, "recon": {recon, n * width}, "sample": {sample, 3 * width},
		"decoded": {decoded, n * width}} {
		if len(c.v) != c.want {
			t.Errorf("%s has %d values, want %d", name, len(c.v), c.want)
		}
		for _, x := range c.v {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				t.Fatalf("%s holds %g", name, x)
			}
		}
	}
	for i := range recon {
		if math.Abs(float64(recon[i]-decoded[i])) > 1e-5*(1+math.Abs(float64(recon[i]))) { // float32, other batch
			t.Fatalf("value %d: reconstruction %g, decoded mean %g", i, recon[i], decoded[i])
		}
	}
}

// TestBinarisation: dynamic draws anew at every step; static belongs to the item, wherever it stands
// in whatever batch at whatever step; threshold and none draw nothing.
func TestBinarisation(t *testing.T) {
	const width = 400
	x := make([]float64, 2*width)
	for i := range x {
		x[i] = 0.3
		if i >= width {
			x[i] = 0.6
		}
	}
	x[1] = 0.5 // threshold takes more than that
	draw := func(how string, items []float64, step uint64) []float64 {
		m := mustNew(t, Config{Item: []int{width}, Latent: 1, Binarize: how, DType: "float64"})
		var out *graph.Node
		if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
			out = m.binarised(g, m.bin, "binarize", m.feed(g, StepOptions{Batch: 2}))
		}); err != nil {
			t.Fatal(err)
		}
		v, err := graph.Reference(map[string][]float64{SlotX: x, SlotItem: items}, 1, step, out)
		if err != nil {
			t.Fatal(err)
		}
		return v[0]
	}
	differ := func(a, b []float64) (n int) {
		for i := range a {
			if a[i] != b[i] {
				n++
			}
		}
		return n
	}
	dynamic := draw("dynamic", nil, 4)
	if n := differ(dynamic, draw("dynamic", nil, 4)); n != 0 {
		t.Errorf("dynamic: %d values differ at the same step", n)
	}
	// Independent draws differ with probability 2p(1−p), 0.42 and 0.48 here.
	if n := differ(dynamic, draw("dynamic", nil, 5)); n < 200 {
		t.Errorf("dynamic: %d of 800 values differ at the next step", n)
	}
	static := draw("static", []float64{7, 9}, 4)
	if n := differ(static, draw("static", []float64{7, 9}, 11)); n != 0 {
		t.Errorf("static: %d values differ at another step", n)
	}
	swapped := draw("static", []float64{9, 7}, 4)
	if n := differ(static, swapped); n < 200 {
		t.Errorf("static: %d of 800 values differ for other items", n)
	}
	for i, p := range []float64{0.3, 0.6} {
		for name, v := range map[string][]float64{"dynamic": dynamic, "static": static} {
			ones := 0.0
			for _, y := range v[i*width : (i+1)*width] {
				ones += y
			}
			if se := math.Sqrt(p * (1 - p) / width); math.Abs(ones/width-p) > 4*se {
				t.Errorf("%s: %g of the values are one, want %g", name, ones/width, p)
			}
		}
	}
	if got := draw("threshold", nil, 0); got[0] != 0 || got[1] != 0 || got[width] != 1 {
		t.Errorf("threshold: %g, %g and %g of 0.3, 0.5 and 0.6", got[0], got[1], got[width])
	}
	if n := differ(x, draw("none", nil, 0)); n != 0 {
		t.Errorf("none: %d values differ", n)
	}
}
