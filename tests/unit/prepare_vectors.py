#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes prepare_vectors.h: what TensorFlow Lite's reference kernels make of one-operator models.

Needs the Python packages tflite_runtime (2.14), tflite, flatbuffers and numpy. Inputs are counters
and a hash of the index, so that test_prepare.c can make them again; outputs are kept as a hash.
"""
import flatbuffers
import numpy as np
import tflite
from tflite import BuiltinOperator as Op
from tflite import BuiltinOptions as Options
from tflite_runtime.interpreter import Interpreter, OpResolverType

TYPES = {'int8': tflite.TensorType.INT8, 'uint8': tflite.TensorType.UINT8,
         'int32': tflite.TensorType.INT32}
INF = float('inf')
ACTS = [(-INF, INF), (0, INF), (-1, 1), (0, 6)]  # by the schema's number


class Model:
    """A model of one operator; every tensor is (shape, type, scale, zero, data or None)."""

    def __init__(self, op, version, options, inputs, output):
        self.b = b = flatbuffers.Builder(1024)
        self.buffers = [b'']
        tensors = [self.tensor(t) for t in inputs + [output]]
        n = len(inputs)
        fed = [i for i, t in enumerate(inputs) if t[4] is None]
        kind, made = options(b)
        ins = self.ints(tflite.OperatorStartInputsVector, range(n))
        outs = self.ints(tflite.OperatorStartOutputsVector, [n])
        tflite.OperatorStart(b)
        tflite.OperatorAddOpcodeIndex(b, 0)
        tflite.OperatorAddInputs(b, ins)
        tflite.OperatorAddOutputs(b, outs)
        tflite.OperatorAddBuiltinOptionsType(b, kind)
        if made is not None:
            tflite.OperatorAddBuiltinOptions(b, made)
        operator = tflite.OperatorEnd(b)
        tflite.OperatorCodeStart(b)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(b, op)
        tflite.OperatorCodeAddBuiltinCode(b, op)
        tflite.OperatorCodeAddVersion(b, version)
        code = tflite.OperatorCodeEnd(b)
        buffers = [self.buffer(data) for data in self.buffers]
        parts = [self.offsets(tflite.SubGraphStartTensorsVector, tensors),
                 self.ints(tflite.SubGraphStartInputsVector, fed),
                 self.ints(tflite.SubGraphStartOutputsVector, [n]),
                 self.offsets(tflite.SubGraphStartOperatorsVector, [operator])]
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, parts[0])
        tflite.SubGraphAddInputs(b, parts[1])
        tflite.SubGraphAddOutputs(b, parts[2])
        tflite.SubGraphAddOperators(b, parts[3])
        subgraph = tflite.SubGraphEnd(b)
        parts = [self.offsets(tflite.ModelStartSubgraphsVector, [subgraph]),
                 self.offsets(tflite.ModelStartOperatorCodesVector, [code]),
                 self.offsets(tflite.ModelStartBuffersVector, buffers)]
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, 3)
        tflite.ModelAddSubgraphs(b, parts[0])
        tflite.ModelAddOperatorCodes(b, parts[1])
        tflite.ModelAddBuffers(b, parts[2])
        b.Finish(tflite.ModelEnd(b), b'TFL3')
        self.interpreter = Interpreter(model_content=bytes(b.Output()),
                                       experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        self.interpreter.allocate_tensors()

    def offsets(self, start, items):
        items = list(items)
        start(self.b, len(items))
        for item in reversed(items):
            self.b.PrependUOffsetTRelative(item)
        return self.b.EndVector()

    def ints(self, start, items):
        items = list(items)
        start(self.b, len(items))
        for item in reversed(items):
            self.b.PrependInt32(item)
        return self.b.EndVector()

    def buffer(self, data):
        made = self.b.CreateByteVector(data) if data else None
        tflite.BufferStart(self.b)
        if made is not None:
            tflite.BufferAddData(self.b, made)
        return tflite.BufferEnd(self.b)

    def tensor(self, t):
        shape, type_name, scale, zero, data = t
        b = self.b
        number = 0
        if data is not None:
            number = len(self.buffers)
            self.buffers.append(np.asarray(data, dtype=type_name).tobytes())
        quantisation = None
        if scale is not None:
            tflite.QuantizationParametersStartScaleVector(b, 1)
            b.PrependFloat32(scale)
            scales = b.EndVector()
            tflite.QuantizationParametersStartZeroPointVector(b, 1)
            b.PrependInt64(zero)
            zeros = b.EndVector()
            tflite.QuantizationParametersStart(b)
            tflite.QuantizationParametersAddScale(b, scales)
            tflite.QuantizationParametersAddZeroPoint(b, zeros)
            quantisation = tflite.QuantizationParametersEnd(b)
        dims = self.ints(tflite.TensorStartShapeVector, shape)
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, dims)
        tflite.TensorAddType(b, TYPES[type_name])
        tflite.TensorAddBuffer(b, number)
        if quantisation is not None:
            tflite.TensorAddQuantization(b, quantisation)
        return tflite.TensorEnd(b)

    def run(self, *inputs):
        for detail, data in zip(self.interpreter.get_input_details(), inputs):
            self.interpreter.set_tensor(detail['index'], data.reshape(detail['shape']))
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.interpreter.get_output_details()[0]['index'])


def fnv(data):
    h = 0xcbf29ce484222325
    for byte in data.tobytes():
        h = (h ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return '0x%016x' % h


def noise(n, type_name):
    """The int8 (or uint8 - 128) inputs of test_prepare.c."""
    i = np.arange(n, dtype=np.uint32)
    x = (i * np.uint32(2654435761) >> np.uint32(15)).astype(np.uint8)
    return (x ^ 0x80 if type_name == 'uint8' else x).view(type_name)


def as_int8(y):
    return y if y.dtype == np.int8 else (y ^ 0x80).view(np.int8)


def no_options(_):
    return Options.NONE, None


def options(name, *settings):
    def make(b):
        getattr(tflite, name + 'Start')(b)
        for field, value in settings:
            getattr(tflite, name + 'Add' + field)(b, value)
        return getattr(Options, name), getattr(tflite, name + 'End')(b)
    return make


def c_float(x):
    if x in (INF, -INF):
        return 'INFINITY' if x > 0 else '-INFINITY'
    return np.format_float_positional(np.float32(x), unique=True, trim='0') + 'f'


def draw(rng, lo, hi):
    return float(np.float32(np.exp(rng.uniform(np.log(lo), np.log(hi)))))


def tables(rng):
    kinds = {'HARD_SWISH': (Op.HARD_SWISH, 1, options('HardSwishOptions')),
             'LOGISTIC': (Op.LOGISTIC, 1, no_options), 'RELU': (Op.RELU, 2, no_options),
             'RELU6': (Op.RELU6, 2, no_options),
             'RELU_N1_TO_1': (Op.RELU_N1_TO_1, 1, no_options),
             'QUANTIZE': (Op.QUANTIZE, 2, options('QuantizeOptions'))}
    x = np.arange(256, dtype=np.uint8)
    for name, (op, version, opts) in kinds.items():
        for i in range(6):
            types = ['int8', 'uint8'][i % 2], ['int8', 'uint8'][i % 2]
            if name == 'QUANTIZE':
                types = types[0], ['uint8', 'int8'][i // 2 % 2]
            if name == 'LOGISTIC' and i % 2 == 0:
                version = 2
            scales = draw(rng, .004, .2), 1 / 256
            zeros = [int(rng.integers(256)) - (128 if t == 'int8' else 0) for t in types]
            if name == 'LOGISTIC':
                zeros[1] = -128 if types[1] == 'int8' else 0
            elif name == 'QUANTIZE' and i < 2:
                scales = scales[0], scales[0]
                zeros[1] = zeros[0] + (128 if types[0] == 'int8' else -128)
            else:
                scales = scales[0], draw(rng, scales[0] / 2, scales[0] * 2)
            y = Model(op, version, opts, [([1, 256], types[0], scales[0], zeros[0], None)],
                      ([1, 256], types[1], scales[1], zeros[1], None)).run(x.view(types[0]))
            sides = ['{%s, %d, %s}' % (c_float(s), z, 'true' if t == 'uint8' else 'false')
                     for s, z, t in zip(scales, zeros, types)]
            yield '{%s, %s, %s, %s}' % (name, sides[0], sides[1], fnv(y))


def binaries(rng):
    a = np.repeat(np.arange(256, dtype=np.uint8), 256)
    b = np.tile(np.arange(256, dtype=np.uint8), 256)
    for op in ['ADD', 'SUB', 'MUL']:
        for i in range(8):
            type_name, off = [('int8', 0), ('uint8', 128)][i % 2]
            sa, sb = draw(rng, .005, .3), draw(rng, .005, .3)
            so = draw(rng, .6, 2) * (max(sa, sb) if op != 'MUL' else 100 * sa * sb)
            zeros = [int(z) for z in rng.integers(-128, 128, 3)]
            act = i // 2
            t = [([1, 65536], type_name, s, z + off, None) for s, z in zip((sa, sb, so), zeros)]
            name = op.capitalize() + 'Options'
            model = Model(getattr(Op, op), 2 if type_name == 'int8' else 1,
                          options(name, ('FusedActivationFunction', act)), t[:2], t[2])
            flip = 0x80 if off else 0
            y = model.run((a ^ flip).view(type_name), (b ^ flip).view(type_name))
            yield '{NN_OP_%s, %s, %s, %s, %d, %d, %d, %s, %s, %s}' % (
                op, c_float(sa), c_float(sb), c_float(so), *zeros, *map(c_float, ACTS[act]),
                fnv(as_int8(y)))


def pools(rng):
    for op in ['AVGPOOL', 'MAXPOOL', 'MEAN']:
        for i in range(8):
            type_name, off = [('int8', 0), ('uint8', 128)][i % 2]
            h, w, c = int(rng.integers(1, 12)), int(rng.integers(1, 12)), 33
            k_h, k_w = int(rng.integers(1, h + 1)), int(rng.integers(1, w + 1))
            stride, act = int(rng.integers(1, 4)), i // 2
            scales, zeros = [draw(rng, .01, .1)] * 2, [int(rng.integers(-128, 128))] * 2
            x = ([1, h, w, c], type_name, scales[0], zeros[0] + off, None)
            if op == 'MEAN':
                k_h, k_w, stride, act = h, w, 1, 0
                keep = i // 2 % 2
                if i >= 4:
                    scales[1], zeros[1] = scales[0] * 1.3, int(rng.integers(-128, 128))
                out = ([1, 1, 1, c] if keep else [1, c], type_name, scales[1], zeros[1] + off, None)
                model = Model(Op.MEAN, 2, options('ReducerOptions', ('KeepDims', bool(keep))),
                              [x, ([2], 'int32', None, 0, [1, 2])], out)
            else:
                out_h, out_w = (h - k_h) // stride + 1, (w - k_w) // stride + 1
                out = ([1, out_h, out_w, c], type_name, scales[1], zeros[1] + off, None)
                model = Model(Op.AVERAGE_POOL_2D if op == 'AVGPOOL' else Op.MAX_POOL_2D,
                              2 if type_name == 'int8' else 1,
                              options('Pool2DOptions', ('Padding', 1), ('StrideW', stride),
                                      ('StrideH', stride), ('FilterWidth', k_w),
                                      ('FilterHeight', k_h), ('FusedActivationFunction', act)),
                              [x], out)
            y = model.run(noise(h * w * c, type_name))
            yield '{NN_OP_%s, %d, %d, %d, %d, %d, %d, %d, %s, %s, %d, %d, %s, %s, %s}' % (
                op, off, h, w, c, k_h, k_w, stride, *map(c_float, scales), *zeros,
                *map(c_float, ACTS[act]), fnv(as_int8(y)))


def rows(rng):
    for op in ['SOFTMAX', 'L2NORM']:
        for i, n in enumerate([1, 2, 5, 45, 1001, 1001, 631, 100]):
            type_name, off = [('int8', 0), ('uint8', 128)][i % 2]
            scale, zero, beta = draw(rng, .001, .5), int(rng.integers(-128, 128)), [1, .5][i // 4]
            x = ([2, n], type_name, scale, zero + off, None)
            version = 2 if type_name == 'int8' else 1
            if op == 'SOFTMAX':
                model = Model(Op.SOFTMAX, version, options('SoftmaxOptions', ('Beta', beta)), [x],
                              ([2, n], type_name, 1 / 256, off - 128, None))
            else:
                model = Model(Op.L2_NORMALIZATION, version, options('L2NormOptions'), [x],
                              ([2, n], type_name, 1 / 128, off, None))
            y = model.run(noise(2 * n, type_name))
            yield '{NN_OP_%s, %s, %d, %s, %d, %s, %s}' % (
                op, 'true' if off else 'false', n, c_float(scale), zero, c_float(beta),
                fnv(as_int8(y)))


def products(rng):
    """The accumulator is the bias alone, large and next to where the output steps: it shows whether
    the scales were multiplied in float or in double."""
    n = 255 * 256
    i = np.arange(n)
    bias = (2 * (i // 256 - 127) + 1) * (1 << 22) + i % 256 - 128
    for op in ['CONV_2D', 'FULLY_CONNECTED']:
        for k in range(4):
            type_name, off = [('int8', 0), ('uint8', 128)][k % 2]
            s_in, s_w = draw(rng, .01, .1), draw(rng, .001, .01)
            s_out = float(np.float32(s_in * s_w * (1 << 23)))
            conv = op == 'CONV_2D'
            inputs = [([1, 1, 1, 1] if conv else [1, 1], type_name, s_in, off, None),
                      ([n, 1, 1, 1] if conv else [n, 1], type_name, s_w, off, [off] * n),
                      ([n], 'int32', float(np.float32(s_in) * np.float32(s_w)), 0, bias)]
            opts = (options('Conv2DOptions', ('Padding', 1), ('StrideW', 1), ('StrideH', 1))
                    if conv else options('FullyConnectedOptions'))
            version = (3 if conv else 4) if type_name == 'int8' else 1
            y = Model(getattr(Op, op), version, opts, inputs,
                      ([1, 1, 1, n] if conv else [1, n], type_name, s_out, off, None)
                      ).run(np.array([off], dtype=type_name))
            yield '{%s, %s, %s, %s, %s}' % (
                'false' if conv and not off else 'true', c_float(s_in), c_float(s_w),
                c_float(s_out), fnv(as_int8(y)))


def main():
    rng = np.random.default_rng(1)
    print('/* SPDX-License-Identifier: MIT */')
    print('/* prepare_vectors.h - made by prepare_vectors.py from TensorFlow Lite 2.14. */')
    print('/* clang-format off */')
    for kind, name, lines in [('TableCase', 'table_cases', tables(rng)),
                              ('BinaryCase', 'binary_cases', binaries(rng)),
                              ('PoolCase', 'pool_cases', pools(rng)),
                              ('RowCase', 'row_cases', rows(rng)),
                              ('ProductCase', 'product_cases', products(rng))]:
        print('static const %s %s[] = {' % (kind, name))
        for line in lines:
            print('    %s,' % line)
        print('};')
    print('/* clang-format on */')


if __name__ == '__main__':
    main()
