#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What fine-tuning gains over the head alone, as a user calls them: ten classes of Tiny ImageNet a seed, both
taught models judged on pictures that neither has seen. By hand.

    tune.py PROGRAM MODEL TINY_IMAGENET [--seeds 1,2,3] [--pictures 50] [--norm MEAN,STD] [-- ARGUMENTS OF teach...]

PROGRAM: mobilenet; MODEL: a float32 model; --pictures: of a class, to learn from and hold out. Fails if the
tuned models are not better by MARGIN on average, or one is worse by more than a picture in fifty."""

import argparse
import pathlib
import statistics
import sys
import tempfile

from tasks import accuracy, call, ten_classes

MARGIN = 0.02
# vww_mobilenet_v1_0.25_96_float, --norm 0,255, seeds 1, 2, 3: 18.4 -> 22.6 %, 25.2 -> 27.4 %, 26.0 -> 28.8 %.


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    for name in ("program", "model", "source"):
        parser.add_argument(name)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--pictures", type=int, default=50)
    parser.add_argument("--norm", help="MEAN,STD of the model's input")
    parser.add_argument("--cache", help="a folder to keep features in")
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    options, more = parser.parse_args(sys.argv[1:split]), sys.argv[split + 1:]
    if "--unfreeze" not in more:
        more += ["--unfreeze", "3"]
    gains = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        cache = options.cache or folder / "cache"
        for seed in map(int, options.seeds.split(",")):
            train, test = ten_classes(options.source, folder / str(seed), seed, options.pictures)
            common = ["teach", "--data", train, "--model", options.model, "--unknown", "0", "--seed", seed]
            if options.norm:
                common += ["--mean", options.norm.split(",")[0], "--std", options.norm.split(",")[1]]
            shares = []
            for name, arguments in (("head", []), ("tuned", more)):
                out = folder / f"{name}.tflite"
                call(options.program, cache, *common, *arguments, "--out", out)
                shares.append(accuracy(options.program, cache, out, test))
            gains.append(shares[1] - shares[0])
            print(f"seed {seed}: head {100 * shares[0]:.1f} %, tuned {100 * shares[1]:.1f} %", flush=True)
    error = statistics.stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else 0
    print(f"{pathlib.Path(options.model).stem}, {' '.join(more)}: {100 * statistics.mean(gains):+.1f} points "
          f"(standard error {100 * error:.1f})")
    return statistics.mean(gains) < MARGIN or min(gains) < -0.02


if __name__ == "__main__":
    sys.exit(main())
