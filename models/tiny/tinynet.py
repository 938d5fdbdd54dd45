# SPDX-License-Identifier: MIT
"""Writes small .tflite files: a FlatBuffer serialiser in terms of field numbers, and Net, which
builds one network as float32, uint8 (per tensor) or int8 (per channel). Scales of the quantised
forms come from a run of the float form in TensorFlow Lite."""

import flatbuffers
import numpy as np
import tflite
from tflite_runtime.interpreter import Interpreter, OpResolverType

OP = {name: number for name, number in vars(tflite.BuiltinOperator).items()
      if isinstance(number, int)}
OPTIONS = {name: number for name, number in vars(tflite.BuiltinOptions).items()
           if isinstance(number, int)}
TYPES = {"f32": (0, np.float32), "f16": (1, np.float16), "s32": (2, np.int32),
         "u8": (3, np.uint8), "s64": (4, np.int64), "s16": (7, np.int16), "s8": (9, np.int8)}
ACTS = {None: 0, "relu": 1, "relu_n1_to_1": 2, "relu6": 3}


# ---- FlatBuffers ------------------------------------------------------------------------------

class Table(dict):
    """Field number -> value: ('i8'|'u8'|'i32'|'u32'|'u64'|'f32', number), str, bytes, Table, list of
    Tables, or a numpy vector."""


SCALARS = {"i8": "PrependInt8Slot", "u8": "PrependUint8Slot", "i32": "PrependInt32Slot",
           "u32": "PrependUint32Slot", "u64": "PrependUint64Slot", "f32": "PrependFloat32Slot"}


def put(b, value):
    if isinstance(value, Table):
        offsets = {i: put(b, v) for i, v in value.items() if not isinstance(v, tuple)}
        b.StartObject(max(value, default=-1) + 1)
        for i, v in value.items():
            if isinstance(v, tuple):
                getattr(b, SCALARS[v[0]])(i, v[1], None)
            else:
                b.PrependUOffsetTRelativeSlot(i, offsets[i], 0)
        return b.EndObject()
    if isinstance(value, str):
        return b.CreateString(value)
    if isinstance(value, bytes):
        b.StartVector(1, len(value), 16)
        b.head -= len(value)
        b.Bytes[b.head:b.head + len(value)] = value
        return b.EndVector()
    if isinstance(value, np.ndarray):
        return b.CreateNumpyVector(value)
    offsets = [put(b, v) for v in value]
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return b.EndVector()


def serialise(root, identifier):
    b = flatbuffers.Builder(1024)
    b.Finish(put(b, root), file_identifier=identifier)
    return bytes(b.Output())


# ---- the oracle -------------------------------------------------------------------------------

def run(model, inputs, keep=False):
    """Outputs of TensorFlow Lite's reference kernels, and the interpreter."""
    it = Interpreter(model_content=model, experimental_preserve_all_tensors=keep,
                     experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    it.allocate_tensors()
    outputs = []
    for x in inputs:
        it.set_tensor(it.get_input_details()[0]["index"], x)
        it.invoke()
        outputs.append(it.get_tensor(it.get_output_details()[0]["index"]).copy())
    return outputs, it


# ---- networks ---------------------------------------------------------------------------------

class Net:
    """One network. Tensors are numbers; shapes of outputs are asked of TensorFlow Lite itself by
    the float form, which is always built first (float_net)."""

    def __init__(self, kind, float_net=None, seed=1):
        self.kind = kind            # "f32", "u8", "s8"
        self.float_net = float_net  # ranges and shapes by tensor name
        self.rng = np.random.RandomState(seed)
        self.tensors, self.buffers, self.ops, self.codes = [], [Table()], [], []
        self.made = 0
        self.metadata = []
        self.x = self.y = None

    # -- tensors

    def tensor(self, kind, shape, name, quant=None, data=None, **more):
        fields = Table({0: np.array(shape, np.int32), 1: ("i8", TYPES[kind][0]), 3: name})
        if data is not None:
            self.buffers.append(Table({0: data.tobytes()}))
            fields[2] = ("u32", len(self.buffers) - 1)
        if quant:
            scale, zero, axis = quant
            fields[4] = Table({2: np.array(scale, np.float32).reshape(-1),
                               3: np.array(zero, np.int64).reshape(-1), 6: ("i32", axis)})
        fields.update(more)
        self.tensors.append({"fields": fields, "kind": kind, "shape": list(shape), "quant": quant,
                             "name": name})
        return len(self.tensors) - 1

    def quant_for(self, lo, hi, kind):
        lo, hi = min(lo, 0.0), max(hi, 0.0)
        scale = np.float32(max(hi - lo, 1e-3) / 255)
        zero = int(np.clip(np.round(-lo / scale), 0, 255))
        return scale, zero - (128 if kind == "s8" else 0), 0

    def activation(self, name, shape, quant=None, kind=None):
        kind = kind or self.kind
        if kind in ("u8", "s8") and quant is None:
            lo, hi = self.float_net.ranges[name] if self.float_net else (-1, 1)
            quant = self.quant_for(lo, hi, kind)
        return self.tensor(kind, shape, name, None if kind == "f32" else quant)

    def input(self, shape, lo=-1.0, hi=1.0, kind=None, quant=None):
        kind = kind or self.kind
        self.lo, self.hi = lo, hi
        if kind != "f32" and quant is None:
            quant = self.quant_for(lo, hi, kind)
        self.x = self.activation("input", shape, quant, kind)
        return self.x

    def constant(self, values, axis=None):
        """Weights: quantised along axis where the kind is s8."""
        values = np.array(values, np.float32)
        if self.kind == "f32":
            return self.tensor("f32", values.shape, "w", None, values)
        if self.kind == "u8":
            scale, zero, _ = self.quant_for(float(values.min()), float(values.max()), "u8")
            q = np.clip(np.round(values / scale) + zero, 0, 255).astype(np.uint8)
            return self.tensor("u8", values.shape, "w", (scale, zero, 0), q)
        if axis is None:
            scale = np.float32(max(abs(values).max(), 1e-3) / 127)
            q = np.clip(np.round(values / scale), -127, 127).astype(np.int8)
            return self.tensor("s8", values.shape, "w", (scale, 0, 0), q)
        others = tuple(i for i in range(values.ndim) if i != axis)
        scale = np.maximum(abs(values).max(axis=others, keepdims=True) / 127, 1e-4)
        scale = scale.astype(np.float32)
        q = np.clip(np.round(values / scale), -127, 127).astype(np.int8)
        return self.tensor("s8", values.shape, "w", (scale.reshape(-1), [0] * scale.size, axis), q)

    def bias(self, values, x, w):
        values = np.array(values, np.float32)
        if self.kind == "f32":
            return self.tensor("f32", values.shape, "b", None, values)
        scale = (np.float32(self.tensors[x]["quant"][0]) *
                 np.array(self.tensors[w]["quant"][0], np.float32)).reshape(-1)
        q = np.round(values / scale).astype(np.int32)
        return self.tensor("s32", values.shape, "b", (scale, [0] * scale.size, 0), q)

    def integers(self, values, kind="s32"):
        values = np.array(values, TYPES[kind][1])
        return self.tensor(kind, values.shape, "n", None, values)

    def random(self, *shape, products=3):
        """Weights that keep the spread of what they are multiplied with, so many a sum."""
        return self.rng.uniform(-1, 1, shape) * (3 / products) ** 0.5

    # -- operators

    def code(self, name):
        code = OP[name]
        fields = Table({0: ("i8", min(code, 127)), 2: ("i32", 1), 3: ("i32", code)})
        if fields not in self.codes:
            self.codes.append(fields)
        return self.codes.index(fields)

    def raw_op(self, name, ins, outs, options=None, fields=None):
        op = Table({0: ("u32", self.code(name)), 1: np.array(ins, np.int32),
                    2: np.array(outs, np.int32)})
        if options:
            op[3] = ("u8", OPTIONS[options])
            op[4] = Table(fields or {})
        self.ops.append(op)

    def op(self, name, ins, shape, options=None, fields=None, quant=None, kind=None):
        """Adds an operator and its output of the given shape; returns the output."""
        self.made += 1
        out = self.activation("t%d" % self.made, shape, quant, kind)
        self.raw_op(name, ins, [out], options, fields)
        self.y = out
        return out

    def like(self, tensor):
        return self.tensors[tensor]["quant"]

    def shape(self, tensor):
        return self.tensors[tensor]["shape"]

    def window(self, x, k_h, k_w, stride, same, dil=1):
        _, h, w, _ = self.shape(x)
        k_h, k_w = (k_h - 1) * dil + 1, (k_w - 1) * dil + 1
        return (((h - 1) // stride + 1, (w - 1) // stride + 1) if same else
                ((h - k_h) // stride + 1, (w - k_w) // stride + 1))

    def conv(self, x, out_c, k=1, stride=1, same=True, act=None, dil=1, w=None):
        in_c = self.shape(x)[3]
        values = self.random(out_c, k, k, in_c, products=k * k * in_c)
        offsets = self.random(out_c) * 0.3
        w = self.constant(values, 0) if w is None else w
        ins = [x, w, self.bias(offsets, x, w)]
        h, wd = self.window(x, k, k, stride, same, dil)
        return self.op("CONV_2D", ins, [1, h, wd, out_c], "Conv2DOptions",
                       {0: ("i8", 0 if same else 1), 1: ("i32", stride), 2: ("i32", stride),
                        3: ("i8", ACTS[act]), 4: ("i32", dil), 5: ("i32", dil)})

    def dwconv(self, x, k=3, stride=1, same=True, act=None, mult=1, dil=1, k_w=None):
        in_c = self.shape(x)[3]
        k_w = k_w or k
        w = self.constant(self.random(1, k, k_w, in_c * mult, products=k * k_w), 3)
        b = self.bias(self.random(in_c * mult), x, w)
        h, wd = self.window(x, k, k_w, stride, same, dil)
        return self.op("DEPTHWISE_CONV_2D", [x, w, b], [1, h, wd, in_c * mult],
                       "DepthwiseConv2DOptions",
                       {0: ("i8", 0 if same else 1), 1: ("i32", stride), 2: ("i32", stride),
                        3: ("i32", mult), 4: ("i8", ACTS[act]), 5: ("i32", dil), 6: ("i32", dil)})

    def fully_connected(self, x, out_c, act=None, keep=False, bias=True, per_channel=True):
        shape = self.shape(x)
        depth = shape[-1] if keep else int(np.prod(shape))
        w = self.constant(self.random(out_c, depth, products=depth), 0 if per_channel else None)
        ins = [x, w] + ([self.bias(self.random(out_c), x, w)] if bias else [-1])
        return self.op("FULLY_CONNECTED", ins, shape[:-1] + [out_c] if keep else [1, out_c],
                       "FullyConnectedOptions",
                       {0: ("i8", ACTS[act]), 1: ("i8", 0), 2: ("u8", int(keep))})

    def pool(self, x, name, k=2, stride=2, same=False, act=None):
        h, w = self.window(x, k, k, stride, same)
        return self.op(name, [x], [1, h, w, self.shape(x)[3]], "Pool2DOptions",
                       {0: ("i8", 0 if same else 1), 1: ("i32", stride), 2: ("i32", stride),
                        3: ("i32", k), 4: ("i32", k), 5: ("i8", ACTS[act])}, self.like(x))

    def binary(self, name, a, b, act=None):
        shape = list(np.broadcast_shapes(self.shape(a), self.shape(b)))
        return self.op(name, [a, b], shape, name.capitalize() + "Options", {0: ("i8", ACTS[act])})

    def mean(self, x, axes, keep, quant=None, kind="s32"):
        rank = len(self.shape(x))
        reduced = [a % rank for a in axes]
        shape = [1 if i in reduced else n for i, n in enumerate(self.shape(x))
                 if keep or i not in reduced]
        return self.op("MEAN", [x, self.integers(axes, kind)], shape, "ReducerOptions",
                       {0: ("u8", int(keep))}, quant)

    def pad(self, x, pads, kind="s32", value=None):
        shape = [n + a + b for n, (a, b) in zip(self.shape(x), pads)]
        ins = [x, self.integers(pads, kind)]
        if value is not None:
            kind = self.tensors[x]["kind"]
            data = np.array(value, np.float32)
            if kind != "f32":
                scale, zero, _ = self.like(x)
                data = np.round(data / scale + zero).astype(TYPES[kind][1])
            ins.append(self.tensor(kind, [], "v", self.like(x), data))
        return self.op("PAD" if value is None else "PADV2", ins, shape,
                       "PadOptions" if value is None else "PadV2Options", {}, self.like(x))

    def reshape(self, x, shape):
        return self.op("RESHAPE", [x, self.integers(shape)], shape, "ReshapeOptions",
                       {0: np.array(shape, np.int32)}, self.like(x))

    def concatenation(self, xs, axis):
        shape = list(self.shape(xs[0]))
        shape[axis] = sum(self.shape(x)[axis] for x in xs)
        return self.op("CONCATENATION", xs, shape, "ConcatenationOptions",
                       {0: ("i32", axis), 1: ("i8", 0)}, self.like(xs[0]))

    def fixed(self, name, x, scale, zero, options=None, fields=None):
        quant = (np.float32(scale), zero + (128 if self.kind == "u8" else 0), 0)
        return self.op(name, [x], self.shape(x), options, fields, quant)

    def softmax(self, x, beta=1.0):
        return self.fixed("SOFTMAX", x, 1 / 256, -128, "SoftmaxOptions", {0: ("f32", beta)})

    def unary(self, name, x, options=None, quant=None, kind=None):
        return self.op(name, [x], self.shape(x), options, {}, quant, kind)

    # -- the file

    def root(self):
        graph = Table({0: [t["fields"] for t in self.tensors], 1: np.array([self.x], np.int32),
                       2: np.array([self.y], np.int32), 3: self.ops})
        root = Table({0: ("u32", 3), 1: self.codes, 2: [graph], 4: self.buffers})
        if self.metadata:
            root[6] = self.metadata
        return root

    def add_metadata(self, name, data):
        self.buffers.append(Table({0: data}))
        self.metadata.append(Table({0: name, 1: ("u32", len(self.buffers) - 1)}))

    def model(self):
        return serialise(self.root(), b"TFL3")

    # -- inputs

    def cases(self):
        """Random; and for integers also extremes and a ramp."""
        t = self.tensors[self.x]
        shape, kind = t["shape"], t["kind"]
        rng = np.random.RandomState(7)
        size = int(np.prod(shape))
        unit = [rng.uniform(0, 1, size), rng.randint(0, 2, size).astype(float),
                np.linspace(0, 1, size)]
        if kind == "f32":
            unit = unit[:1]
            return [(self.lo + u * (self.hi - self.lo)).astype(np.float32).reshape(shape)
                    for u in unit]
        low = 0 if kind == "u8" else -128
        return [(np.round(u * 255) + low).astype(TYPES[kind][1]).reshape(shape) for u in unit]

    def measure(self):
        """Ranges of all tensors of a float network, by name."""
        self.ranges = {}
        for x in self.cases():
            _, it = run(self.model(), [x], keep=True)
            for d in it.get_tensor_details():
                try:
                    values = it.get_tensor(d["index"])
                except ValueError:
                    continue
                if values.size and values.dtype == np.float32:
                    lo, hi = self.ranges.get(d["name"], (0.0, 0.0))
                    self.ranges[d["name"]] = (min(lo, float(values.min())),
                                              max(hi, float(values.max())))


def build(make, kind, seed=1):
    """The network that make(net) describes, as kind."""
    float_net = None
    if kind != "f32":
        float_net = Net("f32", seed=seed)
        make(float_net)
        float_net.measure()
    net = Net(kind, float_net, seed)
    make(net)
    return net
