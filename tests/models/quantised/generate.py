#!/usr/bin/env python3
"""Writes one small ONNX model for each quantised operator and its odd cases, with inputs and two answers: that of
docs/samples/digits/integer.py, which the reader must equal, and that of ONNX Runtime in floats.

    build/sample-venv/bin/python tests/models/quantised/generate.py    # docs/samples/digits/requirements.txt

For each case CASE.onnx, and CASE.npz with input0, ..., integer and float, whose first axis counts the samples. A second
run writes the same models and the same arrays. Case names end with what is unusual of their types: `unsigned` (UINT8
all over), `mixed` (UINT8 activations, INT8 weights and results), and `qlinear`: the same group as one QOperator node.
"""

import pathlib
import sys

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "docs" / "samples" / "digits"))

import integer  # noqa: E402  pylint: disable=wrong-import-position

SAMPLES, OPSET, IR_VERSION = 3, 13, 8
VENDOR = "com.microsoft"
UNSIGNED = ("unsigned inputs", "unsigned weights", "unsigned result")
QLINEAR = {"Conv": "QLinearConv", "MatMul": "QLinearMatMul", "Gemm": "QGemm", "Add": "QLinearAdd", "Mul": "QLinearMul",
           "Concat": "QLinearConcat", "AveragePool": "QLinearAveragePool",
           "GlobalAveragePool": "QLinearGlobalAveragePool"}


class Graph:
    """A group under construction; inputs are quantised tensors of the graph or constants."""

    def __init__(self, name, forms=()):
        self.forms = forms  # of "unsigned inputs", "unsigned weights", "unsigned result", "qlinear"
        self.name, self.nodes, self.constants, self.inputs, self.given = name, [], [], [], []
        self.random = numpy.random.RandomState(sum(name.encode()) * 7919 % 2 ** 31)

    def stored(self, values, what):
        """INT8 numbers as they stand in the model: UINT8 is 128 more."""
        return (values ^ numpy.int8(-128)).view(numpy.uint8) if f"unsigned {what}" in self.forms else values

    def constant(self, value):
        name = f"constant{len(self.constants)}"
        value = numpy.asarray(value) if "qlinear" in self.forms else numpy.atleast_1d(value)
        self.constants.append(numpy_helper.from_array(value.copy(order="C"), name))
        return name

    def node(self, op, inputs, **attributes):
        name = f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def parameters(self, scale, zero):
        return [self.constant(numpy.float32(scale)), self.constant(zero)]

    def bytes_of(self, shape):
        return self.random.randint(-128, 128, shape).astype(numpy.int8)

    def input(self, shape, scale, zero):
        """A float from the graph's edge, and its centred samples."""
        name = f"input{len(self.inputs)}"
        values, zero_point = self.bytes_of((SAMPLES, *shape)), self.stored(numpy.int8(zero), "inputs")
        self.given.append(self.stored(values, "inputs"))
        element = helper.np_dtype_to_tensor_dtype(self.given[-1].dtype)
        self.inputs.append(helper.make_tensor_value_info(name, element, shape))
        real = self.node("DequantizeLinear", [name] + self.parameters(scale, zero_point))
        return real, integer.centred(values, zero)

    def weights(self, values, scales, axis=0, zeros=None):
        scales = numpy.float32(scales)
        zeros = numpy.zeros(scales.shape, values.dtype) if zeros is None else zeros
        if values.dtype == numpy.int8:
            values, zeros = self.stored(values, "weights"), self.stored(zeros, "weights")
        inputs = [self.constant(values), self.constant(scales), self.constant(zeros)]
        return self.node("DequantizeLinear", inputs, **({"axis": axis} if scales.ndim else {}))

    def one_node(self):
        """The group as one node on quantised tensors."""
        made = {node.output[0]: node for node in self.nodes}
        core = made[self.nodes[-1].input[0]]
        operands = [list(made[name].input) for name in core.input]
        result = list(self.nodes[-1].input[1:])
        op = QLINEAR[core.op_type]
        if op == "QLinearConcat":
            inputs = result + sum(operands, [])
        elif op == "QGemm":
            inputs = operands[0] + operands[1] + [operands[2][0] if len(operands) > 2 else ""] + result
        else:
            inputs = sum(operands[:2], []) + result + [bias[0] for bias in operands[2:]]
        node = helper.make_node(op, inputs, ["result"], name=op,
                                domain="" if op in ("QLinearConv", "QLinearMatMul") else VENDOR)
        node.attribute.extend(core.attribute)
        if op == "QLinearGlobalAveragePool":
            node.attribute.append(helper.make_attribute("channels_last", 0))
        return node

    def write(self, real, scale, zero, answer, keep_answer=True):
        zero_point, answer = self.stored(numpy.int8(zero), "result"), self.stored(answer, "result")
        self.node("QuantizeLinear", [real] + self.parameters(scale, zero_point))
        self.nodes[-1].output[0] = "result"
        element = helper.np_dtype_to_tensor_dtype(answer.dtype)
        output = helper.make_tensor_value_info("result", element, answer.shape[1:])
        nodes = [self.one_node()] if "qlinear" in self.forms else self.nodes
        used = {name for node in nodes for name in node.input}
        constants = [constant for constant in self.constants if constant.name in used]
        graph = helper.make_graph(nodes, self.name, self.inputs, [output], constants)
        sets = [helper.make_opsetid("", OPSET)] + [helper.make_opsetid(VENDOR, 1)] * (nodes[-1].domain == VENDOR)
        model = helper.make_model(graph, opset_imports=sets, ir_version=IR_VERSION)
        if nodes[-1].domain != VENDOR:
            onnx.checker.check_model(model, full_check=True)
        content = model.SerializeToString(deterministic=True)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        floats = [session.run(None, {f"input{i}": one for i, one in enumerate(row)})[0] for row in zip(*self.given)]
        floats = numpy.stack(floats)
        answer = answer if keep_answer else floats
        (HERE / f"{self.name}.onnx").write_bytes(content)
        numpy.savez_compressed(HERE / f"{self.name}.npz", integer=answer, float=floats,
                               **{f"input{i}": one for i, one in enumerate(self.given)})
        apart = numpy.abs(answer.astype(int) - floats)
        print(f"{self.name:28} {answer.size:5} elements, {numpy.unique(answer).size:3} values, "
              f"{(apart > 0).sum()} apart from the floats, by {apart.max()} at most")


def each(function, *samples):
    return numpy.stack([function(*one) for one in zip(*samples)])


def conv(name, shape, kernel, zeros=(0, 0), per_channel=True, bias="quantised", after=None, scale=None, forms=(),
         weight_zeros=None, **attributes):
    g = Graph(name, forms)
    zero_in, zero = zeros
    scale_in, channels = 0.031, kernel[0]
    real, centred = g.input(shape, scale_in, zero_in)
    values = g.bytes_of(kernel)
    scales = numpy.float32(g.random.uniform(0.002, 0.02, channels) if per_channel else 0.011)
    sum_scales = numpy.float32(numpy.float32(scale_in) * scales)
    if per_channel and channels == 1:
        scales, sum_scales = scales.reshape(1), sum_scales.reshape(1)
    if weight_zeros is not None:
        weight_zeros = numpy.int8(weight_zeros)
    inputs, sums_bias = [real, g.weights(values, scales, zeros=weight_zeros)], None
    if weight_zeros is not None:
        values = values.astype(numpy.int32) - weight_zeros.reshape(-1, 1, 1, 1)
    if bias:
        sums_bias = g.random.randint(-9000, 9000, channels).astype(numpy.int32)
        if bias == "float":
            inputs.append(g.constant(numpy.float32(sums_bias * sum_scales.astype(float))))
        else:
            inputs.append(g.weights(sums_bias, sum_scales))
    real = g.node("Conv", inputs, **attributes)
    pads = attributes.get("pads", [0] * 4)
    sums = each(lambda x: integer.convolution(x, values.astype(numpy.int32), sums_bias,
                                              attributes.get("strides", (1, 1)), pads,
                                              attributes.get("dilations", (1, 1)), attributes.get("group", 1)), centred)
    scale = scale or float(numpy.float32(sums.std() * float(numpy.mean(sum_scales)) / 50))
    low, high = integer.LOWEST, integer.HIGHEST
    if after == "Relu":
        real, low = g.node("Relu", [real]), max(zero, low)
    if after == "Clip":
        bounds = [-20.3 * scale, 31.4 * scale]
        real = g.node("Clip", [real] + [g.constant(numpy.float32(bound)) for bound in bounds])
        low, high = (int(numpy.clip(zero + n, -128, 127)) for n in (-20, 31))
    ratios = numpy.float64(numpy.float32(scale_in)) * scales.astype(numpy.float64) / numpy.float64(numpy.float32(scale))
    g.write(real, scale, zero, integer.requantise(sums, ratios, zero, low, high, axis=2))


def product(name, left, right, op, zeros=(0, 0), per_channel=True, bias=True, constant=True, forms=(), **attributes):
    g = Graph(name, forms)
    zero_in, zero = zeros
    scale_in = 0.017
    real, a = g.input(left, scale_in, zero_in)
    turned = attributes.get("transB", 0)
    columns = right[0] if turned else right[-1]
    scales = numpy.float32(g.random.uniform(0.002, 0.02, columns) if per_channel else 0.011)
    if constant:
        values = g.bytes_of(right)
        b = numpy.broadcast_to(values.astype(numpy.int32), (SAMPLES, *right))
        inputs = [real, g.weights(values, scales, axis=0 if turned else 1)]
    else:
        other, b = g.input(right, scales, 3)
        inputs = [real, other]
    if attributes.get("transA"):
        a = a.swapaxes(-1, -2)
    sums = each(lambda x, y: numpy.matmul(x, y.T if turned else y), a, b)
    sum_scales = numpy.float32(numpy.float32(scale_in) * scales)
    added = g.random.randint(-9000, 9000, columns).astype(numpy.int32)
    if bias:
        sums = sums + added
    if bias and op == "Gemm":
        inputs.append(g.weights(added, sum_scales))
    real = g.node(op, inputs, **attributes)
    if bias and op == "MatMul":
        real = g.node("Add", [g.weights(added, sum_scales), real])
    scale = float(numpy.float32(sums.std() * float(numpy.mean(sum_scales)) / 50))
    ratios = numpy.float64(numpy.float32(scale_in)) * scales.astype(numpy.float64) / scale
    g.write(real, scale, zero, integer.requantise(sums, ratios, zero, axis=sums.ndim - 1))


def binary(name, op, left, right, scales, zeros, relu=False, forms=()):
    g = Graph(name, forms)
    scales = [float(numpy.float32(scale)) for scale in scales]
    real_a, a = g.input(left, scales[0], zeros[0])
    real_b, b = g.input(right, scales[1], zeros[1])
    real = g.node(op, [real_a, real_b])
    rank = max(len(left), len(right))
    a, b = (x.reshape(SAMPLES, *[1] * (rank - x.ndim + 1), *x.shape[1:]) for x in (a, b))
    low = zeros[2] if relu else integer.LOWEST
    if relu:
        real = g.node("Relu", [real])
    if op == "Mul":
        answer = integer.requantise(a * b, scales[0] * scales[1] / scales[2], zeros[2], low)
    else:
        answer = integer.sum_of_two(a, b if op == "Add" else -b, *scales, zeros[2], low)
    g.write(real, scales[2], zeros[2], answer)


def unary(name, op, shape, scales, zeros, low=integer.LOWEST, high=integer.HIGHEST, extra=(), move=None,
          forms=(), **attributes):
    """An operator that changes no number, only their scale, limits and places."""
    g = Graph(name, forms)
    scales = [float(numpy.float32(scale)) for scale in scales]
    real, a = g.input(shape, scales[0], zeros[0])
    if op:
        real = g.node(op, [real] + [g.constant(value) for value in extra], **attributes)
    answer = integer.requantise(move(a) if move else a, scales[0] / scales[1], zeros[1], low, high)
    g.write(real, scales[1], zeros[1], answer)


def pool(name, op, shape, scales, zeros, kernel=None, strides=(1, 1), pads=(0, 0, 0, 0), counts_pads=False, forms=()):
    g = Graph(name, forms)
    scales = [float(numpy.float32(scale)) for scale in scales]
    real, a = g.input(shape, scales[0], zeros[0])
    attributes = {}
    if kernel:
        attributes = {"kernel_shape": kernel, "strides": strides, "pads": pads}
    if counts_pads:
        attributes["count_include_pad"] = 1
    real = g.node(op, [real], **attributes)
    kernel = kernel or shape[2:]
    if op == "MaxPool":
        largest = each(lambda x: integer.windows(x, kernel, strides, pads, (1, 1), -999).max((-1, -2)), a)
        return g.write(real, scales[1], zeros[1], integer.requantise(largest, scales[0] / scales[1], zeros[1]))
    sums = each(lambda x: integer.windows(x, kernel, strides, pads, (1, 1), 0).sum((-1, -2), dtype=numpy.int32), a)
    ones = integer.windows(numpy.ones((1, 1, *shape[2:]), int), kernel, strides, pads, (1, 1), int(counts_pads))
    counts = ones.sum((-1, -2))[0, 0]
    answer = numpy.empty(sums.shape, numpy.int8)
    for place in numpy.ndindex(counts.shape):
        ratio = scales[0] / scales[1] / int(counts[place])
        answer[(..., *place)] = integer.requantise(sums[(..., *place)], ratio, zeros[1])
    return g.write(real, scales[1], zeros[1], answer)


def concat(name, shapes, axis, scales, zeros, forms=()):
    g = Graph(name, forms)
    scales = [float(numpy.float32(scale)) for scale in scales]
    pairs = [g.input(*one) for one in zip(shapes, scales, zeros)]
    real = g.node("Concat", [real for real, _ in pairs], axis=axis)
    parts = [integer.requantise(a, scale / scales[-1], zeros[-1]) for (_, a), scale in zip(pairs, scales)]
    g.write(real, scales[-1], zeros[-1], numpy.concatenate(parts, axis + 1))


def floats(name, build, shape=(1, 2, 4, 5), result=None):
    """What is no group: it keeps its floats, so that these are the only answer."""
    g = Graph(name)
    real, _ = g.input(shape, 0.05, 7)
    real = build(g, real)
    zero = numpy.zeros((SAMPLES, *(result or shape)), numpy.int8)
    g.write(real, 0.06, -5, zero, keep_answer=False)


def shared_sums(g, real):
    """A convolution whose floats two operators use."""
    weights = g.weights(g.bytes_of((2, 2, 1, 1)), numpy.float32([0.004, 0.005]))
    sums = g.node("Conv", [real, weights])
    return g.node("Add", [g.node("Relu", [sums]), g.node("Neg", [sums])])


def column_bias(g, real):
    """As many rows as columns, and a bias for each row."""
    bias = g.weights(numpy.int32([[900], [-1800], [2700]]), numpy.float32(0.05) * numpy.float32(0.004))
    return g.node("Gemm", [real, g.weights(g.bytes_of((5, 3)), numpy.float32(0.004)), bias])


def two_scales(g, real):
    """One tensor, read by two scales."""
    other = g.node("DequantizeLinear", ["input0"] + g.parameters(0.02, numpy.int8(-9)))
    return g.node("Concat", [real, other], axis=1)


def main():
    for old in (*HERE.glob("*.onnx"), *HERE.glob("*.npz")):
        old.unlink()
    conv("conv_plain", (1, 3, 5, 7), (4, 3, 3, 3))
    conv("conv_low_zero_points", (1, 3, 5, 7), (4, 3, 3, 3), (-128, -128), pads=[1, 1, 1, 1])
    conv("conv_high_zero_points", (1, 2, 6, 5), (3, 2, 3, 2), (127, 127), pads=[0, 1, 2, 0])
    conv("conv_strided_dilated", (2, 3, 9, 11), (5, 3, 2, 3), (-7, 11), strides=[2, 3], dilations=[3, 2],
         pads=[1, 2, 0, 1])
    conv("conv_groups", (1, 6, 5, 5), (4, 3, 3, 3), (5, -9), group=2, pads=[1, 1, 1, 1])
    conv("conv_depthwise", (1, 5, 7, 5), (5, 1, 3, 3), (-128, 3), group=5, pads=[1, 1, 1, 1])
    conv("conv_one_scale", (1, 3, 5, 5), (7, 3, 1, 1), (13, -13), per_channel=False)
    conv("conv_no_bias", (1, 3, 5, 5), (7, 3, 3, 3), (13, -13), bias=None)
    conv("conv_float_bias", (1, 3, 5, 5), (7, 3, 3, 3), (13, -13), bias="float")
    conv("conv_relu", (1, 3, 5, 5), (7, 3, 3, 3), (3, -128), after="Relu")
    conv("conv_relu_inside", (1, 3, 5, 5), (7, 3, 3, 3), (3, -20), after="Relu")
    conv("conv_clip", (1, 3, 5, 5), (7, 3, 3, 3), (3, -20), after="Clip")
    conv("conv_one_channel", (1, 1, 4, 4), (1, 1, 2, 2), (1, 2))
    conv("conv_magnifies", (1, 2, 4, 4), (3, 2, 2, 2), (1, 2), scale=0.0001)
    product("gemm", (3, 11), (11, 5), "Gemm", (-128, 127))
    product("gemm_turned", (3, 11), (5, 11), "Gemm", (127, -128), transB=1)
    product("gemm_both_turned", (11, 3), (5, 11), "Gemm", (4, 5), transB=1, transA=1, per_channel=False)
    product("gemm_no_bias", (1, 64), (10, 64), "Gemm", (-4, 5), bias=False, transB=1)
    product("matmul", (2, 3, 7), (7, 5), "MatMul", (-5, 6), bias=False)
    product("matmul_bias", (3, 7), (7, 5), "MatMul", (-128, 6))
    product("matmul_two_inputs", (2, 3, 7), (2, 7, 5), "MatMul", (9, 6), bias=False, constant=False, per_channel=False)
    binary("add", "Add", (1, 3, 5, 7), (1, 3, 5, 7), (0.05, 0.11, 0.13), (-128, 127, 5))
    binary("add_relu", "Add", (1, 3, 5), (1, 3, 5), (0.05, 0.11, 0.09), (-128, 127, -128), relu=True)
    binary("add_broadcast", "Add", (2, 3, 1), (5,), (0.5, 0.001, 0.3), (1, 2, 3))
    binary("add_halves", "Add", (4, 64), (4, 64), (0.5, 0.5, 1), (0, 0, 0))
    binary("sub", "Sub", (3, 5), (3, 5), (0.02, 0.07, 0.05), (-3, 4, 127))
    binary("mul", "Mul", (3, 5, 2), (3, 1, 2), (0.02, 0.07, 0.11), (-3, 4, -128))
    unary("relu", "Relu", (1, 3, 5), (0.1, 0.07), (-4, -128), low=-128)
    unary("relu_same_scale", "Relu", (1, 3, 5), (0.1, 0.1), (-4, -4), low=-4)
    unary("clip", "Clip", (7, 9), (0.1, 0.07), (-4, 3), low=-40, high=89,
          extra=(numpy.float32(-3), numpy.float32(6)))
    unary("requantise", None, (4, 61), (0.1, 0.173), (-4, 99))
    unary("reshape", "Reshape", (1, 6, 5), (0.1, 0.1), (7, 7), extra=(numpy.array([3, -1]),),
          move=lambda a: a.reshape(SAMPLES, 3, 10))
    unary("flatten_rescaled", "Flatten", (2, 3, 5), (0.1, 0.17), (7, 3), axis=1,
          move=lambda a: a.reshape(SAMPLES, 2, 15))
    unary("transpose", "Transpose", (2, 3, 5), (0.1, 0.1), (7, 7), perm=[2, 0, 1],
          move=lambda a: a.transpose(0, 3, 1, 2))
    pool("max_pool", "MaxPool", (1, 3, 7, 6), (0.1, 0.1), (-128, -128), [3, 2], [2, 2], [1, 0, 1, 1])
    pool("max_pool_rescaled", "MaxPool", (1, 3, 5, 5), (0.1, 0.19), (127, -30), [2, 2], [1, 2])
    pool("average_pool", "AveragePool", (1, 3, 7, 6), (0.1, 0.05), (-128, -128), [2, 3], [2, 3])
    pool("average_pool_border", "AveragePool", (1, 3, 7, 6), (0.1, 0.06), (11, 127), [3, 3], [2, 2], [1, 1, 1, 1])
    pool("average_pool_counts_pads", "AveragePool", (1, 3, 7, 6), (0.1, 0.06), (11, 0), [3, 3], [2, 2], [1, 1, 1, 1],
         counts_pads=True)
    pool("global_average_pool", "GlobalAveragePool", (2, 5, 7, 6), (0.1, 0.01), (3, 7))
    concat("concat", [(1, 3, 4), (1, 2, 4)], 1, (0.1, 0.07, 0.09), (-128, 127, 5))
    floats("float_sigmoid", lambda g, real: g.node("Sigmoid", [real]))
    floats("float_shared", shared_sums)
    floats("float_column_bias", column_bias, shape=(3, 5), result=(3, 3))
    floats("float_two_scales", two_scales, shape=(3, 5), result=(3, 10))
    mixed, qlinear = ("unsigned inputs",), UNSIGNED + ("qlinear",)
    conv("conv_unsigned", (1, 3, 5, 7), (4, 3, 3, 3), (-128, -100), pads=[1, 1, 1, 1], forms=UNSIGNED)
    conv("conv_relu_unsigned", (1, 3, 5, 7), (4, 3, 3, 3), (3, -20), after="Relu", per_channel=False, forms=UNSIGNED)
    conv("conv_clip_unsigned", (1, 3, 5, 5), (7, 3, 3, 3), (3, -20), after="Clip", forms=UNSIGNED)
    conv("conv_mixed", (1, 6, 5, 5), (4, 3, 3, 3), (5, -9), group=2, pads=[1, 1, 1, 1], forms=mixed)
    conv("conv_zero_points", (1, 6, 5, 5), (4, 3, 3, 3), (5, -9), group=2, pads=[1, 1, 1, 1],
         weight_zeros=[3, -128, 0, 127])
    conv("conv_zero_points_unsigned", (1, 3, 5, 5), (4, 3, 3, 3), (5, -9), weight_zeros=[3, -128, 0, 127],
         forms=UNSIGNED)
    product("gemm_unsigned", (3, 11), (5, 11), "Gemm", (127, -128), transB=1, forms=UNSIGNED)
    product("matmul_mixed", (3, 7), (7, 5), "MatMul", (-128, 6), forms=mixed)
    binary("add_unsigned", "Add", (1, 3, 5, 7), (1, 3, 5, 7), (0.05, 0.11, 0.13), (-128, 127, 5), forms=UNSIGNED)
    binary("mul_unsigned", "Mul", (3, 5, 2), (3, 1, 2), (0.02, 0.07, 0.11), (-3, 4, -128), forms=UNSIGNED)
    unary("requantise_mixed", None, (4, 61), (0.1, 0.173), (-4, 99), forms=mixed)
    unary("transpose_unsigned", "Transpose", (2, 3, 5), (0.1, 0.1), (7, 7), perm=[2, 0, 1],
          move=lambda a: a.transpose(0, 3, 1, 2), forms=UNSIGNED)
    pool("max_pool_unsigned", "MaxPool", (1, 3, 7, 6), (0.1, 0.1), (-128, -128), [3, 2], [2, 2], [1, 0, 1, 1],
         forms=UNSIGNED)
    pool("average_pool_border_unsigned", "AveragePool", (1, 3, 7, 6), (0.1, 0.06), (11, 127), [3, 3], [2, 2],
         [1, 1, 1, 1], forms=UNSIGNED)
    concat("concat_mixed", [(1, 3, 4), (1, 2, 4)], 1, (0.1, 0.07, 0.09), (-128, 127, 5), forms=mixed)
    conv("conv_qlinear", (1, 3, 5, 7), (4, 3, 3, 3), (-128, -100), pads=[1, 1, 1, 1], forms=("qlinear",))
    conv("conv_unsigned_qlinear", (1, 6, 5, 7), (4, 3, 3, 3), (7, -100), group=2, forms=qlinear)
    conv("conv_no_bias_qlinear", (1, 3, 5, 5), (7, 3, 3, 3), (13, -13), bias=None, per_channel=False, forms=qlinear)
    product("matmul_qlinear", (2, 3, 7), (7, 5), "MatMul", (-5, 6), bias=False, forms=("qlinear",))
    product("matmul_two_inputs_qlinear", (2, 3, 7), (2, 7, 5), "MatMul", (9, 6), bias=False, constant=False,
            per_channel=False, forms=("unsigned inputs", "unsigned result", "qlinear"))
    product("gemm_qlinear", (3, 11), (5, 11), "Gemm", (127, -128), transB=1, forms=qlinear)
    product("gemm_no_bias_qlinear", (3, 11), (11, 5), "Gemm", (127, -128), bias=False, forms=("qlinear",))
    binary("add_qlinear", "Add", (1, 3, 5, 7), (1, 3, 5, 7), (0.05, 0.11, 0.13), (-128, 127, 5), forms=("qlinear",))
    binary("add_unsigned_qlinear", "Add", (2, 3, 1), (5,), (0.5, 0.01, 0.3), (1, 2, 3), forms=qlinear)
    binary("mul_qlinear", "Mul", (3, 5, 2), (3, 1, 2), (0.02, 0.07, 0.11), (-3, 4, -128), forms=qlinear)
    pool("average_pool_qlinear", "AveragePool", (1, 3, 7, 6), (0.1, 0.06), (11, 127), [3, 3], [2, 2], [1, 1, 1, 1],
         forms=qlinear)
    pool("global_average_pool_qlinear", "GlobalAveragePool", (2, 5, 7, 6), (0.1, 0.01), (3, 7), forms=qlinear)
    concat("concat_qlinear", [(1, 3, 4), (1, 2, 4)], 1, (0.1, 0.07, 0.09), (-128, 127, 5), forms=qlinear)
    concat("concat_same_scale", [(1, 3, 4), (1, 2, 4)], 1, (0.1, 0.1, 0.1), (5, 5, 5))


if __name__ == "__main__":
    main()
