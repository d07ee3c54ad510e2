"""Tensor files across languages: what elbo writes the safetensors package reads, and the reverse.

read FILE EXPECTED    loads FILE with safetensors.numpy and compares it, bit by bit, with EXPECTED, a JSON object
                      {name: {"dtype": "F32", "shape": [2, 3], "bits": "hexadecimal of the little-endian elements"}};
                      also recomputes the checksum elbo keeps in the metadata, from its description alone.
write FILE            saves arrays[name] below, which TestPythonTensors knows.
list FILE             prints name, type, shape and range of every tensor.
"""
import hashlib
import json
import struct
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

DTYPES = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}


def read(path, expected_path):
    with open(expected_path, encoding="utf-8") as f:
        expected = json.load(f)
    tensors = load_file(path)
    assert set(tensors) == set(expected), f"names {sorted(tensors)} instead of {sorted(expected)}"
    for name, want in expected.items():
        got = tensors[name]
        assert got.dtype == DTYPES[want["dtype"]], f"{name!r}: type {got.dtype}"
        assert list(got.shape) == want["shape"], f"{name!r}: shape {got.shape}"
        assert got.tobytes().hex() == want["bits"], f"{name!r}: other elements"
    with safe_open(path, framework="np") as f:
        stored = f.metadata()["sha256"]
    assert stored == checksum(path), "the checksum is not the one described"


def checksum(path):
    """The digest described in graph/nn: metadata, then names, types and shapes in file order, then the payload."""
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        payload = f.read()
    meta = header.pop("__metadata__")
    h = hashlib.sha256()
    for key in sorted(k.encode() for k in meta if k != "sha256"):
        h.update(key + b"\0" + meta[key.decode()].encode() + b"\0")
    for name, e in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        shape = "[" + " ".join(map(str, e["shape"])) + "]"
        h.update(f"{name}\0{e['dtype']}\0{shape}\0".encode())
    h.update(payload)
    return h.hexdigest()


def write(path):
    arrays = {
        "counting": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
        "wide": np.array([np.pi, -1e300, 5e-324]),
        "scalar": np.array(-0.0, dtype=np.float32),
    }
    save_file(arrays, path, metadata={"format": "np"})


def listing(path):
    for name, x in sorted(load_file(path).items()):
        print(f"{name:40s} {x.dtype!s:8s} {x.shape!s:16s} from {x.min():.4g} to {x.max():.4g}")


if __name__ == "__main__":
    commands = {"read": read, "write": write, "list": listing}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
