"""One mean-field logistic SVI step (float32, Adam): elbo against NumPyro and bare JAX, both inside lax.scan.

Arguments: none. The batch is 512 x 100; the gather variant draws 512 random rows of 100,000.
"""
import os

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.infer import SVI, Trace_ELBO
from numpyro.infer.autoguide import AutoNormal
from numpyro.optim import Adam

from common import elbo_bench, median_seconds, row

B, P, N, STEPS = 512, 100, 100_000, 2000


def data(n):
    key = jax.random.PRNGKey(0)
    x = jax.random.normal(key, (n, P), jnp.float32)
    w = jax.random.normal(jax.random.PRNGKey(1), (P,)) / 10
    y = jax.random.bernoulli(jax.random.PRNGKey(2), jax.nn.sigmoid(x @ w)).astype(jnp.float32)
    return x, y


def numpyro_step(x, y):
    def model(x, y):
        w = numpyro.sample("w", dist.Normal(0, 1).expand([P]).to_event(1))
        with numpyro.handlers.scale(scale=N / B):
            numpyro.sample("y", dist.Bernoulli(logits=x @ w).to_event(1), obs=y)

    svi = SVI(model, AutoNormal(model), Adam(1e-3), Trace_ELBO())
    state = svi.init(jax.random.PRNGKey(3), x, y)

    @jax.jit
    def loop(state):
        return jax.lax.scan(lambda s, _: svi.update(s, x, y), state, None, length=STEPS)

    return lambda: jax.block_until_ready(loop(state))


def jax_step(x, y, gather):
    def loss(params, key, xb, yb):
        mu, rho = params
        sd = jax.nn.softplus(rho)
        w = mu + sd * jax.random.normal(key, (P,), jnp.float32)
        eta = xb @ w
        ll = jnp.sum(yb * eta - jax.nn.softplus(eta)) * (N / B)
        kl = jnp.sum(0.5 * (mu**2 + sd**2 - 1) - jnp.log(sd))
        return (kl - ll) / N

    def step(carry, t):
        params, m, v = carry
        key = jax.random.fold_in(jax.random.PRNGKey(4), t)
        xb, yb = x, y
        if gather:
            index = jax.random.randint(jax.random.fold_in(key, 1), (B,), 0, N)
            xb, yb = x[index], y[index]
        value, g = jax.value_and_grad(loss)(params, key, xb, yb)
        t1 = t + 1.0
        m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        update = lambda p, a, b: p - 1e-3 * (a / (1 - 0.9**t1)) / (jnp.sqrt(b / (1 - 0.999**t1)) + 1e-8)
        return (jax.tree.map(update, params, m, v), m, v), value

    zero = (jnp.zeros(P, jnp.float32), jnp.zeros(P, jnp.float32))

    @jax.jit
    def loop(carry):
        return jax.lax.scan(step, carry, jnp.arange(STEPS, dtype=jnp.float32))

    return lambda: jax.block_until_ready(loop((zero, zero, zero)))


def main():
    ours = {b["name"]: b["us_per_step"] for b in elbo_bench("glm/logistic-512x100", "glm/logistic-512x100-gather")}
    x, y = data(B)
    us = lambda run: median_seconds(run) / STEPS * 1e6
    row("glm/logistic-512x100", ours["glm/logistic-512x100"], us(numpyro_step(x, y)), "numpyro, lax.scan", "µs")
    row("glm/logistic-512x100", ours["glm/logistic-512x100"], us(jax_step(x, y, False)), "jax, lax.scan", "µs")
    x, y = data(N)
    row("glm/logistic-512x100-gather", ours["glm/logistic-512x100-gather"], us(jax_step(x, y, True)), "jax, lax.scan", "µs")


if __name__ == "__main__":
    main()
