#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Taught models in LiteRT (the package tflite_runtime) give the answers of our runtime: float32, int8 and uint8
ones, with and without "unknown", float32 fine-tuned as well. To the bit those of LiteRT's reference kernels in
quantised models. Skipped where the package is not installed.

usage: test_litert.py PROGRAM TINY SCENES (mobilenet; models/tiny; a folder of pictures)"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from tflite_runtime import interpreter as litert
except ImportError as missing:
    print(f"skipped: {missing}; numpy and tflite_runtime are needed")
    sys.exit(77)

FLOAT_BOUND = 2e-5  # other orders of summing
STEPS = 40          # of 256: LiteRT's optimised kernels round otherwise than its reference kernels, in each layer
INPUTS = 40
REFERENCE = litert.OpResolverType.BUILTIN_REF


def teach(program, model, data, out, arguments):
    subprocess.run([program, "teach", "--data", data, "--model", model, "--out", out, *arguments.split()],
                   check=True, stdout=subprocess.DEVNULL)


def ours(program, model, tensors, folder):
    """The bytes of an answer to each, all in one call."""
    arguments = []
    for i, tensor in enumerate(tensors):
        tensor.tofile(folder / f"in{i}")
        arguments += ["--input", folder / f"in{i}", "--output", folder / f"out{i}"]
    subprocess.run([program, "run", model, *arguments], check=True)
    return [(folder / f"out{i}").read_bytes() for i in range(len(tensors))]


def theirs(net, tensor):
    net.set_tensor(net.get_input_details()[0]["index"], tensor)
    net.invoke()
    return net.get_tensor(net.get_output_details()[0]["index"])


def random_input(details, generator):
    if details["dtype"] == np.float32:
        return generator.uniform(-1, 1, details["shape"]).astype(np.float32)
    limits = np.iinfo(details["dtype"])
    return generator.integers(limits.min, limits.max + 1, details["shape"], details["dtype"])


def compare(program, model, folder):
    """How far the answers differ at most: from the reference kernels, from those that a user gets."""
    worst, generator, seen = [0, 0], np.random.default_rng(1), set()
    nets = [litert.Interpreter(str(model), experimental_op_resolver_type=REFERENCE),
            litert.Interpreter(str(model))]
    for net in nets:
        net.allocate_tensors()
    tensors = [random_input(nets[0].get_input_details()[0], generator) for _ in range(INPUTS)]
    for tensor, answer in zip(tensors, ours(program, model, tensors, folder)):
        for i, net in enumerate(nets):
            other = theirs(net, tensor)
            mine = np.frombuffer(answer, other.dtype).reshape(other.shape)
            worst[i] = max(worst[i], np.abs(mine.astype(np.float64) - other).max())
        seen.add(int(mine.argmax()))
    return nets[0].get_output_details()[0]["dtype"], worst, len(seen)


def main():
    program, tiny, scenes = sys.argv[1:]
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        pictures = sorted(pathlib.Path(scenes).glob("*.png"))
        for i, picture in enumerate(pictures):
            to = folder / "data" / "abc"[i % 3]
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy(picture, to)
        for net in ("v1", "v2", "v3"):
            for kind in ("f32", "s8", "u8"):
                for arguments in ("--unknown 0", "", "--unfreeze 1 --rate 0.03")[:3 if kind == "f32" else 2]:
                    model = folder / "taught.tflite"
                    teach(program, f"{tiny}/mobilenet_{net}_{kind}.tflite", folder / "data", model, arguments)
                    dtype, (reference, user), answers = compare(program, model, folder)
                    bounds = (FLOAT_BOUND, FLOAT_BOUND) if dtype == np.float32 else (0, STEPS)
                    fine = reference <= bounds[0] and user <= bounds[1] and answers > 1
                    failures += not fine
                    print(f"mobilenet_{net}_{kind} {arguments}: off by {reference:g} from the reference, {user:g} from "
                          f"LiteRT's own kernels; {answers} classes told{'' if fine else '  FAILED'}")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
