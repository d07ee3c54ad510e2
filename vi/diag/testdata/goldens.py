"""Writes goldens.tsv with ArviZ 0.22.0 (numpy 2.4.6). Inputs come from a 64-bit congruential
generator that the Go test repeats.

    python goldens.py > goldens.tsv
"""
import math

import numpy as np
import arviz as az
from arviz.stats import diagnostics as dg


def uniforms(seed, n):
    s, out = seed, np.empty(n)
    for i in range(n):
        s = (s * 6364136223846793005 + 1442695040888963407) % 2**64
        out[i] = ((s >> 11) + 0.5) * 2.0**-53
    return out


def chain(seed, n, rho, trend):
    x, out = 0.0, np.empty(n)
    for i, u in enumerate(uniforms(seed, n)):
        x = rho * x + (u - 0.5)
        out[i] = x + trend * i / n
    return out


def put(*row):
    print(*(repr(float(v)) if isinstance(v, (float, np.floating)) else v for v in row), sep="\t")


# Pareto weights of shape k: log w = -k log u.
for n in (5, 10, 25, 26, 100, 1000, 4000, 100000):
    for k in (0.1, 0.5, 0.7, 1.2):
        lw, khat = az.psislw(-k * np.log(uniforms(17, n)) + 3.0)
        put("psis", n, k, float(khat), float(lw.max()), float(lw.min()), float(1 / np.exp(2 * lw).sum()))
# Bounded weights have a negative shape: log w = -u^2.
for n in (200, 2000):
    lw, khat = az.psislw(-uniforms(3, n) ** 2)
    put("psisbounded", n, 0.0, float(khat), float(lw.max()), float(lw.min()), float(1 / np.exp(2 * lw).sum()))

for seed, n, rho, trend in ((1, 4, 0.0, 0.0), (1, 5, 0.5, 0.0), (2, 100, 0.0, 0.0), (3, 100, 0.9, 0.0), (4, 101, -0.6, 0.0),
                            (5, 1000, 0.99, 0.0), (6, 1000, 0.3, 5.0), (7, 5000, 0.8, 0.1), (8, 7, 0.99, 1.0)):
    x = chain(seed, n, rho, trend)
    put("chain", seed, n, rho, trend, float(dg._rhat(dg._split_chains(x))), float(az.ess(x, method="mean")),
        float(az.mcse(x, method="mean")))
two = np.stack([chain(11, 400, 0.7, 0.0), chain(12, 400, 0.7, 0.0) + 0.3])
put("two", float(az.rhat(two, method="split")), float(az.ess(two, method="mean")), float(az.mcse(two, method="mean")))
x = chain(9, 50, 0.2, 0.0)
for p in (0.0, 0.025, 0.1, 0.5, 0.9, 0.975, 1.0):
    put("quantile", p, float(np.quantile(x, p)))
put("describe", float(x.mean()), float(x.std(ddof=1)))
