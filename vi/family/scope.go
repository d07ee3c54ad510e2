package family

import (
	"fmt"
	"math"

	"elbo/graph"
	"elbo/graph/dist"
)

// Scope is what a guide function builds q with. Misuse panics with *graph.BuildError.
type Scope struct {
	g        *graph.Graph
	particle int
	sites    map[string]*draw
	logq     *graph.Node

	// A repeated run takes its draws from the former one.
	former     *Scope
	holdParams bool // gradients through draws alone
	holdDraws  bool // gradients through parameters alone
}

// draw is one site's value and its coordinates.
type draw struct{ theta, zeta, logDet *graph.Node }

// Graph returns the graph being built, for ops that need one.
func (s *Scope) Graph() *graph.Graph { return s.g }

// Const returns a scalar constant.
func (s *Scope) Const(x float64) *graph.Node { return s.g.Const(x) }

// Real declares a parameter without bounds that starts at init.
func (s *Scope) Real(name string, init float64, shape ...int) *graph.Node {
	p := s.g.Lookup(customPrefix + name)
	if p == nil {
		p = s.g.Param(customPrefix+name, []float64{init}, shape...)
	}
	if s.holdParams {
		return graph.StopGrad(p)
	}
	return p
}

// Positive declares a parameter x = exp(ρ) that starts at init > 0; the program's parameter is
// ρ, so that a step changes x by a share of itself whatever its size.
func (s *Scope) Positive(name string, init float64, shape ...int) *graph.Node {
	if !(init > 0) {
		s.fail(name, fmt.Errorf("a positive parameter cannot start at %g", init))
	}
	return graph.Exp(s.Real(name, math.Log(init), shape...))
}

// Sample draws a site of the target and returns its constrained value.
func (s *Scope) Sample(name string, d dist.Distribution) *graph.Node {
	if s.sites[name] != nil {
		s.fail(name, fmt.Errorf("the guide samples this site twice"))
	}
	at := s.site(name, d)
	s.sites[name] = at
	s.add(graph.Sum(d.LogProb(at.theta)))
	s.add(at.logDet)
	return at.theta
}

// site draws, or takes the former run's draw.
func (s *Scope) site(name string, d dist.Distribution) *draw {
	if s.former == nil {
		return s.fresh(name, d)
	}
	at := s.former.sites[name]
	if at == nil {
		s.fail(name, fmt.Errorf("the guide has a site it did not have when it was first run"))
	}
	if s.holdDraws {
		return &draw{graph.StopGrad(at.theta), graph.StopGrad(at.zeta), graph.StopGrad(at.logDet)}
	}
	return at
}

func (s *Scope) fresh(name string, d dist.Distribution) *draw {
	from := sampler(d)
	if from == nil {
		s.fail(name, fmt.Errorf("%T has no reparameterised sampler", d))
	}
	theta := from.Sample(s.g, fmt.Sprintf("guide/%s/%d", name, s.particle))
	zeta, logDet, err := unconstrain(d.Support(), theta)
	if err != nil {
		s.fail(name, err)
	}
	return &draw{theta, zeta, logDet}
}

// run calls the guide function and returns log q(ζ) of its draws (scalar).
func (s *Scope) run(f Custom) *graph.Node {
	f.Run(s)
	if s.logq == nil {
		s.fail("guide", fmt.Errorf("it samples nothing"))
	}
	return s.logq
}

func (s *Scope) add(term *graph.Node) {
	if s.logq == nil {
		s.logq = term
		return
	}
	s.logq = graph.Add(s.logq, term)
}

func (s *Scope) fail(site string, err error) { Custom{}.fail(site, err) }

// sampler returns how d draws, nil unless gradients flow through its draws.
func sampler(d dist.Distribution) dist.Sampler {
	if r, ok := d.(dist.Rsampler); !ok || !r.Rsample() {
		return nil
	}
	from, _ := d.(dist.Sampler)
	return from
}
