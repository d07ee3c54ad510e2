package vae

import (
	"math"
	"math/rand/v2"
	"testing"

	"elbo/data/array"
	"elbo/vi/optim"
)

// linearConfig is probabilistic PCA as an autoencoder: linear maps, one shared Gaussian scale.
func linearConfig(item []int, q int) Config {
	return Config{Item: item, Latent: q, Likelihood: "gaussian", Binarize: "none", Seed: 3}
}

// ppcaData are n draws of x = W z + μ + σ e with q directions of strength 2, 1.5, 1 ...
func ppcaData(t testing.TB, n, d, q int) *array.Array {
	r := rand.New(rand.NewPCG(1, 7))
	w, mu := normals(r, d*q, 1), normals(r, d, 1)
	x := make([]float32, n*d)
	for i := range n {
		z := normals(r, q, 1)
		for j := range d {
			v := mu[j] + 0.5*r.NormFloat64()
			for k := range q {
				v += (2 - 0.5*float64(k)) * w[j*q+k] * z[k] / math.Sqrt(float64(d))
			}
			x[i*d+j] = float32(v)
		}
	}
	return written(t, []int{d}, x)
}

// ppcaOptimum is the largest mean log-likelihood of the data under probabilistic PCA with q
// directions (Tipping & Bishop 1999, eqs. 8 and 9): with the eigenvalues λ of the covariance,
//
//	−½ (D log 2π + Σ_{i≤q} log λ_i + (D−q) log s² + D),  s² the mean of the other eigenvalues
func ppcaOptimum(t testing.TB, a *array.Array, q int) float64 {
	t.Helper()
	n, d := int(a.Items()), a.Width()
	x := allRows(t, a)
	mean, cov := make([]float64, d), make([]float64, d*d)
	for i, v := range x {
		mean[i%d] += float64(v) / float64(n)
	}
	for i := range n {
		for j := range d {
			for k := range d {
				cov[j*d+k] += (float64(x[i*d+j]) - mean[j]) * (float64(x[i*d+k]) - mean[k]) / float64(n)
			}
		}
	}
	lambda := eigenvalues(cov, d)
	rest, sum := 0.0, float64(d)*(log2Pi+1)
	for i, l := range lambda {
		if i < q {
			sum += math.Log(l)
		} else {
			rest += l / float64(d-q)
		}
	}
	return -(sum + float64(d-q)*math.Log(rest)) / 2
}

func allRows(t testing.TB, a *array.Array) []float32 {
	t.Helper()
	items := make([]int64, a.Items())
	for i := range items {
		items[i] = int64(i)
	}
	x := make([]float32, len(items)*a.Width())
	if err := a.Rows(items, array.ScaleAuto, x); err != nil {
		t.Fatal(err)
	}
	return x
}

// eigenvalues of a symmetric matrix in descending order, by Jacobi rotations.
func eigenvalues(a []float64, d int) []float64 {
	for range 60 {
		for p := range d {
			for q := p + 1; q < d; q++ {
				if a[p*d+q] == 0 {
					continue
				}
				theta := (a[q*d+q] - a[p*d+p]) / (2 * a[p*d+q])
				s := math.Copysign(1, theta) / (math.Abs(theta) + math.Hypot(theta, 1))
				c := 1 / math.Hypot(s, 1)
				s *= c
				for k := range d {
					a[p*d+k], a[q*d+k] = c*a[p*d+k]-s*a[q*d+k], s*a[p*d+k]+c*a[q*d+k]
				}
				for k := range d {
					a[k*d+p], a[k*d+q] = c*a[k*d+p]-s*a[k*d+q], s*a[k*d+p]+c*a[k*d+q]
				}
			}
		}
	}
	var out []float64
	for range d {
		best := -1
		for i := range d {
			if !math.IsNaN(a[i*d+i]) && (best < 0 || a[i*d+i] > a[best*d+best]) {
				best = i
			}
		}
		out = append(out, a[best*d+best])
		a[best*d+best] = math.NaN()
	}
	return out
}

// linearLogLik is the mean log-likelihood of the data under a linear-Gaussian model,
// N(x; b, W Wᵀ + σ² I), by Cholesky.
func linearLogLik(t testing.TB, a *array.Array, p Params, q int) float64 {
	t.Helper()
	d := a.Width()
	w, b, s2 := p["decoder/out/weight"], p["decoder/out/bias"], math.Exp(2*p["decoder/logsd"][0])
	l := make([]float64, d*d)
	for i := range d {
		for j := range i + 1 {
			v := 0.0
			for k := range q {
				v += w[k*d+i] * w[k*d+j]
			}
			if i == j {
				v += s2
			}
			for k := range j {
				v -= l[i*d+k] * l[j*d+k]
			}
			if i == j {
				l[i*d+i] = math.Sqrt(v)
			} else {
				l[i*d+j] = v / l[j*d+j]
			}
		}
	}
	x := allRows(t, a)
	sum := 0.0
	e := make([]float64, d)
	for i := range int(a.Items()) {
		for j := range d {
			e[j] = float64(x[i*d+j]) - b[j]
			for k := range j {
				e[j] -= l[j*d+k] * e[k]
			}
			e[j] /= l[j*d+j]
			sum += -e[j]*e[j]/2 - math.Log(l[j*d+j]) - log2Pi/2
		}
	}
	return sum / float64(a.Items())
}

// TestLinearModelIsPPCA: linear maps and a shared Gaussian scale reach the closed-form optimum of
// probabilistic PCA, where the bound has no gap to the log-likelihood; and the importance-sampling
// estimate of the log-likelihood is the exact one.
func TestLinearModelIsPPCA(t *testing.T) {
	const n, d, q = 512, 8, 3
	a := ppcaData(t, n, d, q)
	best := ppcaOptimum(t, a, q)
	for _, posterior := range []string{"diagonal", "full"} {
		t.Run(posterior, func(t *testing.T) {
			dev := openDevice(t, 1)
			c := linearConfig(a.Item(), q)
			c.Posterior, c.DType = posterior, "float64"
			r := newTrainer(t, dev, c, a, StepOptions{Batch: n, Schedule: optim.Cosine(1600)})
			r.run(1600, 0.03)
			p, err := r.m.ParamsOf(r.in)
			if err != nil {
				t.Fatal(err)
			}
			e := r.runner(dev)
			bound, err := e.Bound(bg, a, nil, BoundOptions{K: 100})
			if err != nil {
				t.Fatal(err)
			}
			exact := linearLogLik(t, a, p, q)
			if exact > best+1e-9 {
				t.Errorf("log-likelihood %.6f is above the largest possible %.6f", exact, best)
			}
			// The training noise left and that of 100 draws of 512 rows are about 0.005 nats each.
			if !(bound.Bound > best-0.03) || !(math.Abs(bound.Bound-exact) < 0.03) {
				t.Errorf("bound %.4f, log-likelihood %.4f, optimum %.4f", bound.Bound, exact, best)
			}
			nll, err := e.NLL(bg, a, nil, 200, 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			// q is nearly the posterior here, so the weights hardly vary: 0.01 nats is much.
			if math.Abs(nll.NLL+exact) > 0.01 {
				t.Errorf("NLL %.5f ± %.5f by importance sampling, %.5f exactly", nll.NLL, nll.NLLSE, -exact)
			}
		})
	}
}
