package train

import (
	"elbo/graph"
	"elbo/vi"
	"elbo/vi/optim"
)

// Plan is the recipe of one training step of variational inference with global latents.
type Plan struct {
	// Name names the program in errors and dumps.
	Name string
	// DType is the float type of the step.
	DType graph.DType
	// Seed keys every random stream of the step.
	Seed uint64
	// Target, Family, Objective and Rule are the four joints of variational inference.
	Target    vi.Target
	Family    vi.Family
	Objective vi.Objective
	Rule      vi.Rule
	// Particles says how many draws a step averages over.
	Particles vi.Particles
	// Rows is N: the loss is −bound/N, so its size does not grow with the data. 0 means 1.
	Rows int64
	// ClipNorm bounds the Euclidean norm of the gradient of the bound (not per datum); 0 means no bound.
	ClipNorm float64
	// Schedule multiplies the learning rate as a function of the step; nil means constant.
	Schedule optim.Schedule
}

// Compile builds the step's graph and its program, with averaged parameters.
func (p Plan) Compile() (*Step, error) {
	return StepSpec{
		Name: p.Name, DType: p.DType, Seed: p.Seed, Rule: p.Rule, ClipNorm: p.ClipNorm, Schedule: p.Schedule,
		Rows: p.Rows, Average: true, Build: p.build,
	}.Compile()
}

func (p Plan) build(g *graph.Graph) StepParts {
	guide := p.Family.Guide(g, p.Target.Dim(), p.Particles)
	return StepParts{Bound: g.Name(p.Objective.Bound(g, p.Target, guide), SlotElbo)}
}
