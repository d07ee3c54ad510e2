package regress

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mathext"

	"elbo/graph"
	"elbo/graph/dist"
)

// Prior is a distribution with its numbers, such as normal(0, 2.5), on the scale of the parameter it is for.
type Prior struct {
	Name string
	Args []float64
}

// String prints the prior as --prior takes it.
func (p Prior) String() string {
	args := make([]string, len(p.Args))
	for i, a := range p.Args {
		args[i] = strconv.FormatFloat(a, 'g', 6, 64)
	}
	return p.Name + "(" + strings.Join(args, ",") + ")"
}

// priorKind describes one distribution a prior may name.
type priorKind struct {
	args     []string
	scales   int                                              // index of the scale among args, -1 without location-scale form
	location int                                              // index of the location, -1 without
	positive bool                                             // lives on the positives only
	logp     func(x *graph.Node, a []*graph.Node) *graph.Node // on the reals
	half     func(x *graph.Node, a []*graph.Node) *graph.Node // cut to the positives (location 0)
}

// priorKinds is the table of priors.
var priorKinds = map[string]priorKind{
	"normal": {args: []string{"mean", "sd"}, location: 0, scales: 1,
		logp: func(x *graph.Node, a []*graph.Node) *graph.Node { return dist.Normal(a[0], a[1]).LogProb(x) },
		half: func(x *graph.Node, a []*graph.Node) *graph.Node { return dist.HalfNormal(a[1]).LogProb(x) }},
	"student_t": {args: []string{"df", "location", "scale"}, location: 1, scales: 2,
		logp: func(x *graph.Node, a []*graph.Node) *graph.Node { return dist.StudentT(a[0], a[1], a[2]).LogProb(x) },
		half: func(x *graph.Node, a []*graph.Node) *graph.Node { return dist.HalfStudentT(a[0], a[2]).LogProb(x) }},
	"cauchy": {args: []string{"location", "scale"}, location: 0, scales: 1,
		logp: func(x *graph.Node, a []*graph.Node) *graph.Node { return dist.Cauchy(a[0], a[1]).LogProb(x) },
		half: func(x *graph.Node, a []*graph.Node) *graph.Node { return dist.HalfCauchy(a[1]).LogProb(x) }},
	"laplace": {args: []string{"location", "scale"}, location: 0, scales: 1,
		logp: func(x *graph.Node, a []*graph.Node) *graph.Node { return dist.Laplace(a[0], a[1]).LogProb(x) }},
	"exponential": {args: []string{"rate"}, location: -1, scales: -1, positive: true,
		half: func(x *graph.Node, a []*graph.Node) *graph.Node { return dist.Exponential(a[0]).LogProb(x) }},
	"gamma": {args: []string{"shape", "rate"}, location: -1, scales: -1, positive: true,
		half: func(x *graph.Node, a []*graph.Node) *graph.Node { return dist.Gamma(a[0], a[1]).LogProb(x) }},
	"inv_gamma": {args: []string{"shape", "scale"}, location: -1, scales: -1, positive: true,
		half: func(x *graph.Node, a []*graph.Node) *graph.Node { return dist.InverseGamma(a[0], a[1]).LogProb(x) }},
	"lognormal": {args: []string{"meanlog", "sdlog"}, location: -1, scales: -1, positive: true,
		half: func(x *graph.Node, a []*graph.Node) *graph.Node { return dist.LogNormal(a[0], a[1]).LogProb(x) }},
	"flat": {location: -1, scales: -1,
		logp: func(x *graph.Node, _ []*graph.Node) *graph.Node { return graph.MulC(x, 0) },
		half: func(x *graph.Node, _ []*graph.Node) *graph.Node { return graph.MulC(x, 0) }},
}

// PriorNames lists the distributions a prior may name.
func PriorNames() []string {
	return []string{"normal", "student_t", "cauchy", "laplace", "exponential", "gamma", "inv_gamma", "lognormal", "flat"}
}

var priorText = regexp.MustCompile(`^\s*([A-Za-z_]+)\s*(?:\(([^()]*)\))?\s*$`)

// priorAliases are other systems' names, with the leading numbers they leave out.
var priorAliases = map[string]struct {
	name string
	args []float64
}{
	"half_normal":        {"normal", []float64{0}},
	"half_cauchy":        {"cauchy", []float64{0}},
	"half_student_t":     {"student_t", []float64{0}}, // put in order by ParsePrior
	"double_exponential": {"laplace", nil},
	"inverse_gamma":      {"inv_gamma", nil},
	"log_normal":         {"lognormal", nil},
	"improper":           {"flat", nil},
}

func halfForm(name string) bool { return strings.HasPrefix(strings.ToLower(name), "half_") }

// ParsePrior reads a prior such as "student_t(3,0,2.5)".
func ParsePrior(s string) (Prior, error) {
	m := priorText.FindStringSubmatch(s)
	if m == nil {
		return Prior{}, &OptionError{"prior", s, "is not of the form name(number, ...)", "for example normal(0,2.5)"}
	}
	p := Prior{Name: strings.ToLower(m[1])}
	if alias, ok := priorAliases[p.Name]; ok {
		p.Name, p.Args = alias.name, append(p.Args, alias.args...)
	}
	kind, ok := priorKinds[p.Name]
	if !ok {
		return Prior{}, &OptionError{"prior", s, "names an unknown distribution", suggest(p.Name, PriorNames())}
	}
	for _, f := range strings.Split(m[2], ",") {
		if f = strings.TrimSpace(f); f == "" && m[2] == "" {
			continue
		}
		x, err := strconv.ParseFloat(f, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return Prior{}, &OptionError{"prior", s, fmt.Sprintf("has %q where a finite number belongs", f), ""}
		}
		p.Args = append(p.Args, x)
	}
	if len(p.Args) != len(kind.args) {
		return Prior{}, &OptionError{"prior", s, fmt.Sprintf("has %d numbers, %d wanted", len(p.Args), len(kind.args)),
			p.Name + "(" + strings.Join(kind.args, ", ") + ")"}
	}
	if p.Name == "student_t" && halfForm(m[1]) {
		p.Args = []float64{p.Args[1], 0, p.Args[2]} // half_student_t(df, scale)
	}
	for i, a := range p.Args {
		if i != kind.location && p.Name != "lognormal" && !(a > 0) || p.Name == "lognormal" && i == 1 && !(a > 0) {
			return Prior{}, &OptionError{"prior", s, fmt.Sprintf("has %s = %v, which must be positive", kind.args[i], a), ""}
		}
	}
	return p, nil
}

// PriorSetting gives a prior to a parameter or a class of them: "b" (all slopes), "b_x",
// "Intercept" (of the centred predictors), "b_Intercept" (of the columns as they are),
// "sigma", "shape", "phi", "nu".
type PriorSetting struct {
	Target string
	Prior  Prior
}

// ParsePriorSetting reads "target=prior".
func ParsePriorSetting(s string) (PriorSetting, error) {
	// Parameter names may hold '=' only inside backquotes or calls, so the prior's own '=' is the last one.
	i := strings.LastIndex(s, "=")
	if i <= 0 {
		return PriorSetting{}, &OptionError{"prior", s, "is not of the form parameter=distribution(...)",
			"for example b=normal(0,2.5) or b_x=student_t(3,0,1)"}
	}
	p, err := ParsePrior(s[i+1:])
	return PriorSetting{Target: strings.TrimSpace(s[:i]), Prior: p}, err
}

// check refuses a prior that does not suit a parameter's range.
func (p Prior) check(target string, positive bool) error {
	kind := priorKinds[p.Name]
	switch {
	case positive && kind.half == nil:
		return &OptionError{"prior", target + "=" + p.String(), "is not defined for a positive parameter",
			suggest("", PriorNames())}
	case !positive && kind.positive:
		return &OptionError{"prior", target + "=" + p.String(), "lives on positive numbers only",
			"use normal, student_t, cauchy, laplace or flat"}
	}
	return nil
}

// positiveLogProb returns the log density of a positive x under the prior cut to the positives.
func (p Prior) positiveLogProb(g *graph.Graph, x *graph.Node) *graph.Node {
	kind := priorKinds[p.Name]
	args := make([]*graph.Node, len(p.Args))
	for i, v := range p.Args {
		args[i] = g.Const(v)
	}
	if kind.location < 0 || p.Args[kind.location] == 0 {
		return kind.half(x, args)
	}
	return graph.AddC(kind.logp(x, args), -math.Log(p.massAbove0()))
}

// massAbove0 is the probability of the positives under a location-scale prior.
func (p Prior) massAbove0() float64 {
	switch p.Name {
	case "normal":
		return 0.5 * math.Erfc(-p.Args[0]/p.Args[1]/math.Sqrt2)
	case "cauchy":
		return 0.5 + math.Atan(p.Args[0]/p.Args[1])/math.Pi
	}
	// Student's CDF at t through the incomplete beta function (Abramowitz & Stegun 26.7.1).
	df, t := p.Args[0], p.Args[1]/p.Args[2]
	half := mathext.RegIncBeta(df/2, 0.5, df/(df+t*t)) / 2
	if t > 0 {
		return 1 - half
	}
	return half
}

// logProb returns the log density of x (n,S) under one prior per row, log densities summed over rows → (S).
func logPriors(g *graph.Graph, x *graph.Node, priors []Prior) *graph.Node {
	var total *graph.Node
	for _, name := range PriorNames() {
		if name == "flat" {
			continue
		}
		mask, args := column(priors, name)
		if mask == nil {
			continue
		}
		nodes := make([]*graph.Node, len(args))
		for i, a := range args {
			nodes[i] = g.ConstTensor(a, len(a), 1)
		}
		lp := priorKinds[name].logp(x, nodes)
		if allOnes(mask) {
			lp = graph.Sum(lp, 0)
		} else {
			lp = graph.Sum(graph.Mul(g.ConstTensor(mask, len(mask), 1), lp), 0)
		}
		if total == nil {
			total = lp
		} else {
			total = graph.Add(total, lp)
		}
	}
	if total == nil {
		return graph.MulC(graph.Sum(x, 0), 0)
	}
	return total
}

// column returns the arguments of the rows whose prior has the given name, with harmless
// ones elsewhere, and the mask of those rows; nil where there is none.
func column(priors []Prior, name string) (mask []float64, args [][]float64) {
	kind := priorKinds[name]
	args = make([][]float64, len(kind.args))
	any := false
	for i := range args {
		args[i] = make([]float64, len(priors))
	}
	mask = make([]float64, len(priors))
	for r, p := range priors {
		if p.Name == name {
			mask[r], any = 1, true
		}
		for i := range args {
			if args[i][r] = 1; p.Name == name {
				args[i][r] = p.Args[i]
			}
		}
	}
	if !any {
		return nil, nil
	}
	return mask, args
}

func allOnes(m []float64) bool {
	for _, x := range m {
		if x != 1 {
			return false
		}
	}
	return true
}
