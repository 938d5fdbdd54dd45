# SPDX-License-Identifier: MIT
"""The English names of the classes, from labels.tsv."""
import os


def read_labels(wnids):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "labels.tsv")
    with open(path) as f:
        labels = dict(line.rstrip("\n").split("\t") for line in f)
    return [labels[w] for w in wnids]
