package nn

import (
	"math"

	"elbo/graph"
	"elbo/kernels"
)

// initRule is a row of the table of rules.
type initRule struct {
	name string
	args []int // how many arguments it may have; nil means none, without parentheses
	fill func(v []float64, d drawer, p *initParam)
}

// initParam is what a rule may depend on beside the stream: the parameter's shape, its fans,
// and the rule's arguments.
type initParam struct {
	shape []int
	f, o  float64
	args  []float64
}

// initRules are the rules in the order they are listed.
var initRules = []initRule{
	{"glorot_uniform", nil, func(v []float64, d drawer, p *initParam) { d.uniform(v, math.Sqrt(6/(p.f+p.o))) }},
	{"glorot_normal", nil, func(v []float64, d drawer, p *initParam) { d.normal(v, math.Sqrt(2/(p.f+p.o))) }},
	{"he_uniform", nil, func(v []float64, d drawer, p *initParam) { d.uniform(v, math.Sqrt(6/p.f)) }},
	{"he_normal", nil, func(v []float64, d drawer, p *initParam) { d.normal(v, math.Sqrt(2/p.f)) }},
	{"lecun_uniform", nil, func(v []float64, d drawer, p *initParam) { d.uniform(v, math.Sqrt(3/p.f)) }},
	{"lecun_normal", nil, func(v []float64, d drawer, p *initParam) { d.normal(v, math.Sqrt(1/p.f)) }},
	{"orthogonal", nil, func(v []float64, d drawer, p *initParam) { d.orthogonal(v, p.shape) }},
	{"zeros", nil, func(v []float64, _ drawer, _ *initParam) { constant(v, 0) }},
	{"ones", nil, func(v []float64, _ drawer, _ *initParam) { constant(v, 1) }},
	{"constant", []int{1}, func(v []float64, _ drawer, p *initParam) { constant(v, p.args[0]) }},
	{"normal", []int{1}, func(v []float64, d drawer, p *initParam) { d.normal(v, p.args[0]) }},
	{"uniform", []int{1, 2}, func(v []float64, d drawer, p *initParam) { d.between(v, p.args) }},
}

// drawer draws from the Philox stream of a parameter.
type drawer struct {
	seed   uint64
	stream string
}

func (d drawer) normal(v []float64, sd float64) {
	graph.HostNormals(v, d.seed, d.stream, 0)
	for i := range v {
		v[i] *= sd
	}
}

// uniform draws from (−a, a).
func (d drawer) uniform(v []float64, a float64) { d.between(v, []float64{-a, a}) }

// between draws from (ends[0], ends[1]), or from (−ends[0], ends[0]) if there is one end.
func (d drawer) between(v []float64, ends []float64) {
	lo, hi := -ends[0], ends[0]
	if len(ends) == 2 {
		lo, hi = ends[0], ends[1]
	}
	kernels.FillUniform(v, kernels.F64, d.seed, kernels.StreamID(d.stream), 0)
	for i, u := range v {
		v[i] = lo + (hi-lo)*u
	}
}

func constant(v []float64, c float64) {
	for i := range v {
		v[i] = c
	}
}
