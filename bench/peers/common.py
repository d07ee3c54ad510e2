"""Timing and the elbo binary, for the peer benchmarks."""
import json
import os
import statistics
import subprocess
import sys
import time

ELBO = os.environ.get("ELBO_BIN", "bin/elbo")


def median_seconds(run, repeats=7):
    """Median wall time of run() over repeats, after one run that is not counted."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def elbo_bench(*names, threads=1, device="auto"):
    """The objects `elbo bench --json` prints for the names given."""
    call = [ELBO, "bench", "--json", "--threads", str(threads), "--device", device, *names]
    out = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in out.stdout.splitlines() if line.strip()]


def row(name, ours, peer, peer_name, unit, ratio=None):
    """Prints one line: both figures and their ratio, peer over ours, so that above 1 is faster than the peer."""
    ratio = ratio or peer / ours
    print(f"{name:34s} {ours:12.4g} {unit:4s} {peer_name:26s} {peer:12.4g} {unit:4s} ratio {ratio:6.2f}")
    sys.stdout.flush()


def paired_row(name, ours, peer, peer_name, unit, rounds=5):
    """The row of ours() and peer(), measured in turn so that both see the same load; the ratio is the median of
    those of the rounds."""
    pairs = [(ours(), peer()) for _ in range(rounds)]
    middle = [statistics.median(times) for times in zip(*pairs)]
    row(name, *middle, peer_name, unit, statistics.median(theirs / own for own, theirs in pairs))
