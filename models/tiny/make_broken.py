#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes models/tiny/broken: files that must be refused, one fault each, and MANIFEST.tsv: file,
error code, words that the message must hold."""

import os

import numpy as np

from tinynet import OPTIONS, Table, build, serialise

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "broken")
CASES = []


def case(name, code, words, data):
    CASES.append((name, code, words, data))


# ---- what is no model at all ------------------------------------------------------------------

case("empty", "FORMAT", "empty", b"")
case("lfs_pointer", "FORMAT", "Git LFS", b"version https://git-lfs.github.com/spec/v1\n"
     b"oid sha256:0123456789abcdef\nsize 4276000\n")
case("web_page", "FORMAT", "web page", b"\n<!DOCTYPE html>\n<html><body>404</body></html>\n")
case("zip_archive", "FORMAT", "zip archive", b"PK\x03\x04\x14\x00\x00\x00\x08\x00model.tflite")
case("gzip_archive", "FORMAT", "gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
case("keras_h5", "FORMAT", "HDF5", b"\x89HDF\r\n\x1a\n\x00\x00\x00\x00")
case("onnx", "FORMAT", "ONNX", b"\x08\x07\x12\x07pytorch\x1a\x032.1:")
case("json", "FORMAT", "JSON", b'{"format": "layers-model", "modelTopology": {}}')
case("short", "FORMAT", "too short", b"\x1c\x00\x00\x00TF")
case("noise", "FORMAT", "TFL3", bytes(range(200, 256)))


# ---- a small convolution and what may be wrong with it ----------------------------------------

def conv(n):
    n.conv(n.input([1, 4, 4, 3]), 4, k=3, act="relu")


def network(make, kind="s8"):
    root = build(make, kind).root()
    return root, root[2][0]


def whole(make=conv, kind="s8"):
    return serialise(network(make, kind)[0], b"TFL3")


def broken(name, code, words, change, make=conv, kind="s8"):
    """change(root, tensors, ops, graph) makes the fault."""
    root, graph = network(make, kind)
    change(root, graph[0], graph[3], graph)
    case(name, code, words, serialise(root, b"TFL3"))


def i32(*values):
    return np.array(values, np.int32)


def put(table, key, value):
    table[key] = value


def drop(table, key):
    del table[key]


def quant(scale, zero, axis=0):
    return Table({2: np.array(scale, np.float32), 3: np.array(zero, np.int64), 6: ("i32", axis)})


X, W, B, Y = range(4)  # tensors of conv: input, weights, bias, output

# The FlatBuffer itself.
model = whole()
case("cut_in_half", "CORRUPT", "damaged or cut short", model[:len(model) // 2])
case("only_a_header", "CORRUPT", "damaged or cut short", model[:8])
case("wrong_identifier", "FORMAT", "TFL3", model[:4] + b"TFL2" + model[8:])
case("root_past_end", "CORRUPT", "past the end", b"\xff\xff\xff\x7f" + model[4:])
case("root_misaligned", "CORRUPT", "model:", bytes([model[0] + 1]) + model[1:])
root_at = int.from_bytes(model[:4], "little")
vtable = root_at - int.from_bytes(model[root_at:root_at + 4], "little", signed=True)
case("vtable_odd", "CORRUPT", "vtable", model[:vtable] + b"\x0b" + model[vtable + 1:])
case("vtable_outside", "CORRUPT", "vtable",
     model[:root_at] + b"\x00\x00\x00\x80" + model[root_at + 4:])
case("field_outside", "CORRUPT", "outside its table",
     model[:vtable + 8] + b"\xf0\xff" + model[vtable + 10:])

# The model.
broken("version_2", "UNSUPPORTED", "version 2", lambda r, t, o, g: put(r, 0, ("u32", 2)))
broken("no_subgraph", "CORRUPT", "0 subgraphs", lambda r, t, o, g: put(r, 2, []))
broken("two_subgraphs", "UNSUPPORTED", "2 subgraphs", lambda r, t, o, g: r[2].append(g))
broken("no_operators", "CORRUPT", "no operators", lambda r, t, o, g: o.clear())
broken("no_input", "CORRUPT", "0 inputs", lambda r, t, o, g: put(g, 1, i32()))
broken("two_inputs", "UNSUPPORTED", "2 inputs", lambda r, t, o, g: put(g, 1, i32(X, B)))
broken("two_outputs", "UNSUPPORTED", "2 outputs", lambda r, t, o, g: put(g, 2, i32(Y, X)))
broken("input_out_of_range", "CORRUPT", "tensor 4 of 4", lambda r, t, o, g: put(g, 1, i32(4)))
broken("input_constant", "CORRUPT", "input and constant", lambda r, t, o, g: put(g, 1, i32(W)))
broken("output_is_input", "CORRUPT", "does not depend", lambda r, t, o, g: put(g, 2, i32(X)))
broken("output_constant", "CORRUPT", "does not depend", lambda r, t, o, g: put(g, 2, i32(B)))

# Operators.
broken("op_code_out_of_range", "CORRUPT", "op 0: operator code 1 of 1",
       lambda r, t, o, g: put(o[0], 0, ("u32", 1)))
broken("op_custom", "UNSUPPORTED", 'custom operator "TFLite_Detection_PostProcess"',
       lambda r, t, o, g: put(r, 1, [Table({0: ("i8", 32), 1: "TFLite_Detection_PostProcess",
                                            3: ("i32", 32)})]))
broken("op_unknown", "UNSUPPORTED", "operator number 999",
       lambda r, t, o, g: put(r, 1, [Table({0: ("i8", 127), 3: ("i32", 999)})]))
broken("op_negative", "CORRUPT", "op 0", lambda r, t, o, g: (
    put(r, 1, [Table({0: ("i8", -1), 3: ("i32", -5)})]), put(o[0], 0, ("u32", 0))))
broken("op_version", "UNSUPPORTED", "version 99 of CONV_2D",
       lambda r, t, o, g: put(r[1][0], 2, ("i32", 99)))
broken("op_not_ours", "UNSUPPORTED", "op 0 TRANSPOSE_CONV",
       lambda r, t, o, g: put(r, 1, [Table({0: ("i8", 67), 3: ("i32", 67)})]))
broken("op_control_flow", "UNSUPPORTED", "op 0 WHILE",
       lambda r, t, o, g: put(r, 1, [Table({0: ("i8", 119), 3: ("i32", 119)})]))
broken("op_input_out_of_range", "CORRUPT", "op 0 CONV_2D",
       lambda r, t, o, g: put(o[0], 1, i32(X, W, 4)))
broken("op_input_missing", "CORRUPT", "missing", lambda r, t, o, g: put(o[0], 1, i32(-1, W, B)))
broken("op_weights_missing", "CORRUPT", "missing", lambda r, t, o, g: put(o[0], 1, i32(X, -1, B)))
broken("op_one_input", "CORRUPT", "has 1 inputs", lambda r, t, o, g: put(o[0], 1, i32(X)))
broken("op_no_output", "CORRUPT", "has 0 outputs", lambda r, t, o, g: put(o[0], 2, i32()))
broken("op_output_negative", "CORRUPT", "op 0", lambda r, t, o, g: put(o[0], 2, i32(-1)))
broken("op_too_many_inputs", "LIMIT", "inputs", lambda r, t, o, g: put(o[0], 1, i32(*[X] * 99)))
broken("op_reads_itself", "CORRUPT", "nothing has written",
       lambda r, t, o, g: put(o[0], 1, i32(Y, W, B)))
broken("op_writes_constant", "CORRUPT", "which is constant",
       lambda r, t, o, g: (put(o[0], 2, i32(W)),))
broken("op_writes_input", "CORRUPT", "network's input",
       lambda r, t, o, g: (put(o[0], 2, i32(X)),))
broken("op_written_twice", "CORRUPT", "written by another", lambda r, t, o, g: o.append(o[0]))
broken("options_missing", "CORRUPT", "no options",
       lambda r, t, o, g: (drop(o[0], 3), drop(o[0], 4)))
broken("options_of_another", "CORRUPT", "options of another",
       lambda r, t, o, g: put(o[0], 3, ("u8", OPTIONS["Pool2DOptions"])))
broken("stride_zero", "CORRUPT", "must be positive",
       lambda r, t, o, g: put(o[0][4], 1, ("i32", 0)))
broken("stride_negative", "CORRUPT", "must be positive",
       lambda r, t, o, g: put(o[0][4], 2, ("i32", -2)))
broken("dilation_zero", "CORRUPT", "must be positive",
       lambda r, t, o, g: put(o[0][4], 4, ("i32", 0)))
broken("dilation_huge", "UNSUPPORTED", "too big",
       lambda r, t, o, g: put(o[0][4], 5, ("i32", 1 << 30)))
broken("padding_unknown", "CORRUPT", "SAME nor VALID",
       lambda r, t, o, g: put(o[0][4], 0, ("i8", 7)))
broken("activation_tanh", "UNSUPPORTED", "fused activation 4",
       lambda r, t, o, g: put(o[0][4], 3, ("i8", 4)))

# Tensors.
broken("buffer_out_of_range", "CORRUPT", 'tensor 1 "w": buffer',
       lambda r, t, o, g: put(t[W], 2, ("u32", 77)))
broken("buffer_short", "CORRUPT", "needs 108 bytes", lambda r, t, o, g: put(r[4][1], 0, b"1234"))
broken("buffer_outside", "CORRUPT", "outside the file",
       lambda r, t, o, g: put(r[4], 1, Table({1: ("u64", 1 << 40), 2: ("u64", 108)})))
broken("dimension_zero", "CORRUPT", "not positive",
       lambda r, t, o, g: put(t[W], 0, i32(4, 0, 3, 3)))
broken("dimension_negative", "CORRUPT", "not positive",
       lambda r, t, o, g: put(t[X], 0, i32(1, -4, 4, 3)))
broken("dimensions_overflow", "LIMIT", "too big",
       lambda r, t, o, g: put(t[X], 0, i32(1 << 20, 1 << 20, 1 << 20, 1 << 20)))
broken("dimension_huge", "LIMIT", "too big",
       lambda r, t, o, g: put(t[X], 0, i32(1, 4, 2147483647, 3)))
broken("five_dimensions", "UNSUPPORTED", "5 dimensions",
       lambda r, t, o, g: put(t[X], 0, i32(1, 1, 4, 4, 3)))
broken("batch_of_two", "UNSUPPORTED", "batch of 2",
       lambda r, t, o, g: (put(t[X], 0, i32(2, 4, 4, 3)), put(t[Y], 0, i32(2, 4, 4, 4))))
broken("size_not_fixed", "UNSUPPORTED", "size is not fixed",
       lambda r, t, o, g: put(t[X], 7, i32(-1, -1, -1, 3)))
broken("output_dims_wrong", "CORRUPT", "comes out as 1x4x4x4",
       lambda r, t, o, g: put(t[Y], 0, i32(1, 3, 4, 4)))
broken("type_string", "UNSUPPORTED", "element type 5", lambda r, t, o, g: put(t[Y], 1, ("i8", 5)))
broken("type_int16", "UNSUPPORTED", "16 bit", lambda r, t, o, g: put(t[X], 1, ("i8", 7)))
broken("type_mixed", "UNSUPPORTED", "from uint8 to int8",
       lambda r, t, o, g: (put(t[X], 1, ("i8", 3)), put(t[X], 4, quant([1], [0]))))
broken("sparse", "UNSUPPORTED", "sparse", lambda r, t, o, g: put(t[W], 6, Table({})))
broken("variable", "UNSUPPORTED", "keeps its value", lambda r, t, o, g: put(t[Y], 5, ("u8", 1)))
broken("bias_count", "CORRUPT", "has 3 biases for 4",
       lambda r, t, o, g: (put(t[B], 0, i32(3)), put(r[4][2], 0, bytes(12)),
                           put(t[B], 4, quant([1] * 3, [0] * 3))))
broken("bias_computed", "CORRUPT", "nothing has written",
       lambda r, t, o, g: put(t[B], 2, ("u32", 0)))
broken("bias_type", "UNSUPPORTED", "bias is not constant int32",
       lambda r, t, o, g: put(t[B], 1, ("i8", 0)))
broken("grouped", "UNSUPPORTED", "grouped",
       lambda r, t, o, g: put(t[X], 0, i32(1, 4, 4, 6)))

# Quantisation.
for name, value in (("nan", float("nan")), ("infinite", float("inf")), ("negative", -0.5),
                    ("zero", 0.0)):
    broken("scale_" + name, "CORRUPT", "no positive number",
           lambda r, t, o, g, v=value: put(t[Y], 4, quant([v], [0])))
broken("scale_missing", "CORRUPT", "output tensor has no scale", lambda r, t, o, g: drop(t[Y], 4))
broken("zero_point_range", "CORRUPT", "outside its type",
       lambda r, t, o, g: put(t[Y], 4, quant([0.1], [128])))
broken("zero_point_64_bit", "CORRUPT", "outside its type",
       lambda r, t, o, g: put(t[Y], 4, quant([0.1], [1 << 40])))
broken("zero_points_missing", "CORRUPT", "1 scales but 0 zero points",
       lambda r, t, o, g: put(t[Y], 4, Table({2: np.array([0.1], np.float32)})))
broken("scales_too_few", "CORRUPT", "each channel",
       lambda r, t, o, g: put(t[W], 4, quant([0.1] * 3, [0] * 3)))
broken("scales_wrong_axis", "UNSUPPORTED", "along dimension 3",
       lambda r, t, o, g: put(t[W], 4, quant([0.1] * 3, [0] * 3, 3)))
broken("scales_no_such_axis", "CORRUPT", "dimension that it does not have",
       lambda r, t, o, g: put(t[W], 4, quant([0.1] * 4, [0] * 4, 4)))
broken("scales_of_activation", "UNSUPPORTED", "per channel outside",
       lambda r, t, o, g: put(t[X], 4, quant([0.1] * 3, [0] * 3, 3)))
broken("weights_zero_point", "UNSUPPORTED", "zero point 5",
       lambda r, t, o, g: put(t[W], 4, quant([0.1], [5])))
broken("custom_quantisation", "UNSUPPORTED", "custom quantisation",
       lambda r, t, o, g: put(t[Y][4], 4, ("u8", 1)))
broken("sums_overflow", "UNSUPPORTED", "may exceed 32 bits",
       lambda r, t, o, g: put(r[4][2], 0, i32(0, 0, 2147483647, 0).tobytes()))
broken("scales_far_apart", "UNSUPPORTED", "differ too much",
       lambda r, t, o, g: put(t[Y], 4, quant([1e-12], [0])))
broken("hybrid", "UNSUPPORTED", "hybrid: int8 weights",
       lambda r, t, o, g: (put(t[X], 1, ("i8", 0)), put(t[Y], 1, ("i8", 0))))


# ---- other operators --------------------------------------------------------------------------

def dense(n):
    n.fully_connected(n.input([1, 6]), 4, per_channel=False)


def mean(n):
    n.mean(n.input([1, 3, 3, 4]), [1, 2], True)


def pad(n):
    n.pad(n.input([1, 3, 3, 2]), [[0, 0], [1, 1], [1, 1], [0, 0]])


def reshape(n):
    n.reshape(n.conv(n.input([1, 2, 2, 2]), 2), [1, 8])


def softmax(n):
    n.softmax(n.input([1, 6]))


def add(n):
    x = n.input([1, 3, 3, 2])
    n.binary("ADD", x, n.constant(n.random(2)))


def concatenation(n):
    x = n.input([1, 3, 3, 2])
    n.concatenation([x, x], 3)


def numbers(*values):
    return np.array(values, np.int32).tobytes()


broken("shuffled_weights", "UNSUPPORTED", "shuffled",
       lambda r, t, o, g: put(o[0][4], 1, ("i8", 1)), dense)
broken("dense_depth", "CORRUPT", "weights of depth 5",
       lambda r, t, o, g: (put(t[1], 0, i32(4, 5)), put(r[4][1], 0, bytes(20))), dense)
broken("dense_bias_scale", "CORRUPT", "its bias has scale",
       lambda r, t, o, g: put(t[2], 4, quant([9.0], [0])), dense)
broken("mean_of_channels", "UNSUPPORTED", "height and width",
       lambda r, t, o, g: put(r[4][1], 0, numbers(1, 3)), mean)
broken("mean_no_such_axis", "CORRUPT", "axis 4",
       lambda r, t, o, g: put(r[4][1], 0, numbers(1, 4)), mean)
broken("mean_axes_computed", "UNSUPPORTED", "constant integers",
       lambda r, t, o, g: put(t[1], 2, ("u32", 0)), mean)
broken("pad_negative", "CORRUPT", "paddings of -1",
       lambda r, t, o, g: put(r[4][1], 0, numbers(0, 0, -1, 1, 1, 1, 0, 0)), pad)
broken("pad_too_few", "CORRUPT", "6 paddings",
       lambda r, t, o, g: (put(t[1], 0, i32(3, 2)), put(r[4][1], 0, bytes(24))), pad)
broken("reshape_size", "CORRUPT", "turns 8 bytes into 9",
       lambda r, t, o, g: put(t[-1], 0, i32(1, 9)), reshape)
broken("reshape_other_dims", "CORRUPT", "dimensions it asks for",
       lambda r, t, o, g: put(t[-1], 0, i32(1, 2, 4)), reshape)
broken("softmax_output_scale", "UNSUPPORTED", "are due",
       lambda r, t, o, g: put(t[1], 4, quant([0.01], [-128])), softmax)
broken("softmax_beta", "UNSUPPORTED", "beta of -1",
       lambda r, t, o, g: put(o[0][4], 0, ("f32", -1.0)), softmax)
broken("softmax_options_missing", "CORRUPT", "no options",
       lambda r, t, o, g: (drop(o[0], 3), drop(o[0], 4)), softmax)
broken("add_shapes", "CORRUPT", "do not go together",
       lambda r, t, o, g: (put(t[1], 0, i32(3)), put(r[4][1], 0, bytes(3))), add)
broken("add_tiny_output_scale", "UNSUPPORTED", "scale is too small",
       lambda r, t, o, g: put(t[2], 4, quant([1e-9], [0])), add)
broken("add_constants", "UNSUPPORTED", "all its inputs are constant",
       lambda r, t, o, g: put(o[0], 1, i32(1, 1)), add)
broken("concatenation_axis", "CORRUPT", "axis 4",
       lambda r, t, o, g: put(o[0][4], 0, ("i32", 4)), concatenation)
broken("concatenation_scales", "UNSUPPORTED", "different scales",
       lambda r, t, o, g: put(t[1], 4, quant([0.5], [0])), concatenation)


def main():
    os.makedirs(HERE, exist_ok=True)
    for old in os.listdir(HERE):
        os.remove(os.path.join(HERE, old))
    with open(os.path.join(HERE, "MANIFEST.tsv"), "w") as manifest:
        manifest.write("file\tcode\twords\n")
        for name, code, words, data in CASES:
            manifest.write("%s.tflite\t%s\t%s\n" % (name, code, words))
            with open(os.path.join(HERE, name + ".tflite"), "wb") as f:
                f.write(data)


if __name__ == "__main__":
    main()
