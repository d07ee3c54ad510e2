package dist

import "elbo/graph"

// KL returns the Kullback–Leibler divergence ∫ q log(q/p) in nats, one number per draw of
// the broadcast batch, and true where a closed form is known; else nil and false.
//
// Known: Normal, MultivariateNormal, MultivariateNormal with a Normal prior, LogNormal,
// HalfNormal, Gamma, InverseGamma, Beta, Exponential, Laplace, Dirichlet, Bernoulli,
// Categorical and Poisson, each with its own kind.
func KL(q, p Distribution) (kl *graph.Node, ok bool) {
	switch q := q.(type) {
	case NormalDist:
		if p, is := p.(NormalDist); is {
			return both(q.draw, p.draw, klNormal(q.Mu, q.Sigma, p.Mu, p.Sigma), 0), true
		}
	case LogNormalDist:
		if p, is := p.(LogNormalDist); is {
			return both(q.draw, p.draw, klNormal(q.Mu, q.Sigma, p.Mu, p.Sigma), 0), true
		}
	case HalfNormalDist:
		if p, is := p.(HalfNormalDist); is {
			return both(q.draw, p.draw, klScale(graph.Div(q.Sigma, p.Sigma)), 0), true
		}
	case MultivariateNormalDist:
		return klVector(q, p)
	case GammaDist:
		if p, is := p.(GammaDist); is {
			return both(q.draw, p.draw, klGamma(q.Alpha, q.Beta, p.Alpha, p.Beta), 0), true
		}
	case InverseGammaDist:
		// Divergence does not change under x → 1/x.
		if p, is := p.(InverseGammaDist); is {
			return both(q.draw, p.draw, klGamma(q.Alpha, q.Beta, p.Alpha, p.Beta), 0), true
		}
	case ExponentialDist:
		if p, is := p.(ExponentialDist); is {
			return both(q.draw, p.draw, klExponential(q.Rate, p.Rate), 0), true
		}
	case LaplaceDist:
		if p, is := p.(LaplaceDist); is {
			return both(q.draw, p.draw, klLaplace(q, p), 0), true
		}
	case BetaDist:
		if p, is := p.(BetaDist); is {
			return both(q.draw, p.draw, klBeta(q, p), 0), true
		}
	case DirichletDist:
		if p, is := p.(DirichletDist); is {
			return both(q.draw, p.draw, klDirichlet(q, p), 1), true
		}
	case BernoulliDist:
		if p, is := p.(BernoulliDist); is {
			return both(q.draw, p.draw, klBernoulli(q.Logits, p.Logits), 0), true
		}
	case CategoricalDist:
		if p, is := p.(CategoricalDist); is && p.K == q.K {
			return both(q.draw, p.draw, klCategorical(q, p), 0), true
		}
	case PoissonDist:
		if p, is := p.(PoissonDist); is {
			return both(q.draw, p.draw, klPoisson(q.LogRate, p.LogRate), 0), true
		}
	}
	return nil, false
}

// both broadcasts a divergence to the batch of both distributions.
func both(q, p draw, kl *graph.Node, eventRank int) *graph.Node {
	return p.over(q.over(kl, eventRank), eventRank)
}
