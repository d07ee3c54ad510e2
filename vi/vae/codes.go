package vae

import (
	"context"

	"elbo/data/array"
	"elbo/graph"
)

// codeFields are the names under which the parts of a code pass between programs.
var codeFields = []string{"code/mean", "code/logsd", "code/lower", "code/context"}

// parts lists the parts in the order of codeFields.
func (c *code) parts() []**graph.Node {
	return []**graph.Node{&c.mean, &c.logSD, &c.lower, &c.context}
}

// outputs names the parts there are.
func (c code) outputs() []graph.Output {
	var out []graph.Output
	for i, part := range c.parts() {
		if *part != nil {
			out = append(out, graph.Output{Name: codeFields[i], Node: *part})
		}
	}
	return out
}

// codeInputs declares the parts that from puts out as inputs of another program.
func codeInputs(n *net, rows int, from *graph.Instance) code {
	var c code
	for i, part := range c.parts() {
		if s := from.Program().Slot(codeFields[i]); s != nil {
			*part = n.c.G.Data(codeFields[i], s.Shape...)
		}
	}
	return c
}

// momentDraws is how many draws stand for the moments of a posterior without closed form.
const momentDraws = 64

// Encode returns mean and standard deviation of q(z|x) for items of a (nil means all), each
// (n,latent) row-major. Posteriors with flows are described by 64 draws. Binarisation and draws use
// the seed of o.
func (r *Runner) Encode(
	ctx context.Context, a *array.Array, items []int64, o BoundOptions,
) (mean, sd []float32, err error) {
	err = r.encoded(ctx, a, items, o, func(p *pass, n int) error {
		for name, to := range map[string]*[]float32{"mean": &mean, "sd": &sd} {
			v, err := p.floats(name)
			if err != nil {
				return err
			}
			*to = append(*to, v[:n*r.m.cfg.Latent]...)
		}
		return nil
	})
	return mean, sd, err
}

// Reconstruct returns E[x|z] (n,D) at the posterior mean of z of items of a, binarised with
// the seed of o.
func (r *Runner) Reconstruct(ctx context.Context, a *array.Array, items []int64, o BoundOptions) ([]float32, error) {
	var out []float32
	err := r.encoded(ctx, a, items, o, func(p *pass, n int) error {
		v, err := p.floats("decoded")
		if err == nil {
			out = append(out, v[:n*r.m.width]...)
		}
		return err
	})
	return out, err
}

// encoded runs the program behind Encode and Reconstruct.
func (r *Runner) encoded(
	ctx context.Context, a *array.Array, items []int64, o BoundOptions, visit func(p *pass, n int) error,
) error {
	b := o.batch(a, items)
	s := 1
	if r.m.cfg.flows() {
		s = momentDraws
	}
	p, err := r.pass(passKey{"encode", b, s, o.Seed}, func(n *net) []graph.Output {
		c := n.code(n.input(b))
		mean, sd := c.moments(n, c.guide(n, n.rowNoise(s, b)))
		return []graph.Output{{Name: "mean", Node: mean}, {Name: "sd", Node: sd},
			{Name: "decoded", Node: n.m.lik.mean(n, n.decode(mean))}}
	})
	if err != nil {
		return err
	}
	var draws []int32
	return r.eachBatch(ctx, a, items, b, func(w *batch) (err error) {
		if draws, err = w.draws(draws, 0, s, s); err != nil {
			return err
		}
		if err := w.set(p); err != nil {
			return err
		}
		if err := p.setInts(slotDraw, draws); err != nil {
			return err
		}
		if err := p.run(); err != nil {
			return err
		}
		return visit(p, len(w.items))
	})
}
