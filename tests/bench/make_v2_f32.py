#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes MobileNet v2 1.0 224 in float32 with random weights, for measuring:

    tests/bench/make_v2_f32.py FILE [SEED]

Same SEED (1), same bytes. The file is the published network's in everything but its numbers: 1001
classes, ReLU6 fused, batch normalisation folded. Needs nothing but Python."""

import array
import random
import struct
import sys

# BuiltinOperator and BuiltinOptions of the operators, from the schema.
OPS = {"ADD": (0, 11), "AVERAGE_POOL_2D": (1, 5), "CONV_2D": (3, 1), "DEPTHWISE_CONV_2D": (4, 2),
       "RESHAPE": (22, 17), "SOFTMAX": (25, 9)}
RELU6 = 3
# Of each stage: expansion, channels, blocks, stride of the first (Sandler et al. 2018, table 2).
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
          (6, 320, 1, 1)]


class Int(int):
    """A scalar of 32 bits; smaller ones are its first bytes."""


class Float(float):
    """A float scalar."""


class File:
    """A FlatBuffer, laid out from front to back: dict is a table (field number -> value), list a
    vector of offsets, array a vector of numbers, bytes a vector of bytes, str a string."""

    def __init__(self, root, identifier):
        self.data = bytearray(struct.pack("<I4s", 0, identifier))
        self.point(0, root)

    def align(self, n, ahead=0):
        self.data += bytes(-(len(self.data) + ahead) % n)

    def point(self, at, value):
        """Writes value behind all there is, and its offset at byte at."""
        where = self.put(value)
        struct.pack_into("<I", self.data, at, where - at)

    def put(self, value):
        if isinstance(value, dict):
            return self.table(value)
        if isinstance(value, list):
            self.align(4)
            where = len(self.data)
            self.data += struct.pack("<I", len(value)) + bytes(4 * len(value))
            for i, v in enumerate(value):
                self.point(where + 4 + 4 * i, v)
            return where
        raw = value.encode() if isinstance(value, str) else bytes(value)
        self.align(16, 4)
        where = len(self.data)
        self.data += struct.pack("<I", len(value)) + raw + (b"\0" if isinstance(value, str) else b"")
        return where

    def table(self, fields):
        n = max(fields, default=-1) + 1
        self.align(4, 2 * n)
        vtable = len(self.data)
        slots = {field: 4 + 4 * i for i, field in enumerate(fields)}
        self.data += struct.pack("<%dH" % (2 + n), 4 + 2 * n, 4 + 4 * len(fields),
                                 *[slots.get(i, 0) for i in range(n)])
        where = len(self.data)
        self.data += struct.pack("<i", where - vtable) + bytes(4 * len(fields))
        for field, value in fields.items():
            at = where + slots[field]
            if isinstance(value, Float):
                struct.pack_into("<f", self.data, at, value)
            elif isinstance(value, int):
                struct.pack_into("<i", self.data, at, value)
            else:
                self.point(at, value)
        return where


class Net:
    """Collects tensors and operators; an activation is (tensor number, height and width,
    channels)."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.tensors, self.buffers, self.ops, self.codes = [], [{}], [], []

    def tensor(self, shape, data=None, kind=0):
        fields = {0: array.array("i", shape), 1: Int(kind), 3: "t%d" % len(self.tensors)}
        if data is not None:
            self.buffers.append({0: data.tobytes()})
            fields[2] = Int(len(self.buffers) - 1)
        self.tensors.append(fields)
        return len(self.tensors) - 1

    def weights(self, shape, products):
        """Uniform, so that sums of so many products keep the spread of what they multiply."""
        n, size = 1, (3 / products) ** 0.5
        for s in shape:
            n *= s
        values = array.array("f", (size * (2 * self.random.random() - 1) for _ in range(n)))
        return self.tensor(shape, values)

    def op(self, name, ins, shape, options):
        code, kind = OPS[name]
        if name not in self.codes:
            self.codes.append(name)
        out = self.tensor(shape)
        self.ops.append({0: Int(self.codes.index(name)), 1: array.array("i", ins),
                         2: array.array("i", [out]), 3: Int(kind), 4: options})
        return out

    def conv(self, x, channels, k=1, stride=1, act=0):
        at, size, depth = x
        size = (size - 1) // stride + 1
        ins = [at, self.weights([channels, k, k, depth], k * k * depth),
               self.weights([channels], 30)]
        out = self.op("CONV_2D", ins, [1, size, size, channels],
                      {1: Int(stride), 2: Int(stride), 3: Int(act)})
        return out, size, channels

    def depthwise(self, x, stride):
        at, size, depth = x
        size = (size - 1) // stride + 1
        ins = [at, self.weights([1, 3, 3, depth], 9), self.weights([depth], 30)]
        out = self.op("DEPTHWISE_CONV_2D", ins, [1, size, size, depth],
                      {1: Int(stride), 2: Int(stride), 3: Int(1), 4: Int(RELU6)})
        return out, size, depth

    def block(self, x, expansion, channels, stride):
        y = self.conv(x, expansion * x[2], act=RELU6) if expansion > 1 else x
        y = self.conv(self.depthwise(y, stride), channels)
        if stride > 1 or channels != x[2]:
            return y
        return self.op("ADD", [x[0], y[0]], [1, x[1], x[1], channels], {}), x[1], channels

    def model(self):
        image = self.tensor([1, 224, 224, 3])
        x = self.conv((image, 224, 3), 32, 3, 2, RELU6)
        for expansion, channels, n, stride in STAGES:
            for i in range(n):
                x = self.block(x, expansion, channels, 1 if i else stride)
        x = self.conv(x, 1280, act=RELU6)
        pool = {0: Int(1), 1: Int(1), 2: Int(1), 3: Int(x[1]), 4: Int(x[1])}
        x = self.op("AVERAGE_POOL_2D", [x[0]], [1, 1, 1, 1280], pool), 1, 1280
        x = self.conv(x, 1001)
        dims = array.array("i", [1, 1001])
        x = self.op("RESHAPE", [x[0], self.tensor([2], dims, 2)], [1, 1001], {0: dims})
        out = self.op("SOFTMAX", [x], [1, 1001], {0: Float(1)})
        codes = [{0: Int(OPS[c][0]), 2: Int(1), 3: Int(OPS[c][0])} for c in self.codes]
        graph = {0: self.tensors, 1: array.array("i", [image]), 2: array.array("i", [out]),
                 3: self.ops}
        return File({0: Int(3), 1: codes, 2: [graph], 3: "MobileNet v2 1.0 224, random weights",
                     4: self.buffers}, b"TFL3").data


def main():
    if not 2 <= len(sys.argv) <= 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    with open(sys.argv[1], "wb") as file:
        file.write(Net(int(sys.argv[2]) if len(sys.argv) > 2 else 1).model())


main()
