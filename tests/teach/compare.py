#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Heads of ours against scikit-learn's LogisticRegression on the same features. By hand; needs numpy and
scikit-learn.

    compare.py PROGRAM HEADS TINY_IMAGENET [MODEL...]

PROGRAM: mobilenet; HEADS: tests/teach/teach_heads; MODELs default to three feature extractors of ../shared.
Three draws of ten classes of Tiny ImageNet, ten pictures a class to learn, fifty to judge; the pictures of
../shared/images/imprinting, one a class; and how long fifty pictures a class take, beside the features. Fails
if a model's mean is more than a point behind, or that takes three seconds."""

import hashlib
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.linear_model import LogisticRegression

from tasks import call, ten_classes

SHARED = pathlib.Path(os.environ.get("MOBILENET_SHARED", pathlib.Path(__file__).parents[3] / "shared"))
MODELS = ("gallery_mobilenet_v3_small_int8", "mobilenet_v2_1.0_224_inat_bird_quant",
          "growgrid_mobilenet_v2_0.35_224_float")
SEEDS = (1, 2, 3)
SOFTMAX, IMPRINT = 1, 2
# Pictures of ../shared/images that show what the three to learn from show.
JUDGED = {"cat": ("cat.bmp", "cat_720p.jpg", "cat_1080p.jpg"), "hotdog": ("hot_dog.jpg",)}


def features(program, model, folder, cache):
    """Features of a folder, out of the cache that teaching fills."""
    call(program, cache, "teach", "--data", folder, "--out", os.devnull, "--views", "1", "--held-out", "0",
         "--unknown", "0", "--model", model)
    digest = hashlib.sha256(pathlib.Path(model).read_bytes()).hexdigest()
    kept = cache / "gst-mobilenet" / "features" / digest
    rows, classes = [], []
    for number, of_class in enumerate(sorted(p for p in pathlib.Path(folder).iterdir() if p.is_dir())):
        for path in sorted(of_class.iterdir()):
            sha = hashlib.sha256(path.read_bytes()).hexdigest()
            for found in list(kept.glob(f"{sha}-0-0-1-*.f32"))[:1]:
                data = found.read_bytes()
                rows.append(np.frombuffer(data, "<f4", struct.unpack("<II", data[4:12])[1], 12))
                classes.append(number)
    return np.array(rows), np.array(classes)


def ours(heads, model, train, test, strength=0, method=SOFTMAX):
    """Seconds that teaching took, and the class told of each test row. Strength 0: the default."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, (x, y) in (("train", train), ("test", test)):
            path = pathlib.Path(folder) / name
            path.write_bytes(struct.pack("<i", len(y)) + y.astype("<i4").tobytes() + x.astype("<f4").tobytes())
            files.append(str(path))
        out = subprocess.run([heads, model, *files, str(strength), str(method)], capture_output=True, text=True,
                             check=True).stdout.split()
    return float(out[0]), np.array([int(line) for line in out[1:]])


def shares(heads, model, train, test):
    """scikit-learn; ours; ours with C = 1 on features as they are, as scikit-learn has it; imprinted."""
    square = ((train[0] - train[0].mean(0)) ** 2).sum(1).mean()
    told = [LogisticRegression(max_iter=2000).fit(*train).predict(test[0]), ours(heads, model, train, test)[1],
            ours(heads, model, train, test, strength=square)[1],
            ours(heads, model, train, test, method=IMPRINT)[1]]
    return [(one == test[1]).mean() for one in told]


def imprinting(program, heads, model, folder, cache):
    """How many of the pictures at hand are told after one picture a class."""
    for part in ("train", "test"):
        for name in ("cat", "dog", "hotdog"):
            (folder / part / name).mkdir(parents=True, exist_ok=True)
            files = [f"imprinting/{name}_train_0.bmp"] if part == "train" else JUDGED.get(name, ())
            for file in files:
                shutil.copy(SHARED / "images" / file, folder / part / name)
    train, test = (features(program, model, folder / part, cache) for part in ("train", "test"))
    return [int(round(s * len(test[1]))) for s in shares(heads, model, train, test)], len(test[1])


def main():
    program, heads, source, *models = sys.argv[1:]
    models = models or [str(SHARED / "models" / f"{name}.tflite") for name in MODELS]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        cache = folder / "cache"
        tasks = [ten_classes(source, folder / str(seed), seed, 10) for seed in SEEDS]
        many, _ = ten_classes(source, folder / "many", 1, 50)
        for model in models:
            sets = [[features(program, model, part, cache) for part in task] for task in tasks]
            rows = np.array([shares(heads, model, *one) for one in sets])
            split, n = imprinting(program, heads, model, folder / "split", cache)
            seconds, _ = ours(heads, model, features(program, model, many, cache), sets[0][1])
            print(f"{pathlib.Path(model).stem}: scikit-learn, ours, ours at its strength, imprinted", flush=True)
            for name, row in [(f"seed {s}", r) for s, r in zip(SEEDS, rows)] + [("mean", rows.mean(0))]:
                print(f"  {name}: " + ", ".join(f"{100 * share:.1f} %" for share in row))
            print(f"  one picture a class: {', '.join(map(str, split))} of {n}; 500 pictures: {seconds:.2f} s",
                  flush=True)
            failed |= rows.mean(0)[1] < rows.mean(0)[0] - 0.01 or split[1] < split[0] or seconds >= 3
    return failed


if __name__ == "__main__":
    sys.exit(main())
