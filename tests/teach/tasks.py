# SPDX-License-Identifier: MIT
"""Tasks for compare.py and tune.py: ten classes of Tiny ImageNet (its folder as it comes unpacked: train/, val/,
wnids.txt) as folders of links, drawn by a seed; and the calls of the tool that they share."""

import json
import os
import pathlib
import random
import subprocess


def ten_classes(source, to, seed, pictures):
    """to/train/CLASS: so many pictures out of train/; to/test/CLASS: the 50 of val/. Returns both folders."""
    source, to = pathlib.Path(source).resolve(), pathlib.Path(to)
    draw = random.Random(seed)
    wnids = sorted(draw.sample((source / "wnids.txt").read_text().split(), 10))
    names = dict(line.split("\t", 1) for line in (source / "words.txt").read_text().splitlines())
    of_val = [line.split("\t")[:2] for line in (source / "val" / "val_annotations.txt").read_text().splitlines()]
    for wnid in wnids:
        name = names[wnid].split(",")[0].replace("/", " ")
        found = sorted((source / "train" / wnid / "images").iterdir())
        test = [source / "val" / "images" / file for file, of in of_val if of == wnid]
        for folder, files in (("train", draw.sample(found, pictures)), ("test", test)):
            (to / folder / name).mkdir(parents=True)
            for file in files:
                os.symlink(file, to / folder / name / file.name)
    return to / "train", to / "test"


def call(program, cache, *arguments):
    """The tool's lines of JSON; its cache of features in a folder of the caller's."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MOBILENET", "NN_"))}
    env["XDG_CACHE_HOME"] = str(cache)
    done = subprocess.run([program, *map(str, arguments), "--json"], env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{program} {' '.join(map(str, arguments))}:\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def accuracy(program, cache, model, folder):
    """The share of a folder's pictures that a taught model names, read back from its file."""
    return call(program, cache, "teach", "--evaluate", "--model", model, "--data", folder)[-1]["accuracy"]
