"""Writes goldens.tsv: log densities at 60 digits from their definitions (mpmath 1.3.0), each
checked against scipy 1.17.1's own logpdf/logpmf to 1e-8 where scipy is accurate there.

    python goldens.py > goldens.tsv        columns: name, parameters, x, log density, f32 (1: usable in float32)
"""
import mpmath as mp
import numpy as np
import scipy.special as sp
import scipy.stats as st

mp.mp.dps = 60
inf = mp.inf


def xlogy(a, x):
    return mp.mpf(0) if a == 0 else (-inf if a > 0 else inf) if x == 0 else a * mp.log(x)


def student(x, nu, mu, s):
    z = (x - mu) / s
    return (mp.loggamma((nu + 1) / 2) - mp.loggamma(nu / 2) - mp.log(nu * mp.pi) / 2 - mp.log(s)
            - (nu + 1) / 2 * mp.log1p(z * z / nu))


def gamma(x, a, b):
    return -inf if x < 0 else a * mp.log(b) - mp.loggamma(a) + xlogy(a - 1, x) - b * x


def softplus(x):
    return mp.log1p(mp.exp(x))


def normal(x, m, s):
    return -((x - m) / s) ** 2 / 2 - mp.log(s) - mp.log(2 * mp.pi) / 2


def negbin(y, e, p):
    m = mp.exp(e)
    return (mp.loggamma(y + p) - mp.loggamma(p) - mp.loggamma(y + 1) + p * mp.log(p / (p + m))
            + y * mp.log(m / (p + m)))


def beta(x, a, b):
    if x < 0 or x > 1:
        return -inf
    return xlogy(a - 1, x) + xlogy(b - 1, 1 - x) - mp.loggamma(a) - mp.loggamma(b) + mp.loggamma(a + b)


DENSITIES = {
    "normal": normal,
    "student_t": student,
    "cauchy": lambda x, m, s: -mp.log1p(((x - m) / s) ** 2) - mp.log(s * mp.pi),
    "half_normal": lambda x, s: -inf if x < 0 else normal(x, 0, s) + mp.log(2),
    "half_student_t": lambda x, nu, s: -inf if x < 0 else student(x, nu, 0, s) + mp.log(2),
    "half_cauchy": lambda x, s: -inf if x < 0 else -mp.log1p((x / s) ** 2) - mp.log(s * mp.pi / 2),
    "exponential": lambda x, r: -inf if x < 0 else mp.log(r) - r * x,
    "gamma": gamma,
    "inverse_gamma": lambda x, a, b: -inf if x <= 0 else gamma(1 / x, a, b) - 2 * mp.log(x),
    "beta": beta,
    "lognormal": lambda x, m, s: -inf if x <= 0 else normal(mp.log(x), m, s) - mp.log(x),
    "laplace": lambda x, m, b: -abs(x - m) / b - mp.log(2 * b),
    "uniform": lambda x, lo, hi: -inf if x < lo or x > hi else -mp.log(hi - lo),
    "bernoulli": lambda y, e: y * e - softplus(e),
    "binomial": lambda y, n, e: mp.log(mp.binomial(n, y)) + y * e - n * softplus(e),
    "poisson": lambda y, e: y * e - mp.exp(e) - mp.loggamma(y + 1),
    "neg_binomial": negbin,
}

SCIPY = {
    "normal": lambda x, m, s: st.norm.logpdf(x, m, s),
    "student_t": lambda x, n, m, s: st.t.logpdf(x, n, m, s),
    "cauchy": lambda x, m, s: st.cauchy.logpdf(x, m, s),
    "half_normal": lambda x, s: st.halfnorm.logpdf(x, 0, s),
    "half_student_t": lambda x, n, s: st.t.logpdf(x, n, 0, s) + np.log(2) if x >= 0 else -np.inf,
    "half_cauchy": lambda x, s: st.halfcauchy.logpdf(x, 0, s),
    "exponential": lambda x, r: st.expon.logpdf(x, 0, 1 / r),
    "gamma": lambda x, a, b: st.gamma.logpdf(x, a, 0, 1 / b),
    "inverse_gamma": lambda x, a, b: st.invgamma.logpdf(x, a, 0, b),
    "beta": lambda x, a, b: st.beta.logpdf(x, a, b),
    "lognormal": lambda x, m, s: st.lognorm.logpdf(x, s, 0, np.exp(m)),
    "laplace": lambda x, m, b: st.laplace.logpdf(x, m, b),
    "uniform": lambda x, lo, hi: st.uniform.logpdf(x, lo, hi - lo),
    "bernoulli": lambda y, e: st.bernoulli.logpmf(y, sp.expit(e)),
    "binomial": lambda y, n, e: st.binom.logpmf(y, n, sp.expit(e)),
    "poisson": lambda y, e: st.poisson.logpmf(y, np.exp(e)),
    "neg_binomial": lambda y, e, p: st.nbinom.logpmf(y, p, p / (p + np.exp(e))),
}

# name, parameters, points, usable in float32, scipy accurate
ROWS = [
    ("normal", (0, 1), (0, 1.5, -4, 40), 1, 1), ("normal", (2.5, 0.25), (2, 3.125), 1, 1),
    ("normal", (-1e3, 1e-3), (-1000.001, -999.9), 0, 1), ("normal", (0, 1e8), (1e7,), 1, 1),
    ("student_t", (4, 0.5, 2), (0.5, -3, 1e3), 1, 1), ("student_t", (0.25, 0, 1), (0, 7), 1, 1),
    ("student_t", (31.5, 0, 1), (2,), 1, 1), ("student_t", (32.5, 0, 1), (2,), 1, 1),
    ("student_t", (1e4, 0, 1), (3, 0), 1, 1), ("student_t", (1e8, 1, 3), (3,), 1, 0),
    ("student_t", (1e12, 1, 3), (3, -20), 1, 0),
    ("cauchy", (1, 2), (1, -5, 1e9), 1, 1), ("half_normal", (2,), (0, 1, 9, -0.5), 1, 1),
    ("half_student_t", (3, 2.5), (0, 1, 50, -1), 1, 1), ("half_student_t", (1e10, 2.5), (1,), 1, 0),
    ("half_cauchy", (2.5,), (0, 3, 1e6, -1), 1, 1),
    ("exponential", (0.5,), (0, 1, 100, -1), 1, 1), ("exponential", (1e6,), (2e-6,), 1, 1),
    ("gamma", (2, 3), (0.1, 1, 5, 0, -1), 1, 1), ("gamma", (1, 3), (0, 2), 1, 1),
    ("gamma", (0.01, 0.5), (1e-20, 0.5, 0), 1, 1), ("gamma", (1e6, 1e3), (1000, 1003), 0, 1),
    ("gamma", (50, 10), (5, 4), 1, 1),
    ("inverse_gamma", (3, 2), (0.1, 1, 5, 0, -1), 1, 1), ("inverse_gamma", (0.5, 1e-3), (1e-3,), 1, 1),
    ("beta", (2, 3), (0.1, 0.5, 0.999, 0, 1, -0.1, 1.1), 1, 1), ("beta", (1, 1), (0, 0.25, 1), 1, 1),
    ("beta", (1, 2), (0, 1), 1, 1), ("beta", (0.01, 0.02), (1e-10, 0.5, 0.999999, 0, 1), 0, 1),
    ("beta", (5000, 3000), (0.625, 0.61), 0, 1), ("beta", (0.5, 1), (0.3, 1), 1, 1),
    ("lognormal", (0.5, 0.75), (0.1, 1, 50, 0, -2), 1, 1), ("lognormal", (-20, 3), (1e-12,), 1, 1),
    ("laplace", (1, 0.5), (1, -2, 40), 1, 1), ("uniform", (-2, 3), (-2, 0, 3, 3.5, -2.5), 1, 1),
    ("bernoulli", (0.3,), (0, 1), 1, 1), ("bernoulli", (-40,), (0, 1), 1, 0), ("bernoulli", (800,), (0, 1), 1, 0),
    ("binomial", (10, -0.4), (0, 4, 10), 1, 1), ("binomial", (1, 2), (0, 1), 1, 1),
    ("binomial", (100000, -7), (80, 120), 0, 1), ("binomial", (5, 60), (5, 4), 1, 0),
    ("poisson", (1.2,), (0, 3, 30), 1, 1), ("poisson", (-30,), (0, 1), 1, 1), ("poisson", (9,), (8100, 8300), 0, 1),
    ("neg_binomial", (1.5, 2), (0, 3, 40), 1, 1), ("neg_binomial", (1.5, 15.9), (0, 3, 40), 1, 1),
    ("neg_binomial", (1.5, 16.1), (0, 3, 40), 1, 1), ("neg_binomial", (2, 0.01), (0, 1, 100), 1, 1),
    ("neg_binomial", (3, 1e6), (20, 35), 1, 1), ("neg_binomial", (3, 1e12), (0, 20, 35), 1, 0),
    ("neg_binomial", (-25, 1e-4), (0, 1), 1, 1), ("neg_binomial", (9, 3e4), (8100, 8300), 0, 1),
]


def main():
    print("# mpmath", mp.__version__, "formulas, checked against scipy", __import__("scipy").__version__)
    for name, params, xs, f32, checked in ROWS:
        for x in xs:
            want = DENSITIES[name](mp.mpf(x), *map(mp.mpf, params))
            if checked:
                got = SCIPY[name](float(x), *params)
                same = got == float(want) or abs(got - float(want)) < 1e-8 * max(1, abs(float(want)))
                assert same, (name, params, x, got, float(want))
            print(name, ",".join(map(repr, map(float, params))), repr(float(x)), repr(float(want)), f32, sep="\t")


main()
