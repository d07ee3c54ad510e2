package data

import (
	"math"
	"strconv"
)

// genTrials is the number of trials of the binomial family.
const genTrials = 10

// genFamily is a row of the table of families: link, extra parameters and a draw of the response as text, given the
// linear predictor (one for each category but the first when there are several).
type genFamily struct {
	name, link string
	extra      map[string]float64
	categories int // response categories; 0 for a single linear predictor
	draw       func(b []byte, s *sampler, eta []float64, extra map[string]float64) []byte
}

var genFamilies = []genFamily{
	{"gaussian", "identity", map[string]float64{"sigma": 1.5}, 0,
		func(b []byte, s *sampler, eta []float64, x map[string]float64) []byte {
			return number6(b, eta[0]+x["sigma"]*s.normal())
		}},
	{"student", "identity", map[string]float64{"sigma": 1.5, "nu": 4}, 0,
		func(b []byte, s *sampler, eta []float64, x map[string]float64) []byte {
			t := s.normal() / math.Sqrt(s.gamma(x["nu"]/2)/(x["nu"]/2))
			return number6(b, eta[0]+x["sigma"]*t)
		}},
	{"bernoulli", "logit", nil, 0,
		func(b []byte, s *sampler, eta []float64, _ map[string]float64) []byte {
			return number6(b, s.binomial(1, logistic(eta[0])))
		}},
	{"binomial", "logit", nil, 0,
		func(b []byte, s *sampler, eta []float64, _ map[string]float64) []byte {
			b = number6(b, s.binomial(genTrials, logistic(eta[0])))
			return append(append(b, ','), strconv.Itoa(genTrials)...)
		}},
	{"poisson", "log", nil, 0,
		func(b []byte, s *sampler, eta []float64, _ map[string]float64) []byte {
			return number6(b, s.poisson(math.Exp(eta[0])))
		}},
	{"negbinomial", "log", map[string]float64{"shape": 2}, 0,
		func(b []byte, s *sampler, eta []float64, x map[string]float64) []byte {
			return number6(b, s.poisson(math.Exp(eta[0])*s.gamma(x["shape"])/x["shape"]))
		}},
	{"gamma", "log", map[string]float64{"shape": 3}, 0,
		func(b []byte, s *sampler, eta []float64, x map[string]float64) []byte {
			return number6(b, max(1e-300, math.Exp(eta[0])*s.gamma(x["shape"])/x["shape"]))
		}},
	{"beta", "logit", map[string]float64{"phi": 8}, 0,
		func(b []byte, s *sampler, eta []float64, x map[string]float64) []byte {
			mu := logistic(eta[0])
			g, h := s.gamma(mu*x["phi"]), s.gamma((1-mu)*x["phi"])
			return strconv.AppendFloat(b, min(max(g/(g+h), 1e-9), 1-1e-9), 'g', -1, 64)
		}},
	{"categorical", "softmax", nil, 3,
		func(b []byte, s *sampler, eta []float64, _ map[string]float64) []byte {
			return append(b, byte('A'+s.softmax(eta)))
		}},
}

// GenFamilies lists the families that Generate knows.
func GenFamilies() []string {
	names := make([]string, len(genFamilies))
	for i := range genFamilies {
		names[i] = genFamilies[i].name
	}
	return names
}

// number6 appends v with six significant digits.
func number6(b []byte, v float64) []byte { return strconv.AppendFloat(b, v, 'g', 6, 64) }

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// softmax draws category 0 with weight 1 and category k with weight exp(eta[k-1]).
func (s *sampler) softmax(eta []float64) int {
	total := 1.0
	for _, e := range eta {
		total += math.Exp(e)
	}
	u := s.uniform()*total - 1
	for k, e := range eta {
		if u < 0 {
			return k
		}
		u -= math.Exp(e)
	}
	return len(eta)
}
