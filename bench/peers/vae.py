"""One training step of the autoencoder 784-400-2x20-400-784 (float32, Adam, batch 128): elbo against JAX in lax.scan
and against PyTorch, eager and compiled, whichever is installed. torch.compile needs a C++ compiler.

Arguments: the number of threads. Images are random; both sides binarise them anew in every step.
"""
import os
import sys

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
if THREADS == 1:
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

from common import elbo_bench, median_seconds, paired_row

D, H, L, B, STEPS = 784, 400, 20, 128, 50
NAME = "vae/784-400-20-b128"
SIZES = {"enc": (D, H), "mean": (H, L), "logsd": (H, L), "dec": (L, H), "out": (H, D)}


def jax_step():
    import jax
    import jax.numpy as jnp

    def linear(p, name, x):
        return x @ p[name + "/w"] + p[name + "/b"]

    def loss(p, key, images):
        drawn, noise = jax.random.split(key)
        x = (jax.random.uniform(drawn, images.shape) < images).astype(jnp.float32)
        h = jax.nn.relu(linear(p, "enc", x))
        mean, logsd = linear(p, "mean", h), linear(p, "logsd", h)
        z = mean + jnp.exp(logsd) * jax.random.normal(noise, mean.shape)
        logits = linear(p, "out", jax.nn.relu(linear(p, "dec", z)))
        fit = jnp.sum(x * logits - jax.nn.softplus(logits))
        kl = jnp.sum(0.5 * (jnp.exp(2 * logsd) + mean**2 - 1) - logsd)
        return (kl - fit) / B

    def adam(p, m, v, g, t):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        return p - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v

    def step(carry, t):
        p, m, v, images = carry
        value, g = jax.value_and_grad(loss)(p, jax.random.fold_in(jax.random.PRNGKey(0), t), images)
        new = {k: adam(p[k], m[k], v[k], g[k], t + 1.0) for k in p}
        p, m, v = ({k: new[k][i] for k in new} for i in range(3))
        return (p, m, v, images), value

    p = {}
    for i, (name, shape) in enumerate(SIZES.items()):
        p[name + "/w"] = jax.random.normal(jax.random.PRNGKey(i), shape) / shape[0] ** 0.5
        p[name + "/b"] = jnp.zeros(shape[1])
    zero = jax.tree.map(jnp.zeros_like, p)
    images = jax.random.uniform(jax.random.PRNGKey(9), (B, D))
    loop = jax.jit(lambda carry: jax.lax.scan(step, carry, jnp.arange(STEPS)))
    return lambda: jax.block_until_ready(loop((p, zero, zero, images)))


def torch_step(compiled):
    import torch
    from torch import nn
    from torch.nn import functional as f

    torch.set_num_threads(THREADS)
    layers = nn.ModuleDict({name: nn.Linear(*shape) for name, shape in SIZES.items()})
    rule = torch.optim.Adam(layers.parameters(), lr=1e-3, fused=True)
    images = torch.rand(B, D)

    def loss():
        x = torch.bernoulli(images)
        h = f.relu(layers["enc"](x))
        mean, logsd = layers["mean"](h), layers["logsd"](h)
        z = mean + logsd.exp() * torch.randn_like(mean)
        logits = layers["out"](f.relu(layers["dec"](z)))
        fit = (x * logits - f.softplus(logits)).sum()
        return ((0.5 * ((2 * logsd).exp() + mean**2 - 1) - logsd).sum() - fit) / B

    value = torch.compile(loss) if compiled else loss

    def run():
        for _ in range(STEPS):
            rule.zero_grad()
            value().backward()
            rule.step()

    return run


PEERS = {
    "jax, lax.scan": jax_step,
    "torch, eager, fused Adam": lambda: torch_step(False),
    "torch.compile, fused Adam": lambda: torch_step(True),
}


def main():
    for name, step in PEERS.items():
        try:
            run = step()
        except ImportError as missing:
            print(f"{NAME} {THREADS}t: no comparison with {name}: {missing}")
            continue
        run()  # compiles
        paired_row(f"{NAME} {THREADS}t", lambda: elbo_bench(NAME, threads=THREADS)[0]["us_per_step"] / 1e3,
                   lambda: median_seconds(run, 3) / STEPS * 1e3, name, "ms")


if __name__ == "__main__":
    main()
