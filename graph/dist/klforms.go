package dist

import "elbo/graph"

// The closed forms behind KL, q first. ψ is digamma.

// klNormal is ½(r² − 1) − log r + ½((μq − μp)/σp)², r = σq/σp.
func klNormal(mq, sq, mp, sp *graph.Node) *graph.Node {
	return graph.Add(klScale(graph.Div(sq, sp)), graph.MulC(graph.Square(zscore(mq, mp, sp)), 0.5))
}

// klScale is ½(r² − 1) − log r.
func klScale(r *graph.Node) *graph.Node {
	return graph.Sub(graph.Affine(graph.Square(r), 0.5, -0.5), graph.Log(r))
}

// klGamma is (αq − αp)ψ(αq) − log Γ(αq) + log Γ(αp) + αp log(βq/βp) + αq(βp − βq)/βq.
func klGamma(aq, bq, ap, bp *graph.Node) *graph.Node {
	kl := graph.Mul(graph.Sub(aq, ap), graph.Digamma(aq))
	kl = graph.Add(kl, graph.Sub(graph.Lgamma(ap), graph.Lgamma(aq)))
	kl = graph.Add(kl, graph.Mul(ap, graph.Log(graph.Div(bq, bp))))
	return graph.Add(kl, graph.Mul(aq, graph.Div(graph.Sub(bp, bq), bq)))
}

// klExponential is r − 1 − log r, r = λp/λq.
func klExponential(q, p *graph.Node) *graph.Node {
	r := graph.Div(p, q)
	return graph.Sub(graph.AddC(r, -1), graph.Log(r))
}

// klLaplace is log(bp/bq) + Δ/bp + (bq/bp)·exp(−Δ/bq) − 1, Δ = |μq − μp|.
func klLaplace(q, p LaplaceDist) *graph.Node {
	gap := graph.Abs(graph.Sub(q.Mu, p.Mu))
	r := graph.Div(q.B, p.B)
	kl := graph.Sub(graph.AddC(graph.Div(gap, p.B), -1), graph.Log(r))
	return graph.Add(kl, graph.Mul(r, graph.Exp(graph.Neg(graph.Div(gap, q.B)))))
}

// klBeta is log B(p) − log B(q) + (αq−αp)ψ(αq) + (βq−βp)ψ(βq) + (αp+βp−αq−βq)ψ(αq+βq).
func klBeta(q, p BetaDist) *graph.Node {
	da, db := graph.Sub(q.Alpha, p.Alpha), graph.Sub(q.Beta, p.Beta)
	kl := graph.Sub(lbeta(p.Alpha, p.Beta), lbeta(q.Alpha, q.Beta))
	kl = graph.Add(kl, graph.Mul(da, graph.Digamma(q.Alpha)))
	kl = graph.Add(kl, graph.Mul(db, graph.Digamma(q.Beta)))
	return graph.Sub(kl, graph.Mul(graph.Add(da, db), graph.Digamma(graph.Add(q.Alpha, q.Beta))))
}

// klDirichlet is log B(p) − log B(q) + Σ (αq−αp)(ψ(αq) − ψ(Σαq)).
func klDirichlet(q, p DirichletDist) *graph.Node {
	score := graph.Sub(graph.Digamma(q.Alpha), graph.Digamma(q.total()))
	gain := graph.Sum(graph.Mul(graph.Sub(q.Alpha, p.Alpha), score), -1)
	return graph.Add(graph.Sub(p.logNorm(), q.logNorm()), gain)
}

// klBernoulli is σ(ηq)(ηq − ηp) − softplus(ηq) + softplus(ηp).
func klBernoulli(q, p *graph.Node) *graph.Node {
	kl := graph.Mul(graph.Sigmoid(q), graph.Sub(q, p))
	return graph.Add(kl, graph.Sub(graph.Softplus(p), graph.Softplus(q)))
}

// klCategorical is Σ π_q (log π_q − log π_p); classes q never takes add nothing.
func klCategorical(q, p CategoricalDist) *graph.Node {
	lq := q.logProbs()
	return graph.Sum(plogx(graph.Exp(lq), graph.Sub(lq, p.logProbs())), -1)
}

// klPoisson is λq(ηq − ηp) − λq + λp.
func klPoisson(q, p *graph.Node) *graph.Node {
	rate := graph.Exp(q)
	return graph.Add(graph.Mul(rate, graph.AddC(graph.Sub(q, p), -1)), graph.Exp(p))
}

// klVector is the divergence from a MultivariateNormal q with batch-free scale, to one of
// its own kind or to independent Normals over its coordinates (summed over them).
func klVector(q MultivariateNormalDist, p Distribution) (*graph.Node, bool) {
	switch p := p.(type) {
	case MultivariateNormalDist:
		if p.dim() != q.dim() {
			return nil, false
		}
		shift := sumSquares(solveRows(p.L, graph.Sub(q.Mu, p.Mu)))
		trace := graph.Sum(graph.Square(graph.TriSolve(p.L, q.L, false)))
		kl := graph.MulC(graph.AddC(graph.Add(shift, trace), -float64(q.dim())), 0.5)
		return both(q.draw, p.draw, graph.Add(kl, graph.Sub(logDiag(p.L), logDiag(q.L))), 1), true
	case NormalDist:
		// KL = Σ_d klNormal with sd √(L Lᵀ)_dd, whose log terms are replaced by log det L.
		sq := graph.Div(q.Variance(), graph.Square(p.Sigma))
		per := graph.Add(graph.Add(sq, graph.Square(zscore(q.Mu, p.Mu, p.Sigma))), graph.MulC(graph.Log(p.Sigma), 2))
		per = graph.MulC(graph.AddC(per, -1), 0.5)
		if s := graph.ShapeOf(per); len(s) == 0 || s[len(s)-1] != q.dim() {
			return nil, false
		}
		return q.over(graph.Sub(graph.Sum(per, -1), logDiag(q.L)), 1), true
	}
	return nil, false
}
