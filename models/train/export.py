#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Quantises a trained checkpoint to int8 and writes it as a .tflite that describes itself.

Batch normalisation is measured anew on whole pictures at the final size, then
folded. Weights get a scale per channel; activations the range with the least
squared error over calibration pictures.
"""
import argparse
import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import data
import metadata
from labels import read_labels
from net import SIDE, Net, normalise
from tflite_writer import Writer
from train import validate

INPUT_SCALE = 1 / 128


def measure_norms(net, batches):
    """Batch statistics of whole pictures at the size of use, averaged over all batches."""
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.reset_running_stats()
            m.momentum = None
    net.train()
    with torch.no_grad():
        for x in batches:
            net(x)
    net.eval()


def sharpen(net, pictures, classes, side):
    """Scales the logits so that confidences tell the truth: label smoothing leaves them too low.

    On pictures that training never saw: on its own the network is surer than right. One number
    is fitted, and it moves no class past another.
    """
    with torch.no_grad():
        logits = torch.cat([net(normalise(data.to_nchw(pictures[at : at + 200], side)))
                            for at in range(0, len(pictures), 200)])
        target = torch.from_numpy(classes)
        factors = torch.linspace(0.8, 2.5, 35)
        best = min(factors, key=lambda f: F.cross_entropy(logits * f, target))
        net.classify.weight.mul_(best)
        net.classify.bias.mul_(best)
    return float(best)


def fold(conv, norm):
    """Weight and bias of the convolution with its normalisation inside."""
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weight = conv.weight * factor[:, None, None, None]
    return weight.detach(), (norm.bias - norm.running_mean * factor).detach()


def parts(layer):
    """(convolution, normalisation, has ReLU6) of a ConvNorm."""
    conv = next(m for m in layer if isinstance(m, nn.Conv2d))
    norm = next(m for m in layer if isinstance(m, nn.BatchNorm2d))
    return conv, norm, isinstance(layer[-1], nn.ReLU6)


def record(net, batches, kept=20000):
    """A sample of every activation's values, by module."""
    samples = {}
    rng = np.random.default_rng(0)

    def keep(module, _, out):
        flat = out.detach().reshape(-1).numpy()
        picked = flat[rng.integers(0, len(flat), kept)]
        samples.setdefault(module, []).append(np.append(picked, [flat.min(), flat.max()]))

    watched = [m for m in net.modules() if type(m).__name__ in ("ConvNorm", "Block", "Linear")]
    hooks = [m.register_forward_hook(keep) for m in watched]
    means = []
    hooks.append(net.classify.register_forward_pre_hook(lambda _, x: means.append(x[0].numpy())))
    with torch.no_grad():
        for x in batches:
            net(x)
    for h in hooks:
        h.remove()
    samples = {m: np.concatenate(s) for m, s in samples.items()}
    samples["mean"] = np.concatenate(means).reshape(-1)
    return samples


def choose_range(values):
    """(scale, zero point) of the int8 range whose rounding and clipping cost least."""
    low, high = min(0.0, values.min()), max(0.0, values.max())
    best = None
    for share in np.linspace(0.4, 1.0, 25):
        scale = share * (high - low) / 255
        zero = int(np.clip(round(-128 - share * low / scale), -128, 127))
        quantised = np.clip(np.round(values / scale) + zero, -128, 127)
        error = np.mean((values - (quantised - zero) * scale) ** 2)
        if best is None or error < best[0]:
            best = error, scale, zero
    return best[1:]


class Converter:
    """Walks the network and writes it operator by operator."""

    def __init__(self, samples, side):
        self.samples = samples
        self.side = side
        self.w = Writer()
        self.scales = {}

    def activation(self, name, shape, key):
        scale, zero = choose_range(self.samples[key])
        number = self.w.tensor(name, shape, np.int8, scale, zero)
        self.scales[number] = scale
        return number

    def weights(self, name, weight, bias, at, axis, per_channel=True):
        """int8 weights and int32 bias; `weight` has its channels on `axis`."""
        others = tuple(a for a in range(weight.ndim) if a != axis)
        top = np.abs(weight).max(others, keepdims=True) if per_channel else np.abs(weight).max()
        scale = np.maximum(top, 1e-8) / 127
        quantised = np.clip(np.round(weight / scale), -127, 127)
        scale = np.atleast_1d(np.squeeze(scale)).astype(np.float32)
        rounded = np.round(bias / (self.scales[at] * scale.astype(np.float64)))
        return [at,
                self.w.tensor(name + "/weight", weight.shape, np.int8, scale, 0, quantised, axis),
                self.w.tensor(name + "/bias", bias.shape, np.int32,
                              self.scales[at] * scale, 0, rounded)]

    def conv_norm(self, name, layer, at, side):
        """Returns the output tensor's number and its side."""
        conv, norm, relu6 = parts(layer)
        weight, bias = fold(conv, norm)
        stride = conv.stride[0]
        side = -(-side // stride)
        if conv.groups > 1:
            kind, kernel, axis = "DEPTHWISE_CONV_2D", weight.permute(1, 2, 3, 0).numpy(), 3
        else:
            kind, kernel, axis = "CONV_2D", weight.permute(0, 2, 3, 1).numpy(), 0
        inputs = self.weights(name, kernel, bias.numpy(), at, axis)
        out = self.activation(name, (1, side, side, len(bias)), layer)
        self.w.operator(kind, inputs, out, stride=stride, relu6=relu6)
        return out, side

    def block(self, name, block, at, side):
        into = at
        for i, layer in enumerate(block.layers):
            at, side = self.conv_norm(f"{name}/{i}", layer, at, side)
        if not block.residual:
            return at, side
        channels = parts(block.layers[-1])[0].out_channels
        out = self.activation(name + "/add", (1, side, side, channels), block)
        self.w.operator("ADD", [into, at], out)
        return out, side

    def convert(self, net, description, described):
        w = self.w
        image = w.tensor("image", (1, self.side, self.side, 3), np.uint8, INPUT_SCALE, 128)
        at = w.tensor("image/int8", (1, self.side, self.side, 3), np.int8, INPUT_SCALE, 0)
        self.scales[at] = INPUT_SCALE
        w.operator("QUANTIZE", [image], at)
        at, side = self.conv_norm("stem", net.stem, at, self.side)
        for i, block in enumerate(net.blocks):
            at, side = self.block(f"block{i}", block, at, side)
        at, side = self.conv_norm("head", net.head, at, side)
        mean = self.activation("mean", (1, net.classify.in_features), "mean")
        w.operator("MEAN", [at, w.tensor("axes", (2,), np.int32, data=np.array([1, 2]))], mean)
        classes = net.classify.out_features
        inputs = self.weights("classify", net.classify.weight.detach().numpy(),
                              net.classify.bias.detach().numpy(), mean, 0, per_channel=False)
        logits = self.activation("logits", (1, classes), net.classify)
        w.operator("FULLY_CONNECTED", inputs, logits)
        soft = w.tensor("probability/int8", (1, classes), np.int8, 1 / 256, -128)
        w.operator("SOFTMAX", [logits], soft)
        out = w.tensor("probability", (1, classes), np.uint8, 1 / 256, 0)
        w.operator("QUANTIZE", [soft], out)
        return w.finish([image], [out], description, described)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", required=True, help="the folder tiny-imagenet-200")
    p.add_argument("--work", required=True, help="the folder given to train.py")
    p.add_argument("--side", type=int, default=SIDE, help="pixels of the input")
    p.add_argument("--version", default="1", help="written into the file")
    p.add_argument("--weights", help="also write the float weights, for train.py --start")
    p.add_argument("--skip-validation", action="store_true")
    p.add_argument("output", help="the .tflite to write")
    args = p.parse_args()

    torch.set_num_threads(1)
    wnids = data.read_wnids(args.data)
    net = Net(len(wnids)).to(memory_format=torch.channels_last).eval()
    state = torch.load(os.path.join(args.work, "checkpoint.pt"), weights_only=True)
    net.load_state_dict(state["average"])

    if args.weights:
        halves = {k: v.half() if v.is_floating_point() else v for k, v in state["average"].items()}
        np.savez_compressed(args.weights, **{k: v.numpy() for k, v in halves.items()})

    pictures, _ = data.load(args.data, args.work, "train")
    picked = np.random.default_rng(0).permutation(len(pictures))[:4000]
    batches = [normalise(data.to_nchw(pictures[picked[at : at + 200]], args.side))
               for at in range(0, len(picked), 200)]
    measure_norms(net, batches)
    val = data.load(args.data, args.work, "val")
    factor = sharpen(net, val[0][:2000], val[1][:2000], args.side)
    print(f"logits times {factor:.2f}", flush=True)
    if not args.skip_validation:
        top1, top5 = validate(net, *val, args.side)
        print(f"float: top-1 {top1:.2f} top-5 {top5:.2f} of 10000", flush=True)

    name = "Everyday things (Tiny ImageNet)"
    described = metadata.build(
        name, "Names the most prominent of 200 everyday things in a picture.", args.version,
        "MIT; trained on Tiny ImageNet, whose pictures come from ImageNet", 128.0, 128.0)
    model = Converter(record(net, batches[:5]), args.side).convert(net, name, described)
    files = {"labels.txt": "\n".join(read_labels(wnids)) + "\n",
             "wnids.txt": "\n".join(wnids) + "\n"}
    with open(args.output, "wb") as f:
        f.write(metadata.append_files(model, files))
    print(f"{args.output}: {os.path.getsize(args.output)} bytes")


if __name__ == "__main__":
    main()
