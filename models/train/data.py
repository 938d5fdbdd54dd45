# SPDX-License-Identifier: MIT
"""Tiny ImageNet as arrays, and the augmentation of training pictures."""
import os

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from net import normalise


def read_wnids(root):
    """The class of output k is entry k: the WordNet ids in sorted order."""
    with open(os.path.join(root, "wnids.txt")) as f:
        return sorted(f.read().split())


def _read(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def _list_train(root, wnids):
    for k, wnid in enumerate(wnids):
        folder = os.path.join(root, "train", wnid, "images")
        for name in sorted(os.listdir(folder)):
            yield os.path.join(folder, name), k


def list_val(root, wnids):
    """(path, class) of the 10,000 validation pictures."""
    index = {w: k for k, w in enumerate(wnids)}
    with open(os.path.join(root, "val", "val_annotations.txt")) as f:
        for line in f:
            name, wnid = line.split("\t")[:2]
            yield os.path.join(root, "val", "images", name), index[wnid]


def load(root, cache, part):
    """Pictures (n, 64, 64, 3) uint8 and classes of `part`; decoded once, then mapped."""
    paths = [os.path.join(cache, f"{part}_{k}.npy") for k in "xy"]
    if not all(map(os.path.exists, paths)):
        wnids = read_wnids(root)
        listed = list((_list_train if part == "train" else list_val)(root, wnids))
        os.makedirs(cache, exist_ok=True)
        np.save(paths[0], np.stack([_read(p) for p, _ in listed]))
        np.save(paths[1], np.array([k for _, k in listed], np.int64))
    return np.load(paths[0], mmap_mode="r"), np.load(paths[1])


def to_nchw(pictures, side=None):
    """A uint8 tensor whose memory stays NHWC (channels_last), scaled to `side`."""
    x = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2)
    if side in (None, x.shape[2]):
        return x
    return F.interpolate(x, (side, side), mode="bilinear", antialias=True)


def _crop(pictures, which, rng, min_area):
    """The same crop size for all of `which`, each with its own place."""
    side = pictures.shape[1]
    area = rng.uniform(min_area, 1.0)
    ratio = np.exp(rng.uniform(np.log(0.8), np.log(1.25)))
    h = min(side, round(side * np.sqrt(area / ratio)))
    w = min(side, round(side * np.sqrt(area * ratio)))
    top = rng.integers(0, side - h + 1, len(which))
    left = rng.integers(0, side - w + 1, len(which))
    out = np.empty((len(which), h, w, 3), np.uint8)
    for i, k in enumerate(which):
        out[i] = pictures[k, top[i] : top[i] + h, left[i] : left[i] + w]
    return to_nchw(out)


def _shift_colours(x, rng):
    """Brightness, contrast and saturation of each picture, in place; x is -1 ... 1."""
    def factors(spread):
        f = rng.uniform(1 - spread, 1 + spread, (len(x), 1, 1, 1))
        return torch.from_numpy(f.astype(np.float32))

    grey = x.mean(1, keepdim=True)
    x = torch.lerp(grey, x, factors(0.2))
    return x.mul_(factors(0.2)).add_(factors(0.2) - 1)


def augment(pictures, which, side, rng, min_area=0.35, group=32):
    """A batch of random crops scaled to `side`, as float -1 ... 1.

    One group in four is first scaled down, as a picture out of focus or from
    afar; one in four is scaled without smoothing, sharper than a photograph.
    """
    groups = []
    for at in range(0, len(which), group):
        x = _crop(pictures, which[at : at + group], rng, min_area)
        kind = rng.integers(4)
        if kind == 0:
            small = max(16, round(side * rng.uniform(0.5, 0.9)))
            x = F.interpolate(x, (small, small), mode="bilinear", antialias=True)
        groups.append(F.interpolate(x, (side, side), mode="bilinear", antialias=kind != 1))
    x = torch.cat(groups)
    mirrored = torch.from_numpy(rng.random(len(x)) < 0.5)
    x[mirrored] = x[mirrored].flip(3)
    return _shift_colours(normalise(x), rng).contiguous(memory_format=torch.channels_last)
