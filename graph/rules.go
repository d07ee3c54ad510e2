package graph

import (
	"sync"

	"elbo/kernels"
)

// argRule returns the cotangent of argument i of an application, given the cotangent dy of
// its result: in the result's shape where the argument was broadcast to it, else in the
// argument's own.
type argRule[V any] func(b Builder[V], in *Application[V], dy V, i int) V

// rule is the gradient rule of one op: a row of args per argument, nil where no gradient
// flows; a variadic op has one row for all.
type rule[V any] struct {
	args     []argRule[V]
	variadic bool
}

// arg returns the rule of argument i, or nil.
func (r *rule[V]) arg(in *Application[V], i int) argRule[V] {
	switch {
	case in.Op == kernels.View && in.Attr.Flag: // a stop-gradient
		return nil
	case r.variadic:
		return r.args[0]
	case i < len(r.args):
		return r.args[i]
	}
	return nil
}

// rules returns the gradient rules of all ops of the table that can be applied by a Builder.
func rules[V any]() map[kernels.Op]*rule[V] {
	t := map[kernels.Op]*rule[V]{}
	addUnaryRules(t)
	addBinaryRules(t)
	addMovementRules(t)
	addLinalgRules(t)
	return t
}

// nodeRules is the table for nodes, made once.
var nodeRules = sync.OnceValue(rules[*Node])

// vjp returns the cotangents of all arguments of an application, summed to the arguments'
// shapes.
func vjp[V any](table map[kernels.Op]*rule[V], b Builder[V], in Application[V], dy V) []Cotangent[V] {
	out := make([]Cotangent[V], len(in.Args))
	r := ruleOf(table, in.Op)
	for i := range out {
		if f := r.arg(&in, i); f != nil {
			out[i] = Cotangent[V]{Value: SumToB(b, f(b, &in, dy, i), b.Shape(in.Args[i])), OK: true}
		}
	}
	return out
}

func ruleOf[V any](table map[kernels.Op]*rule[V], op kernels.Op) *rule[V] {
	r := table[op]
	if r == nil {
		fail(op.String(), nil, "no gradient rule")
	}
	return r
}

// noGradient marks ops through which nothing flows: piecewise constant ones, those on
// integers, and sources.
func noGradient[V any](t map[kernels.Op]*rule[V], ops ...kernels.Op) {
	for _, op := range ops {
		t[op] = &rule[V]{}
	}
}

// refuse is the rule of smooth ops whose derivative no op expresses. A silent zero would be
// a wrong gradient.
func refuse[V any](b Builder[V], in *Application[V], _ V, _ int) V {
	shapes := make([]kernels.Shape, len(in.Args))
	for i, a := range in.Args {
		shapes[i] = b.Shape(a)
	}
	fail(in.Op.String(), shapes, "it has no derivative op; put StopGrad on its operand or its result")
	return in.Out
}
