package vae

import (
	"context"
	"fmt"

	"elbo/graph"
)

// Sample returns E[x|z] (n,D) for n draws of z from the prior, a pure function of the seed.
func (r *Runner) Sample(ctx context.Context, n int, seed uint64) ([]float32, error) {
	if n < 1 {
		return nil, fmt.Errorf("vae: sample of %d items: at least one is needed", n)
	}
	b := min(n, evalBatch)
	p, err := r.pass(passKey{"sample", b, 1, seed}, func(t *net) []graph.Output {
		z := t.priorDraws(b)
		return []graph.Output{{Name: "decoded", Node: t.m.lik.mean(t, t.decode(z))}}
	})
	if err != nil {
		return nil, err
	}
	return r.batches(ctx, p, "decoded", n, b, func(at int) error {
		draws := make([]int32, b)
		for i := range draws {
			draws[i] = int32(at + i)
		}
		return p.setInts(slotDraw, draws)
	})
}

// Decode returns E[x|z] (n,D) for latents z (n,latent).
func (r *Runner) Decode(ctx context.Context, z []float32) ([]float32, error) {
	d := r.m.cfg.Latent
	n := len(z) / d
	if n < 1 || len(z)%d != 0 {
		return nil, fmt.Errorf("vae: decode %d numbers: rows of %d latents are wanted", len(z), d)
	}
	b := min(n, evalBatch)
	p, err := r.pass(passKey{"decode", b, 1, 0}, func(t *net) []graph.Output {
		return []graph.Output{{Name: "decoded", Node: t.m.lik.mean(t, t.decode(t.c.G.Data("z", b, d)))}}
	})
	if err != nil {
		return nil, err
	}
	rows := make([]float32, b*d)
	return r.batches(ctx, p, "decoded", n, b, func(at int) error {
		copy(rows, z[at*d:])
		return p.setFloats("z", rows)
	})
}

// batches runs a pass of b rows until n rows of an output are there.
func (r *Runner) batches(
	ctx context.Context, p *pass, name string, n, b int, feed func(at int) error,
) ([]float32, error) {
	var out []float32
	for at := 0; at < n; at += b {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := feed(at); err != nil {
			return nil, err
		}
		if err := p.run(); err != nil {
			return nil, err
		}
		v, err := p.floats(name)
		if err != nil {
			return nil, err
		}
		out = append(out, v[:min(b, n-at)*r.m.width]...)
	}
	return out, nil
}

// priorDraws returns b draws of z (b,latent) from the prior.
func (n *net) priorDraws(b int) *graph.Node {
	eps := graph.Reshape(n.rowNoise(1, b), b, n.m.cfg.Latent)
	prior := n.prior()
	if prior == nil {
		return eps
	}
	u := graph.UniformRows("component", n.c.G.Lookup(slotDraw), 1)
	return prior.draw(n, eps, graph.Reshape(u, b))
}
