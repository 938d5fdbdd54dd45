# SPDX-License-Identifier: MIT
"""Writes a .tflite FlatBuffer from plain lists of tensors and operators.

Only what a chain of a quantised MobileNet needs: one subgraph, int8, int32 and
uint8 tensors, per-tensor or per-channel scales.
"""
import flatbuffers
import numpy as np
import tflite
from tflite import (ActivationFunctionType, BuiltinOperator, BuiltinOptions, Padding, TensorType)

TYPES = {
    np.dtype(np.int8): TensorType.INT8,
    np.dtype(np.uint8): TensorType.UINT8,
    np.dtype(np.int32): TensorType.INT32,
}
# The first version of each operator that takes int8 (and per-channel weights).
VERSIONS = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "ADD": 2, "MEAN": 2,
            "SOFTMAX": 2, "QUANTIZE": 1}


class Writer:
    """Collects tensors and operators; `finish` returns the file's bytes."""

    def __init__(self):
        self.tensors = []
        self.operators = []

    def tensor(self, name, shape, dtype, scale=None, zero=0, data=None, axis=0):
        """Adds a tensor and returns its number; `scale` may be one per channel along `axis`."""
        self.tensors.append((name, shape, np.dtype(dtype), scale, zero, data, axis))
        return len(self.tensors) - 1

    def operator(self, kind, inputs, output, **options):
        self.operators.append((kind, inputs, [output], options))

    def finish(self, inputs, outputs, description, metadata):
        b = flatbuffers.Builder(1 << 22)
        blobs = [b""]
        tensors = []
        for tensor in self.tensors:
            blob = 0
            if tensor[5] is not None:
                blobs.append(np.ascontiguousarray(tensor[5], tensor[2]).tobytes())
                blob = len(blobs) - 1
            tensors.append(_tensor(b, tensor, blob))
        kinds = sorted({o[0] for o in self.operators})
        operators = [_operator(b, kinds, o) for o in self.operators]
        subgraph = _subgraph(b, tensors, operators, inputs, outputs)
        blobs.append(metadata)
        return _model(b, [_code(b, k) for k in kinds], subgraph, blobs, description)


def _ints(b, start, values):
    start(b, len(values))
    for v in reversed(values):
        b.PrependInt32(int(v))
    return b.EndVector()


def _offsets(b, start, values):
    start(b, len(values))
    for v in reversed(values):
        b.PrependUOffsetTRelative(v)
    return b.EndVector()


def _tensor(b, tensor, blob):
    name, shape, dtype, scale, zero, _, axis = tensor
    quantisation = None
    if scale is not None:
        scales = np.atleast_1d(np.asarray(scale, np.float32))
        scale_vector = b.CreateNumpyVector(scales)
        zero_vector = b.CreateNumpyVector(np.full(len(scales), zero, np.int64))
        tflite.QuantizationParametersStart(b)
        tflite.QuantizationParametersAddScale(b, scale_vector)
        tflite.QuantizationParametersAddZeroPoint(b, zero_vector)
        tflite.QuantizationParametersAddQuantizedDimension(b, axis)
        quantisation = tflite.QuantizationParametersEnd(b)
    text = b.CreateString(name)
    dims = _ints(b, tflite.TensorStartShapeVector, shape)
    tflite.TensorStart(b)
    tflite.TensorAddName(b, text)
    tflite.TensorAddShape(b, dims)
    tflite.TensorAddType(b, TYPES[dtype])
    tflite.TensorAddBuffer(b, blob)
    if quantisation is not None:
        tflite.TensorAddQuantization(b, quantisation)
    return tflite.TensorEnd(b)


def _conv_options(b, stride, relu6):
    tflite.Conv2DOptionsStart(b)
    tflite.Conv2DOptionsAddPadding(b, Padding.SAME)
    tflite.Conv2DOptionsAddStrideH(b, stride)
    tflite.Conv2DOptionsAddStrideW(b, stride)
    tflite.Conv2DOptionsAddFusedActivationFunction(b, _activation(relu6))
    return BuiltinOptions.Conv2DOptions, tflite.Conv2DOptionsEnd(b)


def _depthwise_options(b, stride, relu6):
    tflite.DepthwiseConv2DOptionsStart(b)
    tflite.DepthwiseConv2DOptionsAddPadding(b, Padding.SAME)
    tflite.DepthwiseConv2DOptionsAddStrideH(b, stride)
    tflite.DepthwiseConv2DOptionsAddStrideW(b, stride)
    tflite.DepthwiseConv2DOptionsAddDepthMultiplier(b, 1)
    tflite.DepthwiseConv2DOptionsAddFusedActivationFunction(b, _activation(relu6))
    return BuiltinOptions.DepthwiseConv2DOptions, tflite.DepthwiseConv2DOptionsEnd(b)


def _activation(relu6):
    return ActivationFunctionType.RELU6 if relu6 else ActivationFunctionType.NONE


def _add_options(b):
    tflite.AddOptionsStart(b)
    return BuiltinOptions.AddOptions, tflite.AddOptionsEnd(b)


def _mean_options(b):
    tflite.ReducerOptionsStart(b)
    tflite.ReducerOptionsAddKeepDims(b, False)
    return BuiltinOptions.ReducerOptions, tflite.ReducerOptionsEnd(b)


def _dense_options(b):
    tflite.FullyConnectedOptionsStart(b)
    return BuiltinOptions.FullyConnectedOptions, tflite.FullyConnectedOptionsEnd(b)


def _softmax_options(b):
    tflite.SoftmaxOptionsStart(b)
    tflite.SoftmaxOptionsAddBeta(b, 1.0)
    return BuiltinOptions.SoftmaxOptions, tflite.SoftmaxOptionsEnd(b)


def _quantize_options(b):
    tflite.QuantizeOptionsStart(b)
    return BuiltinOptions.QuantizeOptions, tflite.QuantizeOptionsEnd(b)


OPTIONS = {
    "CONV_2D": _conv_options,
    "DEPTHWISE_CONV_2D": _depthwise_options,
    "ADD": _add_options,
    "MEAN": _mean_options,
    "FULLY_CONNECTED": _dense_options,
    "SOFTMAX": _softmax_options,
    "QUANTIZE": _quantize_options,
}


def _operator(b, kinds, operator):
    kind, inputs, outputs, options = operator
    option_type, option_table = OPTIONS[kind](b, **options)
    ins = _ints(b, tflite.OperatorStartInputsVector, inputs)
    outs = _ints(b, tflite.OperatorStartOutputsVector, outputs)
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, kinds.index(kind))
    tflite.OperatorAddInputs(b, ins)
    tflite.OperatorAddOutputs(b, outs)
    tflite.OperatorAddBuiltinOptionsType(b, option_type)
    tflite.OperatorAddBuiltinOptions(b, option_table)
    return tflite.OperatorEnd(b)


def _code(b, kind):
    code = getattr(BuiltinOperator, kind)
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(code, 127))
    tflite.OperatorCodeAddBuiltinCode(b, code)
    tflite.OperatorCodeAddVersion(b, VERSIONS[kind])
    return tflite.OperatorCodeEnd(b)


def _subgraph(b, tensors, operators, inputs, outputs):
    tensor_vector = _offsets(b, tflite.SubGraphStartTensorsVector, tensors)
    operator_vector = _offsets(b, tflite.SubGraphStartOperatorsVector, operators)
    ins = _ints(b, tflite.SubGraphStartInputsVector, inputs)
    outs = _ints(b, tflite.SubGraphStartOutputsVector, outputs)
    tflite.SubGraphStart(b)
    tflite.SubGraphAddTensors(b, tensor_vector)
    tflite.SubGraphAddInputs(b, ins)
    tflite.SubGraphAddOutputs(b, outs)
    tflite.SubGraphAddOperators(b, operator_vector)
    return tflite.SubGraphEnd(b)


def _buffer(b, blob):
    """Sixteen-byte aligned, as runtimes that map the file want it."""
    vector = None
    if blob:
        b.StartVector(1, len(blob), 16)
        b.head -= len(blob)
        b.Bytes[b.head : b.head + len(blob)] = blob
        vector = b.EndVector()
    tflite.BufferStart(b)
    if vector is not None:
        tflite.BufferAddData(b, vector)
    return tflite.BufferEnd(b)


def _model(b, codes, subgraph, blobs, description):
    buffers = [_buffer(b, blob) for blob in blobs]
    name = b.CreateString("TFLITE_METADATA")
    tflite.MetadataStart(b)
    tflite.MetadataAddName(b, name)
    tflite.MetadataAddBuffer(b, len(blobs) - 1)
    metadata = _offsets(b, tflite.ModelStartMetadataVector, [tflite.MetadataEnd(b)])
    code_vector = _offsets(b, tflite.ModelStartOperatorCodesVector, codes)
    subgraphs = _offsets(b, tflite.ModelStartSubgraphsVector, [subgraph])
    buffer_vector = _offsets(b, tflite.ModelStartBuffersVector, buffers)
    text = b.CreateString(description)
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, code_vector)
    tflite.ModelAddSubgraphs(b, subgraphs)
    tflite.ModelAddDescription(b, text)
    tflite.ModelAddBuffers(b, buffer_vector)
    tflite.ModelAddMetadata(b, metadata)
    b.Finish(tflite.ModelEnd(b), file_identifier=b"TFL3")
    return bytes(b.Output())
