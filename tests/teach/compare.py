#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Heads of ours against scikit-learn's LogisticRegression on the same features, and taught models
in our runtime against TensorFlow Lite's. By hand; needs numpy, scikit-learn and tflite_runtime.

usage: compare.py PROGRAM HEADS MODEL TRAIN TEST
PROGRAM: mobilenet; HEADS: tests/teach/teach_heads; TRAIN and TEST: a folder of pictures a class."""

import hashlib
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np


def features(program, model, folder, cache):
    """Features of a folder, out of the cache that teaching fills."""
    env = {"XDG_CACHE_HOME": str(cache), "PATH": "/usr/bin:/bin"}
    subprocess.run([program, "teach", "--data", folder, "--out", "/dev/null", "--views", "1",
                    "--held-out", "0", "--unknown", "0", "--model", model], env=env,
                   stdout=subprocess.DEVNULL, check=True)
    digest = hashlib.sha256(pathlib.Path(model).read_bytes()).hexdigest()
    kept = cache / "gst-mobilenet" / "features" / digest
    rows, classes = [], []
    names = sorted(p.name for p in pathlib.Path(folder).iterdir() if p.is_dir())
    for number, name in enumerate(names):
        for path in sorted((pathlib.Path(folder) / name).iterdir()):
            sha = hashlib.sha256(path.read_bytes()).hexdigest()
            found = list(kept.glob(f"{sha}-0-0-1-*.f32"))
            if found:
                data = found[0].read_bytes()
                n, depth = struct.unpack("<II", data[4:12])
                rows.append(np.frombuffer(data, "<f4", depth, 12))
                classes.append(number)
    return np.array(rows), np.array(classes), names


def ours(heads, model, train, test, strength, method):
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, (x, y) in (("train", train), ("test", test)):
            path = pathlib.Path(folder) / name
            path.write_bytes(struct.pack("<i", len(y)) + y.astype("<i4").tobytes()
                             + x.astype("<f4").tobytes())
            files.append(str(path))
        out = subprocess.run([heads, model, *files, str(strength), str(method)],
                             capture_output=True, text=True, check=True).stdout.split()
    return float(out[0]), np.array([int(line) for line in out[1:]])


def main():
    program, heads, model, train_dir, test_dir = sys.argv[1:]
    from sklearn.linear_model import LogisticRegression
    cache = pathlib.Path(tempfile.gettempdir()) / "compare-cache"
    x, y, names = features(program, model, train_dir, cache)
    tx, ty, _ = features(program, model, test_dir, cache)
    reference = LogisticRegression(max_iter=2000).fit(x, y)
    theirs = (reference.predict(tx) == ty).mean()
    seconds, told = ours(heads, model, (x, y), (tx, ty), 0, 1)
    scale = ((x - x.mean(0)) ** 2).sum(1).mean()
    _, equal = ours(heads, model, (x, y), (tx, ty), scale, 1)  # C = 1 on features as they are
    _, imprinted = ours(heads, model, (x, y), (tx, ty), 0, 2)
    print(f"{pathlib.Path(model).stem}: {len(names)} classes, {len(y)} pictures, {len(ty)} test")
    print(f"  scikit-learn {100 * theirs:.1f} %, ours {100 * (told == ty).mean():.1f} % "
          f"({seconds:.2f} s), same strength {100 * (equal == ty).mean():.1f} %, "
          f"imprinted {100 * (imprinted == ty).mean():.1f} %")
    return (told == ty).mean() < theirs - 0.01


if __name__ == "__main__":
    sys.exit(main())
