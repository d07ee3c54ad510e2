package vae

import (
	"fmt"

	"elbo/graph"
	"elbo/vi"
	"elbo/vi/elbo"
	"elbo/vi/optim"
	"elbo/vi/train"
)

// Names of the step's outputs beside train.SlotElbo, all nats per datum. Elbo is the bound of the
// model's objective without annealing, free bits or β.
const (
	OutRecon = "recon"  // E_q log p(x|z)
	OutKL    = "kl"     // KL(q ‖ prior), estimated by Monte Carlo where there is no closed form
	OutKLDim = "kl_dim" // KL of each latent coordinate (latent), where there is a closed form
)

// StepOptions say how the model is trained.
type StepOptions struct {
	Name     string // of the program; empty means "vae"
	Batch    int    // B, rows of a step; 0 means 128
	Rule     vi.Rule
	ClipNorm float64 // bound of the gradient's norm, 0 for none
	Schedule optim.Schedule
	EMA      float64 // decay of moving averages of the parameters, see train.StepSpec; 0 for none
	Start    Start

	// Bytes makes SlotX uint8, as array.RawRows delivers it; the program divides by 255 where
	// Config.Scale says so.
	Bytes bool
	// Resident, where positive, is the number N of rows of uint8 data that stay on the device: the
	// program draws its own batches from them, each row once an epoch, and many steps can run in one
	// call. It has SlotData in place of SlotX and SlotWeight. Its steps count up to 2²² in float32.
	Resident int
}

// Start holds what the initial parameters may know of the data. The zero value knows nothing.
type Start struct {
	Mean   []float64 // (D) mean of the data: where a linear map ends the decoder, its bias starts there
	LogSD  float64   // log standard deviation about it, where the gaussian likelihood starts
	Pseudo []float64 // (Components,D) data to start the pseudo-inputs of prior vamp at
}

// StepSpec returns the whole training step: feed, binarise, encode, decode, differentiate.
func (m *Model) StepSpec(o StepOptions) (train.StepSpec, error) {
	if o.Batch == 0 {
		o.Batch = 128
	}
	if o.Batch < 1 || o.Rule == nil {
		return train.StepSpec{}, fmt.Errorf("vae: step of batch %d with rule %v: set Batch and Rule", o.Batch, o.Rule)
	}
	if n := len(o.Start.Mean); n != 0 && n != m.width {
		return train.StepSpec{}, fmt.Errorf("vae: start of %d means, data have %d values", n, m.width)
	}
	if o.Name == "" {
		o.Name = "vae"
	}
	return train.StepSpec{
		Name: o.Name, DType: m.dtype, Seed: m.cfg.Seed, Rule: o.Rule, ClipNorm: o.ClipNorm, Schedule: o.Schedule,
		EMA:   o.EMA,
		Build: func(g *graph.Graph) train.StepParts { return m.stepParts(g, o) },
	}, nil
}

// stepParts builds the step's graph.
func (m *Model) stepParts(g *graph.Graph, o StepOptions) train.StepParts {
	n := m.newNet(g, true)
	n.start = o.Start
	b := m.feed(g, o)
	x := m.binarised(g, m.bin, "binarize", b)

	target := &decoder{n: n, x: x, prior: n.prior()}
	guide := (&encoder{n: n, x: x, weight: b.weight}).Guide(g, m.cfg.Latent, vi.Particles{S: m.cfg.K})
	guide.Zeta = g.Name(guide.Zeta, Site)
	bound := m.objective().Bound(g, target, guide)

	out := m.describe(g, target, guide)
	return train.StepParts{Bound: bound, Outputs: out, Assign: n.c.Assigns}
}

// describe returns the step's outputs, from nodes the bound has made already.
func (m *Model) describe(g *graph.Graph, t *decoder, q *vi.Guide) []graph.Output {
	fit := graph.StopGrad(t.fit)
	mean := func(rows *graph.Node) *graph.Node { return graph.Sum(graph.Mul(rows, q.Weight)) }
	recon := mean(graph.Mean(fit, 0))
	out := []graph.Output{{Name: OutRecon, Node: recon}}
	var kl, logRatio *graph.Node // of the batch; log q − log prior (S,B)
	if q.KL != nil && t.StandardPrior() {
		dims := graph.Sum(graph.Mul(q.KL, graph.Reshape(q.Weight, q.Rows, 1)), 0)
		out = append(out, graph.Output{Name: OutKLDim, Node: dims})
		kl = graph.Sum(dims)
	}
	if kl == nil || m.cfg.Objective != "elbo" {
		logRatio = graph.Sub(q.LogQ, t.LogPrior(g, q.Zeta))
	}
	if kl == nil {
		kl = mean(graph.Mean(logRatio, 0))
	}
	shown := graph.Sub(recon, kl)
	if m.cfg.Objective != "elbo" {
		shown = m.reported().Bound(g, known{t, graph.Sub(fit, logRatio)}, withoutDensity(q))
	}
	return append(out, graph.Output{Name: OutKL, Node: kl}, graph.Output{Name: train.SlotElbo, Node: shown})
}

// known is a target whose log weights have been computed.
type known struct {
	*decoder
	logWeights *graph.Node
}

// LogJoint returns the log weights: with withoutDensity they are what objectives reduce.
func (k known) LogJoint(*graph.Graph, *graph.Node) *graph.Node { return k.logWeights }

// withoutDensity returns q with log q = 0.
func withoutDensity(q *vi.Guide) *vi.Guide {
	zero := graph.GraphOf(q.LogQ).Const(0)
	return &vi.Guide{Rows: q.Rows, Weight: q.Weight, Zeta: q.Zeta, LogQ: zero}
}

// objective is what training maximises.
func (m *Model) objective() vi.Objective {
	c := m.cfg
	o := m.reported()
	if c.Objective == "dreg" {
		o = elbo.DReG{}
	}
	switch {
	case c.Anneal == "linear":
		o = elbo.Tempered{Objective: o, Beta: elbo.Linear(c.Beta, c.AnnealSteps)}
	case c.Anneal == "cyclic":
		o = elbo.Tempered{Objective: o, Beta: elbo.Cyclic(c.Beta, c.AnnealSteps)}
	case c.Beta != 1:
		o = elbo.Tempered{Objective: o, Beta: elbo.Constant(c.Beta)}
	}
	if c.FreeBits > 0 {
		o = elbo.FreeBits{Objective: o, Floor: c.FreeBits}
	}
	return o
}

// reported is the bound itself.
func (m *Model) reported() vi.Objective {
	switch m.cfg.Objective {
	case "iwae", "dreg":
		return elbo.IWAE{}
	case "renyi":
		return elbo.Renyi{Alpha: m.cfg.Alpha}
	}
	return elbo.Reparam{}
}
