package regress

import (
	"fmt"
	"math"

	"elbo/graph"
)

// PriorRow is one line of the prior summary: what was asked for and what it means for the
// parameter on the scale of the user's columns.
type PriorRow struct {
	Parameter string `json:"parameter"`
	Raw       string `json:"raw"`
	Adjusted  string `json:"adjusted"`
	Source    string `json:"source"` // "default" or "user"
}

// priorSet is the prior of a whole layout.
type priorSet struct {
	slopes    []Prior // per coefficient of the standardised design, in user units; the intercept's entry is flat
	intercept *Prior  // on the centred intercept, nil without intercept or when raw is set
	raw       *Prior  // on b_Intercept itself
	shared    []Prior
	table     []PriorRow
}

// newPriors applies rstanarm's default scales and the user's settings.
func newPriors(l *layout, settings []PriorSetting) (*priorSet, error) {
	s := &priorSet{slopes: make([]Prior, l.p)}
	lik := l.lik
	used := make([]bool, len(settings))
	pick := func(names ...string) *Prior {
		var found *Prior
		for i := range settings {
			for _, n := range names {
				if settings[i].Target == n {
					found, used[i] = &settings[i].Prior, true
				}
			}
		}
		return found
	}
	sy, my := l.scaleY, l.centreY
	for j := range l.p {
		if j == 0 && l.intercept {
			s.slopes[0] = Prior{Name: "flat"}
			continue
		}
		raw := Prior{"normal", []float64{0, 2.5 * lik.priorScale()}}
		s.slopes[j] = Prior{"normal", []float64{0, 2.5 * sy / l.sd[j]}}
		source := "default"
		if u := pickLast(pick, "b", l.names[j]); u != nil {
			raw, s.slopes[j], source = *u, *u, "user"
		}
		if err := s.slopes[j].check(l.names[j], false); err != nil {
			return nil, err
		}
		s.table = append(s.table, PriorRow{l.names[j], raw.String(), s.slopes[j].String(), source})
	}
	if l.intercept {
		if err := s.setIntercept(l, pick, my, 2.5*sy); err != nil {
			return nil, err
		}
	}
	for _, sh := range lik.Shared {
		p, source := defaultShared(sh, l.spreadY), "default"
		raw := defaultShared(sh, 1)
		if u := pick(sh.Name); u != nil {
			p, raw, source = *u, *u, "user"
		}
		if err := p.check(sh.Name, true); err != nil {
			return nil, err
		}
		s.shared = append(s.shared, p)
		s.table = append(s.table, PriorRow{sh.Name, raw.String(), p.String(), source})
	}
	for i, u := range used {
		if !u {
			return nil, &OptionError{"prior", settings[i].Target + "=" + settings[i].Prior.String(),
				"is for a parameter the model does not have", suggest(settings[i].Target, l.priorTargets())}
		}
	}
	return s, nil
}

// pickLast prefers the setting of the single parameter to that of its class.
func pickLast(pick func(...string) *Prior, class, name string) *Prior {
	c := pick(class)
	if p := pick(name); p != nil {
		return p
	}
	return c
}

func (s *priorSet) setIntercept(l *layout, pick func(...string) *Prior, mean, sd float64) error {
	row := PriorRow{Parameter: "Intercept (predictors at their means)", Source: "default"}
	p := Prior{"normal", []float64{mean, sd}}
	row.Raw = Prior{"normal", []float64{mean, 2.5 * l.lik.priorScale()}}.String()
	if u := pick("b_Intercept"); u != nil {
		s.raw = u
		s.table = append([]PriorRow{{"b_Intercept", u.String(), u.String(), "user"}}, s.table...)
		return u.check("b_Intercept", false)
	}
	if u := pick("Intercept"); u != nil {
		p, row.Raw, row.Source = *u, u.String(), "user"
	}
	s.intercept, row.Adjusted = &p, p.String()
	s.table = append([]PriorRow{row}, s.table...)
	return p.check("Intercept", false)
}

// defaultShared is rstanarm's rule for sigma, shape and phi, brms' for nu.
func defaultShared(sh Shared, sy float64) Prior {
	if sh.Name == "nu" {
		return Prior{"gamma", []float64{2, 0.1}}
	}
	if sh.Name != "sigma" {
		sy = 1
	}
	return Prior{"exponential", []float64{1 / sy}}
}

func (l *Likelihood) priorScale() float64 {
	if l.PriorScale == 0 {
		return 1
	}
	return l.PriorScale
}

// logProb returns log p(ζ) with the Jacobians of standardised columns and of the shared parameters' logs,
// zeta (D,S) → (S).
func (s *priorSet) logProb(g *graph.Graph, l *layout, zeta *graph.Node) *graph.Node {
	var total *graph.Node
	add := func(n *graph.Node) {
		if total == nil {
			total = n
		} else {
			total = graph.Add(total, n)
		}
	}
	inverse := make([]float64, l.p)
	for j := range inverse {
		inverse[j] = 1 / l.sd[j]
	}
	toUser := g.ConstTensor(inverse, l.p, 1)
	for k := range l.k {
		block := graph.Slice(zeta, 0, k*l.p, (k+1)*l.p)
		user := graph.Mul(block, toUser)
		add(logPriors(g, user, s.slopes))
		if s.intercept != nil {
			add(logPriors(g, graph.Slice(block, 0, 0, 1), []Prior{*s.intercept}))
		}
		if s.raw != nil {
			b0 := graph.MatMul(g.ConstTensor(l.rawIntercept(), 1, l.p), block)
			add(logPriors(g, b0, []Prior{*s.raw}))
		}
	}
	for i, sh := range l.lik.Shared {
		at := l.k*l.p + i
		u := graph.Slice(zeta, 0, at, at+1)
		x := graph.Exp(u)
		if sh.Lower != 0 {
			x = graph.AddC(x, sh.Lower)
		}
		lp := s.shared[i].positiveLogProb(g, x)
		add(graph.Sum(graph.Add(lp, u), 0))
	}
	// ζ holds coefficients of standardised columns: db/dζ = 1/sd.
	logJacobian := 0.0
	for _, sd := range l.sd {
		logJacobian -= float64(l.k) * math.Log(sd)
	}
	return g.Name(graph.AddC(total, logJacobian), "prior")
}

func (l *layout) priorTargets() []string {
	out := []string{"b"}
	if l.intercept {
		out = append(out, "Intercept") // of the centred predictors; the names begin with b_Intercept
	}
	out = append(out, l.names...)
	for _, sh := range l.lik.Shared {
		out = append(out, sh.Name)
	}
	return out
}

var errNoRows = fmt.Errorf("%w: no rows are left", ErrModel)
