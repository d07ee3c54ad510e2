"""elbo beside JAX and NumPyro on one card, each inside lax.scan: the GLM step and the autoencoder's step.

Arguments: none.
"""
import jax
import jax.numpy as jnp

from common import elbo_bench, median_seconds, row
from glm import STEPS, data, jax_step, numpyro_step

PIXELS, HIDDEN, LATENT, RATE = 784, 400, 20, 1e-3


def init(key):
    shapes = [(PIXELS, HIDDEN), (HIDDEN, 2 * LATENT), (LATENT, HIDDEN), (HIDDEN, PIXELS)]
    keys = jax.random.split(key, len(shapes))
    return [(jax.random.normal(k, s) / s[0] ** 0.5, jnp.zeros(s[1])) for k, s in zip(keys, shapes)]


def loss(params, key, images):
    (w1, b1), (w2, b2), (w3, b3), (w4, b4) = params
    bits, noise = jax.random.split(key)
    x = (jax.random.uniform(bits, images.shape) < images).astype(jnp.float32)
    mean, logvar = jnp.split(jax.nn.softplus(x @ w1 + b1) @ w2 + b2, 2, axis=1)
    z = mean + jnp.exp(0.5 * logvar) * jax.random.normal(noise, mean.shape)
    logits = jax.nn.softplus(z @ w3 + b3) @ w4 + b4
    recon = jnp.sum(jax.nn.softplus(logits) - x * logits)
    return (recon - 0.5 * jnp.sum(1 + logvar - mean**2 - jnp.exp(logvar))) / len(x)


def vae_steps(batch, steps=200):
    images = jax.random.uniform(jax.random.PRNGKey(0), (batch, PIXELS))
    params = init(jax.random.PRNGKey(1))
    zeros = jax.tree_util.tree_map(jnp.zeros_like, params)

    def step(carry, t):
        params, m, v = carry
        g = jax.grad(loss)(params, jax.random.fold_in(jax.random.PRNGKey(2), t), images)
        m = jax.tree_util.tree_map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = jax.tree_util.tree_map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        n = t + 1.0
        params = jax.tree_util.tree_map(
            lambda p, a, b: p - RATE * (a / (1 - 0.9**n)) / (jnp.sqrt(b / (1 - 0.999**n)) + 1e-8), params, m, v)
        return (params, m, v), None

    @jax.jit
    def run(carry):
        return jax.lax.scan(step, carry, jnp.arange(steps, dtype=jnp.float32))[0]

    start = (params, zeros, zeros)
    return median_seconds(lambda: jax.block_until_ready(run(start))) / steps * 1e6


def main():
    def ours(name):
        return elbo_bench(name, device="cuda")[0]["us_per_step"]

    print(jax.devices()[0].device_kind, "JAX", jax.__version__)
    x, y = data(512)
    per_step = lambda run: median_seconds(run) / STEPS * 1e6
    name = "glm/logistic-512x100"
    fixed = ours(name)
    row(name, fixed, per_step(numpyro_step(x, y)), "numpyro, lax.scan", "µs")
    row(name, fixed, per_step(jax_step(x, y, False)), "jax, lax.scan", "µs")
    name += "-gather"
    row(name, ours(name), per_step(jax_step(*data(100_000), True)), "jax, lax.scan", "µs")
    row("vae/784-400-20-b128", ours("vae/784-400-20-b128"), vae_steps(128), "jax, lax.scan", "µs")
    row("vae/784-400-20-b4096", ours("vae/784-400-20-b4096"), vae_steps(4096), "jax, lax.scan", "µs")


if __name__ == "__main__":
    main()
