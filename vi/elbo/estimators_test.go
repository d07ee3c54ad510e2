package elbo_test

import (
	"math"
	"testing"

	"elbo/vi"
	"elbo/vi/elbo"
)

const draws, particles = 10_000, 10

// TestEstimatorsAgreeInTheMean compares every estimator of the ELBO's gradient over 10,000
// draws: by closed-form entropy, by Monte Carlo, without the score, by the score alone.
func TestEstimatorsAgreeInTheMean(t *testing.T) {
	for name, p := range bentProblems() {
		t.Run(name, func(t *testing.T) {
			hidden := problem{p.target, noEntropy{p.family}, p.params}
			s := vi.Particles{S: particles}
			base := hidden.estimate(t, elbo.Reparam{}, s, 0, draws/particles)
			others := map[string]estimate{
				"entropy": p.estimate(t, elbo.Reparam{}, s, 50_000, draws/particles),
				"stl":     p.estimate(t, elbo.STL{}, s, 100_000, draws/particles),
				"score":   p.estimate(t, elbo.Score{}, s, 200_000, draws/particles),
			}
			if err := moves(base); err != nil {
				t.Error(err)
			}
			for how, e := range others {
				if err := agree(base, e); err != nil {
					t.Errorf("%s: %v", how, err)
				}
				if !(math.Abs(e.value-base.value) < 0.3) { // of spread below 3 over 10⁴ draws, generously
					t.Errorf("%s: bound %g against %g", how, e.value, base.value)
				}
			}
		})
	}
}

// TestAntitheticPairsAgree: mirrored noise leaves the mean where it was.
func TestAntitheticPairsAgree(t *testing.T) {
	p := bentProblems()["fullrank with metric"]
	a := p.estimate(t, elbo.STL{}, vi.Particles{S: particles}, 0, draws/particles)
	b := p.estimate(t, elbo.STL{}, vi.Particles{S: particles, Antithetic: true}, 50_000, draws/particles)
	if err := agree(a, b); err != nil {
		t.Error(err)
	}
}

// TestSTLVanishesAtTheOptimum: where q is the posterior each gradient is zero, not only their mean.
func TestSTLVanishesAtTheOptimum(t *testing.T) {
	for name, p := range exactProblems() {
		t.Run(name, func(t *testing.T) {
			if err := vanishes(p.estimate(t, elbo.STL{}, vi.Particles{S: 3}, 0, 200)); err != nil {
				t.Error(err)
			}
			// The same place by another estimator: zero in the mean only, so the check can fail.
			other := p.estimate(t, elbo.Reparam{}, vi.Particles{S: 3}, 0, 2000)
			if vanishes(other) == nil {
				t.Error("the plain gradient vanishes too: the check proves nothing")
			}
			zero := make([]float64, len(other.mean))
			if err := agree(other, estimate{mean: zero, se: zero}); err != nil {
				t.Errorf("not the optimum: %v", err)
			}
		})
	}
}

// TestIWAEOfOneIsTheELBO: value and gradient agree draw by draw.
func TestIWAEOfOneIsTheELBO(t *testing.T) {
	for name, p := range bentProblems() {
		hidden := problem{p.target, noEntropy{p.family}, p.params}
		a := p.estimate(t, elbo.IWAE{}, vi.Particles{}, 0, 20)
		b := hidden.estimate(t, elbo.Reparam{}, vi.Particles{}, 0, 20)
		if math.Abs(a.value-b.value) > 1e-12*math.Abs(b.value) {
			t.Errorf("%s: IWAE(1) = %g, ELBO = %g", name, a.value, b.value)
		}
		for i := range a.mean {
			if math.Abs(a.mean[i]-b.mean[i]) > 1e-10 { // rounding of twenty sums
				t.Errorf("%s: gradient %d: %g against %g", name, i, a.mean[i], b.mean[i])
			}
		}
	}
}

// TestIWAEDoesNotDecrease: more particles, a tighter bound.
func TestIWAEDoesNotDecrease(t *testing.T) {
	p := bentProblems()["meanfield"]
	p.params = map[string][]float64{"q/loc": {-0.3, -1.2, -0.4}, "q/scale": {0, 0, 0}}
	const runs = 4000
	bounds := []float64{}
	for i, k := range []int{1, 2, 4, 8, 16} {
		e := p.estimate(t, elbo.IWAE{}, vi.Particles{S: k}, uint64(i)*10_000, runs)
		bounds = append(bounds, e.value)
	}
	// A bound of 4,000 runs has standard error below 0.02 (its spread is near 1 at k = 1).
	for i := range bounds[1:] {
		if bounds[i+1] < bounds[i]-0.05 {
			t.Errorf("the bound falls: %v", bounds)
		}
	}
	if bounds[len(bounds)-1] < bounds[0]+0.1 {
		t.Errorf("16 particles gain nothing: %v", bounds)
	}
}

// TestScoreNeedsTwoParticles: the baseline is made of the others.
func TestScoreNeedsTwoParticles(t *testing.T) {
	p := bentProblems()["meanfield"]
	if _, err := p.compile(elbo.Score{}, vi.Particles{}); err == nil {
		t.Error("one particle was accepted")
	}
}
