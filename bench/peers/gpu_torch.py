"""elbo beside PyTorch on one card: the autoencoder's step compiled with CUDA graphs, and a full-batch GLM gradient.

Arguments: none. The autoencoder is 784-400-2x20-400-784, batches are binarised on the card, Adam.
"""
import torch
import torch.nn.functional as F
from torch import nn

from common import elbo_bench, median_seconds, row

STEPS = 200


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.code = nn.Linear(784, 400), nn.Linear(400, 40)
        self.back, self.pixels = nn.Linear(20, 400), nn.Linear(400, 784)

    def forward(self, images):
        x = (torch.rand_like(images) < images).float()
        mean, logvar = self.code(F.softplus(self.hidden(x))).chunk(2, 1)
        z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        logits = self.pixels(F.softplus(self.back(z)))
        recon = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = -0.5 * (1 + logvar - mean.square() - logvar.exp()).sum()
        return (recon + kl) / len(x)


def vae_step(batch, tf32):
    torch.backends.cuda.matmul.allow_tf32 = tf32
    model = Vae().cuda()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True, capturable=True)
    images = torch.rand(batch, 784, device="cuda")
    loss = torch.compile(model, mode="reduce-overhead")

    def steps():
        for _ in range(STEPS):
            adam.zero_grad(set_to_none=True)
            loss(images).backward()
            adam.step()
        torch.cuda.synchronize()

    return median_seconds(steps) / STEPS * 1e6


def gradient(rows=10_000_000, columns=100):
    x, y = torch.randn(rows, columns, device="cuda"), torch.rand(rows, device="cuda").round()
    w = torch.zeros(columns, device="cuda")

    @torch.compile
    def grad(w):
        return x.T @ (torch.sigmoid(x @ w) - y) / rows

    def run():
        grad(w)
        torch.cuda.synchronize()

    return median_seconds(run) * 1e6


def main():
    def ours(name):
        return elbo_bench(name, device="cuda")[0]["us_per_step"]

    print(torch.cuda.get_device_name(), "PyTorch", torch.__version__, "CUDA", torch.version.cuda)
    row("vae/784-400-20-b128", ours("vae/784-400-20-b128"), vae_step(128, False), "torch.compile, graphs", "µs")
    row("vae/784-400-20-b4096", ours("vae/784-400-20-b4096"), vae_step(4096, False), "torch.compile, fp32", "µs")
    name = "glm/gradient-10000000x100"
    row(name, ours(name), gradient(), "torch.compile", "µs")


if __name__ == "__main__":
    main()
