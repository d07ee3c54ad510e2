package regress

import (
	"encoding/csv"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"elbo/vi/diag"
	"elbo/vi/feed"
	"elbo/vi/train"
)

// rowValues holds the simulated predictors x1, x2, [f1=B], [f1=C] and the response of one row.
type rowValues struct {
	x [4]float64
	y float64
}

// readRows parses simulated CSV independently of package data.
func readRows(t testing.TB, text string) []rowValues {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	var out []rowValues
	for _, r := range records[1:] {
		v := rowValues{x: [4]float64{number(r[0]), number(r[1])}, y: number(r[3])}
		if r[2] != "A" {
			v.x[2+r[2][0]-'B'] = 1
		}
		out = append(out, v)
	}
	return out
}

// hostLogLik is log p(y | η, shared), written from the textbook.
var hostLogLik = map[string]func(y, eta, shared float64) float64{
	"gaussian": func(y, eta, sigma float64) float64 {
		z := (y - eta) / sigma
		return -z*z/2 - math.Log(sigma) - math.Log(2*math.Pi)/2
	},
	"bernoulli": func(y, eta, _ float64) float64 { return y*eta - softplusOf(eta) },
	"poisson": func(y, eta, _ float64) float64 {
		lg, _ := math.Lgamma(y + 1)
		return y*eta - math.Exp(eta) - lg
	},
	"negbinomial": func(y, eta, k float64) float64 {
		a, _ := math.Lgamma(y + k)
		b, _ := math.Lgamma(k)
		c, _ := math.Lgamma(y + 1)
		total := math.Log(math.Exp(eta) + k)
		return a - b - c + k*(math.Log(k)-total) + y*(eta-total)
	},
}

func softplusOf(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// TestStreamedKHat recomputes every importance ratio from the text of the file, draw by draw, with sums of 200 bits:
// ratios and k-hat agree to 1e-8, which leaves four digits for the rounding of sums of size 1e2. The
// number of draws fills no whole number of blocks, that of rows no whole number of chunks.
func TestStreamedKHat(t *testing.T) {
	for family, loglik := range hostLogLik {
		t.Run(family, func(t *testing.T) {
			text, truth := generated(t, family, 151, 5)
			p := prepare(t, text, Options{Formula: truth.Formula, Family: family, Seed: 3, Draws: 16400})
			f := fit(t, p, openDevice(t, 0))
			rows := readRows(t, text)
			d := p.Dim()
			draws, _ := f.Posterior.Draw(p.khatDraws(), 3)
			ratios, user := make([]float64, len(draws)/d), make([]float64, d)
			logq, priors := normalLogDensity(t, f), hostLogPrior(family, rows)
			for s := range ratios {
				zeta := draws[s*d : (s+1)*d]
				p.design.lay.user(zeta, user)
				shared := 1.0
				if d > 5 {
					shared = user[5]
				}
				sum := new(big.Float).SetPrec(200)
				for _, r := range rows {
					eta := user[0]
					for j, x := range r.x {
						eta += user[1+j] * x
					}
					sum.Add(sum, big.NewFloat(loglik(r.y, eta, shared)))
				}
				like, _ := sum.Float64()
				density := logq(zeta)
				prior := priors(user)
				near(t, "log-likelihood", f.LogLik[s], like, 1e-8)
				near(t, "log prior", f.LogPrior[s], prior, 1e-8)
				near(t, "log q", f.LogQ[s], density, 1e-8)
				ratios[s] = like + prior - density
			}
			w, err := diag.Smooth(ratios)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "k-hat", f.KHat(), w.K, 1e-8)
		})
	}
}

// TestWeightsOverManyChunks folds rows that fill several chunks, the last one in part, as the pass's prefetching sees
// them.
func TestWeightsOverManyChunks(t *testing.T) {
	text, truth := generated(t, "gaussian", 10_001, 5)
	p := prepare(t, text, Options{Formula: truth.Formula, Family: "gaussian", Seed: 3})
	dev := openDevice(t, 0)
	m, err := p.mode(dev)
	if err != nil {
		t.Fatal(err)
	}
	const n = 150
	if chunks := 10_001 / khatRows(n); chunks <= feed.DefaultAhead {
		t.Fatalf("%d chunks, want more than %d", chunks, feed.DefaultAhead)
	}
	draws, logq := p.family(m).Posterior(p.Dim(), initialParams(p, m)).Draw(n, 1)
	w, err := p.streamWeights(dev, m.like, draws, logq)
	if err != nil {
		t.Fatal(err)
	}
	rows, user := readRows(t, text), make([]float64, p.Dim())
	for s := range n {
		p.design.lay.user(draws[s*p.Dim():(s+1)*p.Dim()], user)
		sum := new(big.Float).SetPrec(200)
		for _, r := range rows {
			eta := user[0]
			for j, x := range r.x {
				eta += user[1+j] * x
			}
			sum.Add(sum, big.NewFloat(hostLogLik["gaussian"](r.y, eta, user[5])))
		}
		want, _ := sum.Float64()
		near(t, "log-likelihood", w.like[s]+m.like.value, want, 1e-8)
	}
}

// TestSharedParametersAreSummarised compares mean and sd of skewed parameters, of 40 rows, with those of their draws.
func TestSharedParametersAreSummarised(t *testing.T) {
	text, truth := generated(t, "student", 40, 5)
	f := fit(t, prepare(t, text, Options{Formula: truth.Formula, Family: "student", Draws: 16384}), openDevice(t, 0))
	users, d := f.UserDraws(), f.Problem.Dim()
	for i, q := range summarise(f.Problem.design.lay, f.Posterior.Mean(), f.Posterior.Cov(), nil, 0.95) {
		var mean, square float64
		for s := range 16384 {
			x := users[s*d+i]
			mean, square = mean+x/16384, square+x*x/16384
		}
		sd := math.Sqrt(square - mean*mean)
		near(t, q.Name+" mean", q.Mean, mean, 5*sd/128) // 128² draws
		if q.Name != "nu" {                             // whose tail is too heavy for its sample sd
			near(t, q.Name+" sd", q.SD, sd, 0.05*sd)
		}
	}
}

// near fails unless got is within an absolute tolerance of want.
func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Fatalf("%s: %.12g, want %.12g: %.2g apart, %.2g allowed", what, got, want, got-want, tol)
	}
}

// normalLogDensity is the posterior's density from its mean and covariance alone.
func normalLogDensity(t testing.TB, f *Fit) func(zeta []float64) float64 {
	t.Helper()
	mean := f.Posterior.Mean()
	var chol mat.Cholesky
	if !chol.Factorize(mat.NewSymDense(len(mean), append([]float64(nil), f.Posterior.Cov()...))) {
		t.Fatal("the posterior's covariance is not positive definite")
	}
	return func(zeta []float64) float64 {
		diff := mat.NewVecDense(len(mean), nil)
		diff.SubVec(mat.NewVecDense(len(zeta), zeta), mat.NewVecDense(len(mean), mean))
		var solved mat.VecDense
		if err := chol.SolveVecTo(&solved, diff); err != nil {
			t.Fatal(err)
		}
		return -(mat.Dot(diff, &solved) + chol.LogDet() + float64(len(mean))*math.Log(2*math.Pi)) / 2
	}
}

// hostLogPrior applies the documented default priors to parameters on the user's scale, with the Jacobians of
// the standardised coefficients and of the shared parameter's log that the draws consist of.
func hostLogPrior(family string, rows []rowValues) func(user []float64) float64 {
	n := float64(len(rows))
	var mean, sd [5]float64 // predictors, then the response
	for j := range mean {
		value := func(r rowValues) float64 {
			if j == 4 {
				return r.y
			}
			return r.x[j]
		}
		for _, r := range rows {
			mean[j] += value(r) / n
		}
		for _, r := range rows {
			sd[j] += (value(r) - mean[j]) * (value(r) - mean[j]) / (n - 1)
		}
		sd[j] = math.Sqrt(sd[j])
	}
	sy, my := 1.0, 0.0
	if family == "gaussian" {
		sy, my = sd[4], mean[4]
	}
	normal := func(x, m, s float64) float64 { return hostLogLik["gaussian"](x, m, s) }
	return func(user []float64) float64 {
		centred, total := user[0], 0.0
		for j := range 4 {
			centred += mean[j] * user[1+j]
			total += normal(user[1+j], 0, 2.5*sy/sd[j]) - math.Log(sd[j])
		}
		total += normal(centred, my, 2.5*sy)
		if len(user) > 5 {
			total += -math.Log(sy) - user[5]/sy + math.Log(user[5])
		}
		return total
	}
}

// TestUnfinishedRunIsFlagged stops a fit long before its averages are good.
func TestUnfinishedRunIsFlagged(t *testing.T) {
	text, truth := generated(t, "poisson", 3000, 1)
	f := fit(t, prepare(t, text, Options{Formula: truth.Formula, Family: "poisson", Budget: train.Budget{Steps: 50}}), openDevice(t, 0))
	if f.Training.Reason != train.OutOfBudget || f.Training.Steps != 50 {
		t.Errorf("ended by %s after %d steps, want budget after 50", f.Training.Reason, f.Training.Steps)
	}
	if !math.IsNaN(f.Training.Criterion) {
		t.Errorf("criterion %v, want NaN: nothing is known after half a block", f.Training.Criterion)
	}
}
