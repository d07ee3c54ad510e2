package regress

import (
	"fmt"
	"strings"

	"elbo/data"
	"elbo/graph"
	"elbo/graph/dist"
)

// Shared is a positive parameter common to all rows; its latent coordinate is log(x − Lower).
type Shared struct {
	Name  string
	Lower float64 // the parameter exceeds it: 0, or 1 for Student's nu
}

// row is what a likelihood sees of the data: nodes that broadcast against (B,S).
type row struct {
	y, trials *graph.Node
}

// Likelihood is a response distribution with its link.
type Likelihood struct {
	Family string
	Link   string
	Shared []Shared
	// Trials says that the family reads a number of trials.
	Trials bool
	// PriorScale is s_y where the response does not set it: 1, or 1.6 for probit coefficients.
	PriorScale float64

	// dist is the response's distribution at linear predictors eta and shared coordinates u.
	dist func(r row, eta, u []*graph.Node) dist.Distribution
	// logp replaces dist's log-probability where the link has a form that keeps more digits.
	logp func(r row, eta, u []*graph.Node) *graph.Node
	// mean maps linear predictors to E[y]; nil means one value per category by softmax.
	mean func(r row, eta *graph.Node) *graph.Node
	// check returns what is wrong with a response, or "".
	check func(y, trials float64) string
}

// logProb is the pointwise log-likelihood.
func (l *Likelihood) logProb(r row, eta, u []*graph.Node) *graph.Node {
	if l.logp != nil {
		return l.logp(r, eta, u)
	}
	return l.dist(r, eta, u).LogProb(r.y)
}

// Name returns "family(link)".
func (l *Likelihood) Name() string { return l.Family + "(" + l.Link + ")" }

// links lists, per family, the default link first.
var links = map[string][]string{
	"gaussian": {"identity"}, "student": {"identity"}, "bernoulli": {"logit", "probit", "cloglog"},
	"binomial": {"logit"}, "poisson": {"log"}, "negbinomial": {"log"}, "gamma": {"log"},
	"beta": {"logit"}, "categorical": {"softmax"},
}

// Families lists the family names in the order help texts show them.
func Families() []string {
	return []string{"gaussian", "student", "bernoulli", "binomial", "poisson", "negbinomial", "gamma", "beta", "categorical"}
}

// Links lists the links of a family, the default first; nil for an unknown family.
func Links(family string) []string { return links[family] }

// ParseFamily reads "name" or "name(link)".
func ParseFamily(s string) (*Likelihood, error) {
	name, link, hasLink := strings.Cut(strings.TrimSuffix(strings.ReplaceAll(s, " ", ""), ")"), "(")
	known, ok := links[name]
	if !ok {
		return nil, &OptionError{Option: "family", Value: s, Problem: "is not known",
			Hint: suggest(name, Families())}
	}
	if !hasLink {
		link = known[0]
	}
	for _, l := range known {
		if l == link {
			return likelihoods[name](link), nil
		}
	}
	return nil, &OptionError{Option: "family", Value: s, Problem: fmt.Sprintf("has no link %q", link),
		Hint: "links of " + name + ": " + strings.Join(known, ", ")}
}

// suggest lists the choices, the nearest first.
func suggest(name string, choices []string) string {
	hint := "choices: " + strings.Join(choices, ", ")
	if n := data.Nearest(name, choices); n != "" {
		return fmt.Sprintf("did you mean %q? %s", n, hint)
	}
	return hint
}

var likelihoods = map[string]func(link string) *Likelihood{
	"gaussian":    gaussian,
	"student":     student,
	"bernoulli":   bernoulli,
	"binomial":    binomial,
	"poisson":     poisson,
	"negbinomial": negbinomial,
	"gamma":       gamma,
	"beta":        beta,
	"categorical": categorical,
}

const log2Pi = 1.8378770664093454835606594728112352797

func identity(_ row, eta *graph.Node) *graph.Node { return eta }

func exponential(_ row, eta *graph.Node) *graph.Node { return graph.Exp(eta) }

func gaussian(link string) *Likelihood {
	return &Likelihood{
		Family: "gaussian", Link: link, Shared: []Shared{{Name: "sigma"}}, mean: identity,
		dist: func(r row, eta, u []*graph.Node) dist.Distribution {
			return dist.Normal(eta[0], graph.Exp(u[0]))
		},
		// As dist's, with one reciprocal for all rows in place of a division each.
		logp: func(r row, eta, u []*graph.Node) *graph.Node {
			z := graph.Mul(graph.Sub(r.y, eta[0]), graph.Exp(graph.Neg(u[0])))
			return graph.Sub(graph.Affine(graph.Square(z), -0.5, -log2Pi/2), u[0])
		},
		check: func(float64, float64) string { return "" },
	}
}

func student(link string) *Likelihood {
	return &Likelihood{
		Family: "student", Link: link, Shared: []Shared{{Name: "sigma"}, {Name: "nu", Lower: 1}}, mean: identity,
		dist: func(r row, eta, u []*graph.Node) dist.Distribution {
			return dist.StudentT(graph.AddC(graph.Exp(u[1]), 1), eta[0], graph.Exp(u[0]))
		},
		check: func(float64, float64) string { return "" },
	}
}

func bernoulli(link string) *Likelihood {
	l := &Likelihood{Family: "bernoulli", Link: link, PriorScale: 1, check: isBinary}
	switch link {
	case "logit":
		l.dist = func(_ row, eta, _ []*graph.Node) dist.Distribution { return dist.Bernoulli(eta[0]) }
		l.mean = func(_ row, eta *graph.Node) *graph.Node { return graph.Sigmoid(eta) }
	case "probit":
		l.PriorScale = 1.6
		// log Φ(±η): the sign of 2y − 1 picks the tail, so neither loses digits.
		l.logp = func(r row, eta, _ []*graph.Node) *graph.Node {
			return graph.LogNormCDF(graph.Mul(graph.Affine(r.y, 2, -1), eta[0]))
		}
		l.mean = func(_ row, eta *graph.Node) *graph.Node { return graph.NormCDF(eta) }
	case "cloglog":
		l.logp = func(r row, eta, _ []*graph.Node) *graph.Node {
			// P(y=1) = 1 − exp(−e^η). log P(1) = log(−expm1(−e^η)); e^η is kept above 1e−300 so
			// that its log stays finite where P(1) underflows.
			h := graph.Exp(eta[0])
			one := graph.Log(graph.Neg(graph.Expm1(graph.Neg(graph.Max(h, graph.GraphOf(h).Const(tiny(h)))))))
			return graph.Where(r.y, one, graph.Neg(h))
		}
		l.mean = func(_ row, eta *graph.Node) *graph.Node {
			return graph.Neg(graph.Expm1(graph.Neg(graph.Exp(eta))))
		}
	}
	if l.dist == nil {
		// Draws take the probability as a logit; the tails it loses are below 1e−7 anyway.
		l.dist = func(r row, eta, _ []*graph.Node) dist.Distribution {
			p := graph.Clamp(l.mean(r, eta[0]), 1e-7, 1-1e-7)
			return dist.Bernoulli(graph.Sub(graph.Log(p), graph.Log1p(graph.Neg(p))))
		}
	}
	return l
}

// tiny is a positive number whose logarithm and reciprocal are finite in the node's type.
func tiny(n *graph.Node) float64 {
	if graph.GraphOf(n).DType() == graph.F32 {
		return 1e-36
	}
	return 1e-300
}

func binomial(link string) *Likelihood {
	return &Likelihood{
		Family: "binomial", Link: link, PriorScale: 1, Trials: true,
		dist: func(r row, eta, _ []*graph.Node) dist.Distribution {
			return dist.Binomial(r.trials, eta[0])
		},
		mean: func(r row, eta *graph.Node) *graph.Node { return graph.Mul(r.trials, graph.Sigmoid(eta)) },
		check: func(y, n float64) string {
			switch {
			case !isCount(y):
				return "is not a count 0, 1, 2, …"
			case !isCount(n):
				return fmt.Sprintf("has %v trials, not a count", n)
			case y > n:
				return fmt.Sprintf("exceeds its %v trials", n)
			}
			return ""
		},
	}
}

func poisson(link string) *Likelihood {
	return &Likelihood{
		Family: "poisson", Link: link, PriorScale: 1, mean: exponential, check: checkCount,
		dist: func(r row, eta, _ []*graph.Node) dist.Distribution { return dist.Poisson(eta[0]) },
	}
}

func negbinomial(link string) *Likelihood {
	return &Likelihood{
		Family: "negbinomial", Link: link, PriorScale: 1, mean: exponential, check: checkCount,
		Shared: []Shared{{Name: "shape"}},
		dist: func(r row, eta, u []*graph.Node) dist.Distribution {
			return dist.NegativeBinomial(eta[0], graph.Exp(u[0]))
		},
	}
}

func gamma(link string) *Likelihood {
	return &Likelihood{
		Family: "gamma", Link: link, PriorScale: 1, mean: exponential, Shared: []Shared{{Name: "shape"}},
		// Mean e^η and shape k: rate k e^−η.
		dist: func(r row, eta, u []*graph.Node) dist.Distribution {
			k := graph.Exp(u[0])
			return dist.Gamma(k, graph.Mul(k, graph.Exp(graph.Neg(eta[0]))))
		},
		check: func(y, _ float64) string {
			if !(y > 0) {
				return "is not positive"
			}
			return ""
		},
	}
}

func beta(link string) *Likelihood {
	return &Likelihood{
		Family: "beta", Link: link, PriorScale: 1, Shared: []Shared{{Name: "phi"}},
		// Mean μ and precision φ: Beta(μφ, (1−μ)φ); 1−μ as sigmoid(−η) keeps its digits.
		dist: func(r row, eta, u []*graph.Node) dist.Distribution {
			phi := graph.Exp(u[0])
			a := graph.Mul(graph.Sigmoid(eta[0]), phi)
			b := graph.Mul(graph.Sigmoid(graph.Neg(eta[0])), phi)
			return dist.Beta(a, b)
		},
		mean: func(_ row, eta *graph.Node) *graph.Node { return graph.Sigmoid(eta) },
		check: func(y, _ float64) string {
			if !(y > 0 && y < 1) {
				return "is not strictly between 0 and 1"
			}
			return ""
		},
	}
}

// categorical has one linear predictor per category but the first, whose predictor is 0.
func categorical(link string) *Likelihood {
	return &Likelihood{
		Family: "categorical", Link: link, PriorScale: 1,
		dist: func(_ row, eta, _ []*graph.Node) dist.Distribution {
			return dist.Categorical(logits(eta))
		},
		logp: func(r row, eta, _ []*graph.Node) *graph.Node {
			norm := graph.Softplus(eta[0])
			for _, e := range eta[1:] {
				norm = graph.LogAddExp(norm, e)
			}
			picked := graph.MulC(norm, -1)
			for k, e := range eta {
				is := graph.Eq(r.y, graph.GraphOf(e).Const(float64(k+1)))
				picked = graph.Add(picked, graph.Mul(is, e))
			}
			return picked
		},
		check: func(float64, float64) string { return "" },
	}
}

// logits stacks the predictors of all categories, the first's being 0, along a last axis.
func logits(eta []*graph.Node) *graph.Node {
	all := append([]*graph.Node{graph.MulC(eta[0], 0)}, eta...)
	return graph.Stack(len(graph.ShapeOf(eta[0])), all...)
}

func isBinary(y, _ float64) string {
	if y != 0 && y != 1 {
		return "is neither 0 nor 1"
	}
	return ""
}

func checkCount(y, _ float64) string {
	if !isCount(y) {
		return "is not a count 0, 1, 2, …"
	}
	return ""
}

func isCount(y float64) bool { return y >= 0 && y == float64(int64(y)) }
