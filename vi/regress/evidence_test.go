package regress

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// logEvidence is log p(y) of a Gaussian regression under the default priors and a given density of log sigma: given
// sigma, y is multivariate Normal with covariance σ²I + Z diag(s²) Zᵀ, Z the centred predictors and the intercept;
// sigma is integrated out by the trapezoid rule between lo and hi.
func logEvidence(rows []rowValues, lo, hi float64, logPrior func(logSigma float64) float64) float64 {
	n := len(rows)
	mean, sd, my, sy := columnMoments(rows)
	z := mat.NewDense(n, 5, nil) // scaled by the priors' sds
	y := mat.NewVecDense(n, nil)
	for i, r := range rows {
		z.Set(i, 0, 2.5*sy)
		for j := range 4 {
			z.Set(i, j+1, 2.5*sy/sd[j]*(r.x[j]-mean[j]))
		}
		y.SetVec(i, r.y-my)
	}
	const points = 200
	logs := make([]float64, points+1)
	for k := range logs {
		u := lo + (hi-lo)*float64(k)/points
		var c mat.SymDense
		c.SymOuterK(1, z)
		for i := range n {
			c.SetSym(i, i, c.At(i, i)+math.Exp(2*u))
		}
		var chol mat.Cholesky
		chol.Factorize(&c)
		var solved mat.VecDense
		if err := chol.SolveVecTo(&solved, y); err != nil {
			return math.NaN()
		}
		quadratic := mat.Dot(y, &solved)
		logs[k] = -(quadratic+chol.LogDet()+float64(n)*math.Log(2*math.Pi))/2 + logPrior(u)
		if k == 0 || k == points {
			logs[k] -= math.Ln2
		}
	}
	return logMeanExp(logs) + math.Log(float64(len(logs))) + math.Log((hi-lo)/points)
}

// columnMoments returns means and sample sds of the predictors and of the response.
func columnMoments(rows []rowValues) (mean, sd [4]float64, my, sy float64) {
	n := float64(len(rows))
	for _, r := range rows {
		for j, x := range r.x {
			mean[j] += x / n
		}
		my += r.y / n
	}
	for _, r := range rows {
		for j, x := range r.x {
			sd[j] += (x - mean[j]) * (x - mean[j]) / (n - 1)
		}
		sy += (r.y - my) * (r.y - my) / (n - 1)
	}
	for j := range sd {
		sd[j] = math.Sqrt(sd[j])
	}
	return mean, sd, my, math.Sqrt(sy)
}

// TestEvidence compares the bound with the evidence of 80 rows. With sigma all but known the posterior is Gaussian
// and full rank meets the evidence; under the default prior it stays below by the skewness of log sigma; mean field
// stays below by what it leaves out.
func TestEvidence(t *testing.T) {
	dev := openDevice(t, 0)
	text, truth := generated(t, "gaussian", 80, 6)
	rows := readRows(t, text)
	_, _, _, sy := columnMoments(rows)
	known := logEvidence(rows, math.Log(1.5)-0.0005, math.Log(1.5)+0.0005, func(u float64) float64 {
		return hostLogLik["gaussian"](u, math.Log(1.5), 1e-4)
	})
	free := logEvidence(rows, -0.5, 1.3, func(u float64) float64 { return -math.Log(sy) - math.Exp(u)/sy + u })
	for _, c := range []struct {
		guide, prior string
		evidence     float64
		least, most  float64 // of evidence − bound, nats
	}{
		{"fullrank", "sigma=lognormal(0.4054651081081644,0.0001)", known, -1e-3, 1e-3},
		{"fullrank", "", free, 1e-4, 0.05},
		{"meanfield", "", free, 0.1, 3},
	} {
		var priors []string
		if c.prior != "" {
			priors = append(priors, c.prior)
		}
		f := fit(t, prepare(t, text, Options{Formula: truth.Formula, Family: "gaussian", Guide: c.guide, Seed: 4,
			Priors: parsePriors(t, priors)}), dev)
		gap := c.evidence - f.Elbo
		if !(gap >= c.least-4*f.ElboSE && gap <= c.most+4*f.ElboSE) {
			t.Errorf("%s %s: evidence %.5f, bound %.5f ± %.5f: want it %g to %g below", c.guide, c.prior, c.evidence, f.Elbo, f.ElboSE, c.least, c.most)
		}
		t.Logf("%s %s: evidence %.5f, bound %.5f ± %.5f", c.guide, c.prior, c.evidence, f.Elbo, f.ElboSE)
	}
}
