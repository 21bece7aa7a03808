"""Operators that work on one element at a time: of two operands with broadcast, or of one."""

import numpy as np

from case import NONE, RELU, RELU6, RELU_N1_TO_1, Case, LeftOut, random_state
from model_builder import Graph

OPTIONS = {
    "ADD": "AddOptions",
    "SUB": "SubOptions",
    "MUL": "MulOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "LEAKY_RELU": "LeakyReluOptions",
    "QUANTIZE": "QuantizeOptions",
    "DEQUANTIZE": "DequantizeOptions",
}
FIRST, SECOND = (0.0437, -5), (0.0291, 11)  # scale and zero point
RESULT = {"ADD": (0.0662, 3), "SUB": (0.0662, 3), "MUL": (0.0631, 3)}


def binary(
    operator,
    name,
    oddity,
    left=(3, 5, 7),
    right=(3, 5, 7),
    first=FIRST,
    second=SECOND,
    result=None,
    activation=NONE,
    dtype="int8",
    constant=None,
    **extra,
):
    """Two operands; `constant` is 0 or 1 where that operand is a constant of the model."""
    state = random_state(f"{operator} {name}")
    graph = Graph()
    if operator in ("MINIMUM", "MAXIMUM"):
        first = second = result = FIRST
    operands = []
    for index, (shape, quantisation) in enumerate(((left, first), (right, second))):
        known = quantisation if dtype == "int8" else ()
        if index != constant:
            operands.append(graph.input(shape, dtype, *known))
        elif dtype == "float32":
            operands.append(graph.constant(state.standard_normal(shape).astype(np.float32)))
        else:
            operands.append(graph.constant(state.randint(-128, 128, shape).astype(dtype), *known))
    shape = np.broadcast_shapes(left, right)
    target = graph.tensor(shape, dtype, *((result or RESULT[operator]) if dtype == "int8" else ()))
    fused = {"fusedActivationFunction": activation} if operator in RESULT else {}
    graph.operator(operator, operands, [target], OPTIONS[operator], **fused, **extra)
    graph.output(target)
    return Case(f"{operator.lower()}_{name}", operator, oddity, graph)


def unary(
    operator,
    name,
    oddity,
    source,
    target,
    shape=(1, 4, 8, 8),
    input_type="int8",
    output_type="int8",
    inputs=None,
    **options,
):
    graph = Graph()
    operand = graph.input(shape, input_type, *source)
    result = graph.tensor(shape, output_type, *target)
    graph.operator(operator, [operand], [result], OPTIONS.get(operator), **options)
    graph.output(result)
    return Case(f"{operator.lower()}_{name}", operator, oddity, graph, None, inputs)


def broadcasts():
    """(name, oddity, left shape, right shape)"""
    return [
        ("same_shape", "no broadcast", (1, 5, 7, 3), (1, 5, 7, 3)),
        ("scalar_right", "right operand of rank 0", (3, 5, 4), ()),
        ("one_left", "left operand of shape [1]", (1,), (2, 3, 7)),
        ("trailing", "right operand lacks the leading dimensions", (2, 3, 5), (5,)),
        ("leading", "right operand has trailing ones", (4, 3, 5), (4, 1, 1)),
        ("middle", "a dimension of 1 in the middle", (2, 3, 4, 5), (2, 1, 4, 5)),
        ("both_sides", "each operand is repeated along another dimension", (4, 1, 5), (1, 6, 5)),
        ("both_sides_ranks", "both repeated, and of different rank", (2, 1, 4, 1), (3, 1, 5)),
    ]


def broadcast(operator, without):
    for name, oddity, left, right in broadcasts():
        if name not in without:
            yield binary(operator, name, oddity, left, right)


def arithmetic(operator):
    result = RESULT[operator][0]
    ends = (0.15, 127) if operator == "MUL" else (result, -128)
    yield from broadcast(operator, () if operator == "ADD" else ("trailing", "leading", "both_sides"))
    yield binary(
        operator, "constant_right", "right operand constant, along the channels", (1, 5, 4, 6), (6,), constant=1
    )
    yield binary(operator, "constant_left", "left operand constant, of the full shape", (4, 9), (4, 9), constant=0)
    yield binary(
        operator,
        "scales_far_apart",
        "input scales 2000 times apart",
        first=(0.7313, 2),
        second=(0.00037, -7),
        result=(0.9, -1) if operator != "MUL" else (0.00031 * 60, -1),
    )
    yield binary(operator, "output_fine", "output scale so small that most outputs saturate", result=(result / 40, 0))
    yield binary(operator, "output_coarse", "output scale so large that few values remain", result=(result * 30, 100))
    yield binary(
        operator,
        "scales_equal",
        "equal powers of two: ties",
        first=(0.5, 0),
        second=(0.5, 0),
        result=(1.0, 0) if operator != "MUL" else (16.0, 0),
    )
    yield binary(
        operator,
        "zero_points_ends",
        f"zero points -128, 127 and {ends[1]}",
        first=(0.04, -128),
        second=(0.03, 127),
        result=ends,
    )
    yield binary(operator, "relu", "fused RELU", activation=RELU, result=(result, -30))
    yield binary(operator, "relu6", "fused RELU6 that cuts on both sides", activation=RELU6, result=(result, -20))
    yield binary(operator, "relu_n1_to_1", "fused RELU_N1_TO_1", activation=RELU_N1_TO_1)
    yield binary(operator, "i32", "int32, not quantised", (2, 3, 4), (3, 1), dtype="int32")
    yield binary(operator, "i32_relu6", "int32, not quantised, fused RELU6", dtype="int32", activation=RELU6)
    yield binary(operator, "f32", "f32, both sides broadcast", (4, 1, 5), (1, 6, 5), dtype="float32")
    yield binary(
        operator,
        "f32_relu",
        "f32, fused RELU, constant right operand",
        (4, 5),
        (5,),
        dtype="float32",
        activation=RELU,
        constant=1,
    )


def extremum(operator):
    yield from broadcast(
        operator, ("scalar_right", "trailing", "both_sides") + (("leading",) if operator == "MINIMUM" else ())
    )
    yield binary(operator, "constant_right", "right operand constant", (1, 3, 4, 6), (6,), constant=1)
    yield binary(operator, "f32", "f32, both sides broadcast", (4, 1, 5), (1, 6, 5), dtype="float32")
    yield binary(operator, "i32", "int32, trailing broadcast", (2, 3, 5), (5,), dtype="int32")


def rectifiers():
    ties = dict(source=(0.5, 0), target=(1.0, 0))
    for operator in ("RELU", "RELU6", "RELU_N1_TO_1"):
        yield unary(operator, "same_quantisation", "input and output quantised alike", (0.0471, -12), (0.0471, -12))
        yield unary(operator, "to_coarser", "output scale larger than the input's", (0.0313, 7), (0.0471, -128))
        yield unary(operator, "to_finer", "output scale smaller than the input's", (0.0613, -128), (0.0237, -60))
        yield unary(operator, "zero_point_high", "bounds past the int8 range", (0.11, 60), (0.05, 120))
        yield unary(operator, "f32", "f32", (), (), input_type="float32", output_type="float32", shape=(2, 37))
    yield unary("RELU", "half", "multiplier exactly 1/2: ties", **ties)
    for name, alpha in (("0_1", 0.1), ("0_5", 0.5), ("above_1", 2.75), ("negative", -0.3), ("0", 0.0)):
        yield unary(
            "LEAKY_RELU", f"alpha_{name}", f"alpha {alpha}, different scales", (0.0471, -12), (0.0359, 9), alpha=alpha
        )
    yield unary("LEAKY_RELU", "half", "multipliers 1/2 and 1/4: ties on both sides", alpha=0.5, **ties)
    yield unary("LEAKY_RELU", "negative_half", "multiplier -1/4: ties, with the sign taken out", alpha=-0.5, **ties)
    yield unary(
        "LEAKY_RELU",
        "same_quantisation",
        "alpha 0.2, input and output quantised alike, zero point 127",
        (0.1, 127),
        (0.1, 127),
        alpha=0.2,
    )
    yield unary(
        "LEAKY_RELU",
        "f32",
        "f32, alpha 0.1",
        (),
        (),
        input_type="float32",
        output_type="float32",
        shape=(2, 37),
        alpha=0.1,
    )
    yield unary(
        "LEAKY_RELU",
        "f32_negative",
        "f32, alpha -1.5",
        (),
        (),
        input_type="float32",
        output_type="float32",
        shape=(2, 37),
        alpha=-1.5,
    )


def tables():
    scales = (
        ("fine", 0.0001, 3),
        ("usual", 0.0471, -12),
        ("eighth", 0.125, 0),
        ("coarse", 1.37, 100),
        ("extreme", 40.0, -128),
        ("zero_point_low", 0.031, -128),
        ("zero_point_high", 0.031, 127),
    )
    for operator, target in (("LOGISTIC", (1 / 256, -128)), ("TANH", (1 / 128, 0))):
        for name, scale, zero_point in scales:
            yield unary(
                operator,
                name,
                f"input scale {scale}, zero point {zero_point}: all 256 inputs",
                (scale, zero_point),
                target,
            )
        yield unary(operator, "f32", "f32", (), (), input_type="float32", output_type="float32", shape=(2, 37))
    yield LeftOut(
        "logistic_output_scale",
        "LOGISTIC",
        "output scale 1/128",
        unary("LOGISTIC", "", "", (0.1, 0), (1 / 128, -128)).graph,
        "output->params.scale == 1. / 256",
    )


def float_inputs(scale, count=3):
    """Ties of the quantisation, values past the int8 range, and random ones; no value past the int32 range."""
    steps = np.arange(-160, 160, dtype=np.float32)
    ties = ((steps + np.float32(0.5)) * np.float32(scale)).astype(np.float32)
    beyond = np.array([1e3, -1e3, 1e8, -1e8, 2.0**30, -(2.0**30), 0.0, -0.0], np.float32) * np.float32(scale)
    state = random_state(f"float inputs {scale}")
    rows = [np.concatenate([ties, beyond, steps * np.float32(scale), np.zeros(2, np.float32)])]
    while len(rows) < count:
        rows.append((state.standard_normal(rows[0].size) * 70 * scale).astype(np.float32))
    return [np.stack(rows).reshape(count, 1, -1)]


def conversions():
    for name, scale, zero_point, oddity in (
        ("f32_half", 0.5, 0, "f32 to int8, scale 1/2: exact ties, and values past the range"),
        ("f32_usual", 0.0471, -12, "f32 to int8: near-ties of a division in float32"),
        ("f32_zero_point_low", 0.003921569, -128, "f32 to int8, zero point -128"),
        ("f32_zero_point_high", 3.1, 127, "f32 to int8, scale above 1, zero point 127"),
    ):
        inputs = float_inputs(scale)
        yield unary("QUANTIZE", name, oddity, (), (scale, zero_point), inputs[0].shape[1:], "float32", "int8", inputs)
    for name, source, target, oddity in (
        ("to_coarser", (0.0313, 7), (0.0471, -20), "int8 to int8, larger output scale"),
        ("to_finer", (0.0613, -30), (0.0237, 4), "int8 to int8, smaller output scale: saturates"),
        ("same", (0.05, 3), (0.05, 3), "int8 to int8, same quantisation"),
        ("zero_point_only", (0.05, 0), (0.05, -128), "int8 to int8, only the zero point differs"),
        ("half", (0.5, 1), (1.0, 0), "int8 to int8, multiplier 1/2: ties"),
        ("thirtieth", (0.05, 0), (1.5, 2), "int8 to int8, multiplier 1/30"),
        ("left_shift", (10.0, -3), (0.75, 0), "int8 to int8, multiplier 13.3"),
    ):
        yield unary("QUANTIZE", f"i8_{name}", oddity, source, target)
    for name, source in (("usual", (0.0471, -12)), ("tiny", (1e-7, 127)), ("large", (123.4, -128))):
        yield unary(
            "DEQUANTIZE",
            name,
            f"int8 to f32, scale {source[0]}, zero point {source[1]}",
            source,
            (),
            output_type="float32",
        )


def cases():
    for operator in RESULT:
        yield from arithmetic(operator)
    for operator in ("MINIMUM", "MAXIMUM"):
        yield from extremum(operator)
    yield from rectifiers()
    yield from tables()
    yield from conversions()
