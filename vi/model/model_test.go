package model

import (
	"errors"
	"math"
	"strings"
	"testing"

	"elbo/graph"
	"elbo/graph/dist"
)

// mixed has a site of every kind of support that numbers and vectors can have.
func mixed(s *Scope) {
	x, y := s.Data("x", 3), s.Data("y", 3)
	a := s.Sample("a", dist.Expand(dist.Normal(s.Const(0.5), s.Const(2)), 2))
	sigma := s.Sample("sigma", dist.Exponential(s.Const(1.5)))
	p := s.Sample("p", dist.Uniform(s.Graph(), -1, 3))
	mix := s.Sample("mix", dist.Dirichlet(s.Graph().ConstTensor([]float64{2, 3, 4}, 3)))
	first := graph.Reshape(graph.Slice(a, 0, 0, 1))
	last := graph.Reshape(graph.Slice(a, 0, 1, 2))
	mu := s.Deterministic("mu", graph.Add(first, graph.Mul(last, x)))
	s.Plate("rows", 3).Observe("lik", dist.Normal(mu, sigma), y)
	share := graph.Reshape(graph.Slice(mix, 0, 2, 3))
	s.Observe("extra", dist.Normal(p, s.Const(1)), share)
}

func mustNew(t *testing.T, f func(*Scope)) *Model {
	t.Helper()
	m, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// mixedJoint is the log joint of mixed in plain Go, Jacobians from the definitions.
func mixedJoint(z []float64, x, y, mask []float64, scale float64) float64 {
	lp := func(name string, x float64, p ...float64) float64 {
		v, err := dist.LogPDF(name, x, p...)
		if err != nil {
			panic(err)
		}
		return v
	}
	sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	sigma := math.Exp(z[2])
	u := sigmoid(z[3])
	p := -1 + 4*u
	out := lp("normal", z[0], 0.5, 2) + lp("normal", z[1], 0.5, 2)
	out += lp("exponential", sigma, 1.5) + z[2]
	out += -math.Log(4) + math.Log(4*u*(1-u))
	// Stick breaking with offsets −log(K−k): an even split at 0.
	v0, v1 := sigmoid(z[4]-math.Log(2)), sigmoid(z[5])
	s := []float64{v0, (1 - v0) * v1, (1 - v0) * (1 - v1)}
	for k, a := range []float64{2, 3, 4} {
		g, _ := math.Lgamma(a)
		out += (a-1)*math.Log(s[k]) - g
	}
	g, _ := math.Lgamma(9)
	out += g + math.Log(v0*(1-v0)) + math.Log((1-v0)*v1*(1-v1))
	for i := range y {
		out += scale * mask[i] * lp("normal", y[i], z[0]+z[1]*x[i], sigma)
	}
	return out + lp("normal", s[2], p, 1)
}

// TestLogJointIsTheDensity: prior, Jacobians, masked and scaled plate, loose observation, for
// several particles at once.
func TestLogJointIsTheDensity(t *testing.T) {
	m := mustNew(t, mixed)
	if m.Dim() != 6 || len(m.Sites()) != 4 {
		t.Fatalf("%d coordinates of %d sites", m.Dim(), len(m.Sites()))
	}
	zeta := []float64{0.3, -1, 0, 0.7, 0.2, 2, -0.4, 0.1, 0.8, 0.6, -2, 0, 1.5, 0.2, -0.3, -0.9, 0.4, 0} // (6,3)
	data := map[string][]float64{
		"x": {0.5, -1, 9}, "y": {1, 0.2, -7}, MaskSlot("rows"): {1, 1, 0}, ScaleSlot("rows"): {2.5},
	}
	var out *graph.Node
	if _, err := graph.Build(graph.F64, func(g *graph.Graph) {
		out = m.LogJoint(g, g.ConstTensor(zeta, 6, 3))
	}); err != nil {
		t.Fatal(err)
	}
	got, err := graph.Reference(data, 0, 0, out)
	if err != nil {
		t.Fatal(err)
	}
	for s := range 3 {
		z := make([]float64, 6)
		for j := range z {
			z[j] = zeta[j*3+s]
		}
		want := mixedJoint(z, data["x"], data["y"], data[MaskSlot("rows")], 2.5)
		if math.Abs(got[0][s]-want) > 1e-11 {
			t.Errorf("particle %d: %v, want %v", s, got[0][s], want)
		}
	}
}

// TestSites: layout, host values and their inverse.
func TestSites(t *testing.T) {
	m := mustNew(t, mixed)
	z := []float64{0.3, -1, 0.2, 0.7, 0.2, -0.6}
	offset := 0
	for _, c := range []struct {
		name string
		dim  int
		in   func(v []float64) bool
	}{
		{"a", 2, func(v []float64) bool { return v[0] == 0.3 && v[1] == -1 }},
		{"sigma", 1, func(v []float64) bool { return v[0] == math.Exp(0.2) }},
		{"p", 1, func(v []float64) bool { return v[0] > -1 && v[0] < 3 }},
		{"mix", 2, func(v []float64) bool { return len(v) == 3 && math.Abs(v[0]+v[1]+v[2]-1) < 1e-15 }},
	} {
		s := m.Site(c.name)
		if s == nil || s.Offset != offset || s.Dim != c.dim {
			t.Fatalf("%s: %+v, want offset %d and %d coordinates", c.name, s, offset, c.dim)
		}
		v := s.Value(z)
		if !c.in(v) {
			t.Errorf("%s = %v", c.name, v)
		}
		for j, back := range s.Coordinates(v) {
			if math.Abs(back-z[offset+j]) > 1e-12 {
				t.Errorf("%s: coordinate %d comes back as %v, want %v", c.name, j, back, z[offset+j])
			}
		}
		offset += c.dim
	}
	if m.Site("none") != nil {
		t.Error("a site of no name")
	}
	if p := m.Plates(); len(p) != 1 || p[0] != (PlateInfo{"rows", 3}) {
		t.Errorf("plates %+v", p)
	}
}

// TestMisuse is found when the model is made, with the site's name.
func TestMisuse(t *testing.T) {
	normal := func(s *Scope) dist.Distribution { return dist.Normal(s.Const(0), s.Const(1)) }
	for _, c := range []struct {
		name string
		f    func(s *Scope)
		says []string
	}{
		{"no latent", func(s *Scope) { s.Observe("y", normal(s), s.Const(1)) }, []string{"no latent", "Sample"}},
		{"twice", func(s *Scope) { s.Sample("a", normal(s)); s.Sample("a", normal(s)) }, []string{"site a", "unique"}},
		{"same name observed", func(s *Scope) { s.Observe("a", normal(s), s.Sample("a", normal(s))) },
			[]string{"site a", "unique"}},
		{"discrete", func(s *Scope) { s.Sample("k", dist.Poisson(s.Const(0))) }, []string{"site k"}},
		{"row count", func(s *Scope) { s.Plate("rows", 4).Observe("y", normal(s), s.Sample("a", normal(s))) },
			[]string{"site y", `plate "rows" of 4 rows`}},
		{"shapes", func(s *Scope) { graph.Add(s.Data("x", 3), s.Data("y", 4)); s.Sample("a", normal(s)) },
			[]string{"(3)", "(4)"}},
	} {
		_, err := New(c.f)
		var misuse *graph.BuildError
		if err == nil || c.name != "no latent" && !errors.As(err, &misuse) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, part := range c.says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v does not say %q", c.name, err, part)
			}
		}
	}
}

// TestChangingModelIsRefused: a function that makes other sites the next time.
func TestChangingModelIsRefused(t *testing.T) {
	for _, c := range []struct {
		first, later []string
		says         string
	}{{[]string{"a"}, []string{"a", "b"}, "did not have"}, {[]string{"a", "b"}, []string{"a"}, "lacks"}} {
		names := c.first
		m := mustNew(t, func(s *Scope) {
			for _, n := range names {
				s.Sample(n, dist.Normal(s.Const(0), s.Const(1)))
			}
		})
		names = c.later
		_, err := graph.Build(graph.F64, func(g *graph.Graph) { m.LogJoint(g, g.Data("z", m.Dim(), 1)) })
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v then %v: %v", c.first, c.later, err)
		}
	}
}
