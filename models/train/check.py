#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Judges an exported .tflite with TensorFlow Lite on the validation pictures.

Prints top-1 and top-5, the classes it knows best and worst, and the pairs it
confuses most, as the model card quotes them.
"""
import argparse

import numpy as np
from tflite_runtime.interpreter import Interpreter, OpResolverType

import data
from labels import read_labels


def run(path, pictures, reference):
    """The output bytes for each picture."""
    resolver = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    net = Interpreter(model_path=path, num_threads=1, experimental_op_resolver_type=resolver)
    net.allocate_tensors()
    image, scores = net.get_input_details()[0]["index"], net.get_output_details()[0]["index"]
    side = net.get_input_details()[0]["shape"][1]
    out = []
    for picture in pictures:
        net.set_tensor(image, data.to_nchw(picture[None], side).permute(0, 2, 3, 1).numpy())
        net.invoke()
        out.append(net.get_tensor(scores)[0])
    return np.stack(out)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", required=True, help="the folder tiny-imagenet-200")
    p.add_argument("--work", required=True, help="the folder given to train.py")
    p.add_argument("--count", type=int, default=10000, help="pictures to look at")
    p.add_argument("--reference", action="store_true", help="the reference kernels: exact, slow")
    p.add_argument("model")
    args = p.parse_args()

    pictures, classes = data.load(args.data, args.work, "val")
    picked = np.random.default_rng(0).permutation(len(classes))[: args.count]
    classes = classes[picked]
    scores = run(args.model, pictures[picked], args.reference)
    order = np.argsort(-scores.astype(int), axis=1, kind="stable")
    best = order[:, 0]
    top1 = np.mean(best == classes)
    top5 = np.mean((order[:, :5] == classes[:, None]).any(1))
    print(f"top-1 {100 * top1:.2f} top-5 {100 * top5:.2f} of {len(classes)}")

    labels = read_labels(data.read_wnids(args.data))
    right = [(np.mean(best[classes == k] == k), label)
             for k, label in enumerate(labels) if (classes == k).any()]
    right.sort(reverse=True)
    print("best: " + ", ".join(f"{label} {100 * r:.0f} %" for r, label in right[:12]))
    print("worst: " + ", ".join(f"{label} {100 * r:.0f} %" for r, label in right[-12:]))
    pairs = {}
    for was, said in zip(classes, best):
        if was != said:
            key = tuple(sorted((was, said)))
            pairs[key] = pairs.get(key, 0) + 1
    for (a, b), n in sorted(pairs.items(), key=lambda item: -item[1])[:12]:
        print(f"{n:4d}  {labels[a]} / {labels[b]}")


if __name__ == "__main__":
    main()
