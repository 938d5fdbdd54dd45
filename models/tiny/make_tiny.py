#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the tiny models: one for each operator and type, a few small networks. Beside NAME.tflite
stand NAME.in (one to three input tensors, one after the other) and NAME.out (what TensorFlow Lite's
reference kernels make of them). Needs the Python packages numpy, flatbuffers, tflite and
tflite_runtime 2.14; run without arguments in any folder."""

import io
import os
import zipfile

import numpy as np

import tinynet
from tinynet import Table, build, run, serialise

HERE = os.path.dirname(os.path.abspath(__file__))


# ---- one operator each ------------------------------------------------------------------------

def conv_3x3(n):
    n.conv(n.input([1, 7, 6, 3]), 5, k=3, stride=2, act="relu6")


def conv_1x1(n):
    n.conv(n.input([1, 3, 5, 9]), 17)


def conv_dilated(n):
    n.conv(n.input([1, 8, 7, 2]), 3, k=3, dil=2, same=False, act="relu")


def conv_n1_to_1(n):
    n.conv(n.input([1, 4, 4, 4]), 3, k=2, act="relu_n1_to_1")


def dwconv_3x3(n):
    n.dwconv(n.input([1, 6, 7, 9]), act="relu6")


def dwconv_stride2(n):
    n.dwconv(n.input([1, 7, 8, 3]), stride=2, mult=2)


def dwconv_5x5(n):
    n.dwconv(n.input([1, 7, 6, 4]), k=5, act="relu")


def dwconv_2x3(n):
    n.dwconv(n.input([1, 6, 6, 3]), k=2, k_w=3, same=False, dil=2)


def fully_connected(n):
    n.fully_connected(n.input([1, 2, 3, 4]), 7, act="relu", per_channel=False)


def fully_connected_keep(n):
    n.fully_connected(n.input([1, 2, 3, 6]), 5, keep=True, bias=False, per_channel=False)


def add(n):
    x = n.input([1, 4, 4, 6])
    n.binary("ADD", x, n.conv(x, 6), act="relu6")


def add_constant(n):
    x = n.input([1, 3, 4, 5])
    n.binary("ADD", x, n.constant(n.random(5)))


def add_constant_first(n):
    x = n.input([1, 3, 4, 5])
    n.binary("ADD", n.constant(n.random(1, 1, 1, 1)), x)


def sub(n):
    x = n.input([1, 4, 4, 6])
    n.binary("SUB", n.conv(x, 6), x)


def sub_constant_first(n):
    x = n.input([1, 4, 4, 6])
    n.binary("SUB", n.constant(n.random(1, 1, 6)), x)


def mul(n):
    x = n.input([1, 4, 4, 6])
    n.binary("MUL", x, n.conv(x, 6), act="relu")


def mul_gate(n):
    x = n.input([1, 4, 5, 7])
    n.binary("MUL", x, n.fixed("LOGISTIC", n.mean(x, [1, 2], True), 1 / 256, -128))


def mul_scalar(n):
    x = n.input([1, 4, 5, 3])
    n.binary("MUL", x, n.constant(np.float32(0.37)))


def div(n):
    x = n.input([1, 3, 3, 4], 0.5, 2.0)
    n.binary("DIV", x, n.constant([0.5, 1.5, -2.0, 3.0]), act="relu6")


def average_pool(n):
    n.pool(n.input([1, 5, 6, 9]), "AVERAGE_POOL_2D", k=3, same=True, act="relu6")


def average_pool_global(n):
    n.pool(n.input([1, 7, 7, 5]), "AVERAGE_POOL_2D", k=7, stride=1)


def max_pool(n):
    n.pool(n.input([1, 5, 6, 9]), "MAX_POOL_2D", k=3, same=True, act="relu")


def mean(n):
    n.mean(n.input([1, 5, 4, 6]), [1, 2], True)


def mean_flat(n):
    n.mean(n.input([1, 5, 7, 4]), [2, 1], False)


def mean_negative(n):
    n.mean(n.input([1, 3, 4, 6]), [-2, -3], True)


def mean_same_scale(n):
    x = n.input([1, 5, 5, 6])
    n.mean(x, [1, 2], False, n.like(x))


def mean_3d(n):
    n.mean(n.reshape(n.input([1, 4, 3, 5]), [1, 12, 5]), [1], False)


def pad(n):
    n.pad(n.input([1, 3, 4, 5]), [[0, 0], [1, 2], [0, 1], [2, 0]])


def pad_conv(n):
    x = n.pad(n.input([1, 7, 7, 3]), [[0, 0], [0, 1], [0, 1], [0, 0]], kind="s64")
    n.dwconv(n.conv(x, 4, k=3, stride=2, same=False, act="relu6"))


def padv2(n):
    n.pad(n.input([1, 3, 4, 2]), [[0, 0], [1, 1], [1, 1], [0, 0]], value=0.5)


def pad_max_pool(n):
    x = n.pad(n.input([1, 5, 5, 3], -1.0, 0.0), [[0, 0], [1, 1], [1, 1], [0, 0]])
    n.pool(x, "MAX_POOL_2D", k=3)


def reshape(n):
    n.softmax(n.reshape(n.conv(n.input([1, 2, 3, 4]), 3), [1, 18]))


def squeeze(n):
    x = n.conv(n.input([1, 1, 1, 6]), 5)
    n.op("SQUEEZE", [x], [1, 5], "SqueezeOptions", {0: np.array([1, 2], np.int32)}, n.like(x))


def expand_dims(n):
    x = n.reshape(n.conv(n.input([1, 4, 1, 6]), 5), [1, 4, 5])
    n.op("EXPAND_DIMS", [x, n.integers([2])], [1, 4, 1, 5], "ExpandDimsOptions", {}, n.like(x))


def runtime_shape(n):
    """RESHAPE to a shape that SHAPE, STRIDED_SLICE and PACK compute, as Keras exports it."""
    x = n.conv(n.input([1, 2, 2, 3]), 4)
    size = n.tensor("s32", [4], "size")
    batch = n.tensor("s32", [], "batch")
    packed = n.tensor("s32", [2], "packed")
    n.raw_op("SHAPE", [x], [size], "ShapeOptions", {0: ("i8", 2)})
    n.raw_op("STRIDED_SLICE", [size, n.integers([0]), n.integers([1]), n.integers([1])], [batch],
             "StridedSliceOptions", {4: ("i32", 1)})
    n.raw_op("PACK", [batch, n.integers(16)], [packed], "PackOptions", {0: ("i32", 2)})
    n.op("RESHAPE", [x, packed], [1, 16], quant=n.like(x))
    n.fully_connected(n.y, 3, per_channel=False)


def concatenation(n):
    x = n.input([1, 3, 4, 5])
    y = n.pool(x, "MAX_POOL_2D", k=3, stride=1, same=True)
    n.concatenation([x, y, x], 3)


def concatenation_rows(n):
    x = n.input([1, 3, 4, 5])
    n.concatenation([x, x], 1)


def unread_branch(n):
    """An operator whose output nobody reads."""
    x = n.input([1, 3, 4, 5])
    n.conv(x, 4)
    n.conv(x, 3, act="relu")


def softmax(n):
    n.softmax(n.input([1, 19], -6.0, 6.0))


def softmax_beta(n):
    n.softmax(n.input([1, 1, 2, 6], -3.0, 9.0), 0.7)


def logistic(n):
    n.fixed("LOGISTIC", n.input([1, 4, 4, 16], -9.0, 9.0), 1 / 256, -128)


def hard_swish(n):
    n.unary("HARD_SWISH", n.input([1, 4, 4, 16], -6.0, 7.0), "HardSwishOptions")


def hard_swish_narrow(n):
    n.unary("HARD_SWISH", n.input([1, 4, 4, 16], -0.3, 0.4), "HardSwishOptions")


def relu(n):
    n.unary("RELU", n.input([1, 4, 4, 16], -3.0, 9.0))


def relu6(n):
    n.unary("RELU6", n.input([1, 4, 4, 16], -3.0, 9.0))


def relu_n1_to_1(n):
    n.unary("RELU_N1_TO_1", n.input([1, 4, 4, 16], -3.0, 2.0))


def conv_then_relu6(n):
    """An activation that stands alone, with the scale of what it follows."""
    x = n.conv(n.input([1, 4, 4, 3]), 6, k=3)
    n.unary("RELU6", x, quant=n.like(x))


def relu_then_n1_to_1(n):
    """Two activations that no single one can stand for."""
    n.unary("RELU_N1_TO_1", n.conv(n.input([1, 4, 4, 3]), 6, act="relu"))


def l2_normalization(n):
    n.fixed("L2_NORMALIZATION", n.input([1, 2, 3, 9]), 1 / 128, 0, "L2NormOptions",
            {0: ("i8", 0)})


# ---- changes of type --------------------------------------------------------------------------

def quantize(to):
    def make(n):
        x = n.input([1, 3, 4, 5], -2.0, 3.0, "f32")
        n.unary("QUANTIZE", x, "QuantizeOptions", n.quant_for(-2.2, 2.5, to), to)
    return make


def dequantize(kind):
    def make(n):
        n.unary("DEQUANTIZE", n.input([1, 4, 4, 16], -2.0, 3.0, kind), "DequantizeOptions",
                kind="f32")
    return make


def requantize(kind, to, lo, hi):
    def make(n):
        n.unary("QUANTIZE", n.input([1, 4, 4, 16], -2.0, 3.0, kind), "QuantizeOptions",
                n.quant_for(lo, hi, to), to)
    return make


def half_weights(n):
    """float16 weights and biases, decompressed by DEQUANTIZE, as the converter writes them."""
    def half(values):
        stored = n.tensor("f16", values.shape, "h", None, values.astype(np.float16))
        out = n.tensor("f32", values.shape, "hf")
        n.raw_op("DEQUANTIZE", [stored], [out], "DequantizeOptions", {})
        return out
    x = n.input([1, 5, 5, 3])
    w, b = half(n.random(6, 3, 3, 3)), half(n.random(6) * 1e-6)
    n.op("CONV_2D", [x, w, b], [1, 5, 5, 6], "Conv2DOptions",
         {0: ("i8", 0), 1: ("i32", 1), 2: ("i32", 1), 3: ("i8", 1), 4: ("i32", 1), 5: ("i32", 1)})


def int8_weights_dequantized(n):
    """int8 weights with a scale per channel before float arithmetic, through DEQUANTIZE."""
    x = n.input([1, 4, 4, 3])
    values = n.rng.randint(-127, 128, (5, 1, 1, 3)).astype(np.int8)
    scales = n.rng.uniform(0.01, 0.1, 5)
    w = n.tensor("s8", values.shape, "q", (scales, [0] * 5, 0), values)
    out = n.tensor("f32", values.shape, "wf")
    n.raw_op("DEQUANTIZE", [w], [out], "DequantizeOptions", {})
    n.conv(x, 5, w=out)


# ---- small networks ---------------------------------------------------------------------------

def mobilenet_v1(n):
    x = n.conv(n.input([1, 12, 12, 3]), 8, k=3, stride=2, act="relu6")
    x = n.dwconv(x, act="relu6")
    x = n.conv(x, 12, act="relu6")
    x = n.dwconv(x, stride=2, act="relu6")
    x = n.conv(x, 16, act="relu6")
    x = n.pool(x, "AVERAGE_POOL_2D", k=3, stride=1)
    n.softmax(n.reshape(n.conv(x, 10), [1, 10]))


def mobilenet_v2(n):
    x = n.pad(n.input([1, 12, 12, 3]), [[0, 0], [0, 1], [0, 1], [0, 0]])
    x = n.conv(x, 6, k=3, stride=2, same=False, act="relu6")
    y = n.conv(x, 24, act="relu6")
    y = n.dwconv(y, act="relu6")
    x = n.binary("ADD", n.conv(y, 6), x)
    y = n.conv(x, 24, act="relu6")
    y = n.pad(y, [[0, 0], [0, 1], [0, 1], [0, 0]])
    y = n.dwconv(y, stride=2, same=False, act="relu6")
    x = n.mean(n.conv(y, 9), [1, 2], False)
    n.softmax(n.fully_connected(x, 10, per_channel=False))


def mobilenet_v3(n):
    x = n.conv(n.input([1, 12, 12, 3]), 8, k=3, stride=2)
    x = n.unary("HARD_SWISH", x, "HardSwishOptions")
    y = n.dwconv(x, k=5)
    y = n.unary("HARD_SWISH", y, "HardSwishOptions")
    s = n.mean(y, [1, 2], True)
    s = n.conv(n.conv(s, 4, act="relu"), 8)
    s = n.binary("ADD", s, n.constant(np.float32(3.0)), act="relu6")
    s = n.binary("MUL", s, n.constant(np.float32(1 / 6)))
    y = n.binary("MUL", y, s)
    x = n.binary("ADD", n.conv(y, 8), x)
    x = n.conv(n.mean(x, [1, 2], True), 10)
    n.softmax(n.op("SQUEEZE", [x], [1, 10], "SqueezeOptions", {0: np.array([1, 2], np.int32)},
                   n.like(x)))


# ---- labels and normalisation inside ----------------------------------------------------------

LABELS = ["zero", "one", "two", "drei", "vier", "cinq", "six", "siete", "otto", "nio"]


def metadata(files, mean=None, std=None):
    """A metadata FlatBuffer: files are (name, type, locale)."""
    def file(name, kind, locale):
        table = Table({0: name, 2: ("i8", kind)})
        if locale:
            table[3] = locale
        return table
    source = Table({0: "image"})
    if mean:
        source[4] = [Table({0: ("u8", 1), 1: Table({0: np.array(mean, np.float32),
                                                    1: np.array(std, np.float32)})})]
    output = Table({0: "scores", 6: [file(*f) for f in files]})
    root = Table({0: "Tiny digits", 3: [Table({2: [source], 3: [output]})]})
    return serialise(root, b"M001")


def append_zip(model, files):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as z:
        for name, lines, method in files:
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            z.writestr(info, "\n".join(lines) + "\n", method)
    return model + archive.getvalue()


def labelled(n):
    n.softmax(n.fully_connected(n.input([1, 4, 4, 3]), 10, per_channel=False))


STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def labels_inside():
    n = build(labelled, "f32")
    n.add_metadata("TFLITE_METADATA", metadata([("de.txt", 2, "de"), ("en.txt", 2, "en"),
                                                ("notes.txt", 1, "")], [127.5], [127.5]))
    return n, append_zip(n.model(), [("notes.txt", ["nothing"], STORED),
                                     ("de.txt", ["null"] * 10, STORED),
                                     ("en.txt", LABELS, DEFLATED)])


def labels_in_zip_only():
    n = build(labelled, "u8")
    return n, append_zip(n.model(), [("readme.txt", ["a model"], STORED),
                                     ("dict.txt", LABELS, STORED)])


# ---- buffers outside the FlatBuffer -----------------------------------------------------------

def external_buffers():
    """Weights behind the FlatBuffer, as in files over 2 GiB. TensorFlow Lite 2.14 cannot read
    this; the outputs are those of the same network with its weights inside."""
    n = build(conv_3x3, "f32")
    inside = n.model()
    data, start = b"", 1 << 13
    for i, buffer in enumerate(n.buffers[1:], 1):
        n.buffers[i] = Table({1: ("u64", start + len(data)), 2: ("u64", len(buffer[0]))})
        data += buffer[0] + bytes(-len(buffer[0]) % 16)
    model = n.model()
    start_now = len(model) + -len(model) % 16
    for i, buffer in enumerate(n.buffers[1:], 1):
        n.buffers[i] = Table({1: ("u64", buffer[1][1] - start + start_now), 2: buffer[2]})
    model = n.model()
    return n, model + bytes(start_now - len(model)) + data, inside


# ---- all of them ------------------------------------------------------------------------------

def save(name, net, model, oracle=None):
    inputs = net.cases()
    outputs, _ = run(oracle or model, inputs)
    for suffix, data in ((".tflite", model), (".in", b"".join(x.tobytes() for x in inputs)),
                         (".out", b"".join(y.tobytes() for y in outputs))):
        with open(os.path.join(HERE, name + suffix), "wb") as f:
            f.write(data)


OPERATORS = [
    conv_3x3, conv_1x1, conv_dilated, conv_n1_to_1, dwconv_3x3, dwconv_stride2, dwconv_5x5,
    dwconv_2x3, fully_connected, fully_connected_keep, add, add_constant, add_constant_first, sub,
    sub_constant_first, mul, mul_gate, mul_scalar, average_pool, average_pool_global, max_pool,
    mean, mean_flat, mean_negative, mean_3d, pad, pad_conv, padv2, pad_max_pool,
    reshape, squeeze, expand_dims, runtime_shape, concatenation, concatenation_rows,
    unread_branch, softmax,
    softmax_beta, logistic, hard_swish, relu, relu6, relu_n1_to_1,
    conv_then_relu6, relu_then_n1_to_1, l2_normalization, mobilenet_v1, mobilenet_v2, mobilenet_v3,
]

INTEGER_ONLY = [mean_same_scale, hard_swish_narrow]

FLOAT_ONLY = [div, half_weights, int8_weights_dequantized]

CHANGES = {
    "quantize_s8": quantize("s8"), "quantize_u8": quantize("u8"),
    "dequantize_s8": dequantize("s8"), "dequantize_u8": dequantize("u8"),
    "requantize_u8_s8": requantize("u8", "s8", -2.0, 3.0),
    "requantize_s8_u8": requantize("s8", "u8", -2.5, 3.5),
    "requantize_s8_s8": requantize("s8", "s8", -1.5, 4.0),
    "requantize_u8_u8": requantize("u8", "u8", -4.0, 2.0),
}


def main():
    for old in os.listdir(HERE):
        if old.endswith((".tflite", ".in", ".out")):
            os.remove(os.path.join(HERE, old))
    kinds = [(make, kind) for make in OPERATORS for kind in ("f32", "u8", "s8")]
    kinds += [(make, kind) for make in INTEGER_ONLY for kind in ("u8", "s8")]
    kinds += [(make, "f32") for make in FLOAT_ONLY]
    for make, kind in kinds:
        net = build(make, kind)
        save("%s_%s" % (make.__name__, kind), net, net.model())
    for name, make in CHANGES.items():
        net = tinynet.Net("f32")
        make(net)
        save(name, net, net.model())
    save("labels_inside", *labels_inside())
    save("labels_in_zip_only", *labels_in_zip_only())
    save("external_buffers", *external_buffers())


if __name__ == "__main__":
    main()
