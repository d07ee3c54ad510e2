"""Reading a CSV file whole: elbo against pandas' C reader, both on one core.

Arguments: the file (plain or gzipped).
"""
import os
import subprocess
import sys

import pandas as pd

from common import ELBO, elbo_bench, median_seconds, row


def main(path):
    peer = median_seconds(lambda: pd.read_csv(path, engine="c"))
    ours = elbo_bench("csv/read", "--file", path)[0]["us_per_step"] / 1e6
    row("csv/read " + os.path.basename(path), ours, peer, "pandas C engine", "s")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not os.path.exists(ELBO):
        sys.exit("usage: read.py FILE, with ELBO_BIN or bin/elbo built; " + subprocess.list2cmdline(sys.argv))
    main(sys.argv[1])
