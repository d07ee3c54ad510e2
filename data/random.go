package data

import (
	"math"
	"math/rand/v2"
)

// sampler draws from the distributions that Generate needs. It is built on the bits of PCG alone, whose stream is
// fixed, so that a seed gives the same file with every release of Go.
type sampler struct{ bits *rand.PCG }

func newSampler(seed uint64) *sampler { return &sampler{rand.NewPCG(seed, 0x5851f42d4c957f2d)} }

// uniform is in (0, 1): the midpoints of 2⁵² cells.
func (s *sampler) uniform() float64 { return (float64(s.bits.Uint64()>>12) + 0.5) / (1 << 52) }

// below is uniform on 0, ..., n-1; the bias of n/2⁶⁴ is beyond notice.
func (s *sampler) below(n int) int { return int(s.uniform() * float64(n)) }

// normal is standard normal (Box & Muller 1958; the second value is not used).
func (s *sampler) normal() float64 {
	r := math.Sqrt(-2 * math.Log(s.uniform()))
	return r * math.Cos(2*math.Pi*s.uniform())
}

// gamma has the given shape > 0 and scale 1 (Marsaglia & Tsang 2000, with their boost below shape 1).
func (s *sampler) gamma(shape float64) float64 {
	if shape < 1 {
		return s.gamma(shape+1) * math.Pow(s.uniform(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.normal()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(s.uniform()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// poisson halves a large mean: a gamma wait for 7/8 of the expected events tells how many fall before it (Ahrens &
// Dieter 1974). Below 30 it counts uniform factors until their product is under exp(-mean).
func (s *sampler) poisson(mean float64) float64 {
	count := 0.0
	for mean >= 30 {
		m := math.Floor(mean * 7 / 8)
		wait := s.gamma(m)
		if wait > mean {
			return count + s.binomial(m-1, mean/wait)
		}
		mean -= wait
		count += m
	}
	limit := math.Exp(-mean)
	for p := s.uniform(); p > limit; p *= s.uniform() {
		count++
	}
	return count
}

// binomial adds up n Bernoulli draws.
func (s *sampler) binomial(n, p float64) float64 {
	count := 0.0
	for range int(n) {
		if s.uniform() < p {
			count++
		}
	}
	return count
}
