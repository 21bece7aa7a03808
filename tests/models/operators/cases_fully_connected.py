"""FULLY_CONNECTED: shapes, rounding, scales. Its kernel rounds once, halves away from zero, in double."""

import numpy as np

from case import NONE, RELU, RELU6, RELU_N1_TO_1, Case, random_state
from model_builder import Graph
from weighted import Numbers, float_operands, int8_operands, int8_result, scales_of_multiplier_rounding_up


def fully_connected(
    name,
    oddity,
    source=(5, 24),
    units=7,
    activation=NONE,
    bias=True,
    keep_dimensions=False,
    dtype="int8",
    values=None,
    depth=None,
    per_channel=False,
    **numbers,
):
    """`depth` is the last dimension of `source` unless said; `numbers` are the fields of Numbers."""
    depth = depth or source[-1]
    rows = int(np.prod(source)) // depth
    shape = (*source[:-1], units) if keep_dimensions else (rows, units)
    graph = Graph()
    if dtype == "int8":
        numbers = Numbers(per_channel=per_channel, **numbers)
        operands = int8_operands(graph, random_state(name), source, (units, depth), 0, bias, numbers)
        result = int8_result(graph, shape, operands, depth, numbers)
    else:
        operands = float_operands(graph, random_state(name), source, (units, depth), units, bias)
        result = graph.tensor(shape, "float32")
    version = 12 if per_channel else None  # the first one with per-channel weights
    options = {"fusedActivationFunction": activation, "keepNumDims": keep_dimensions}
    graph.operator("FULLY_CONNECTED", operands, [result], "FullyConnectedOptions", version, **options)
    graph.output(result)
    return Case(f"fully_connected_{name}", "FULLY_CONNECTED", oddity, graph, values)


def shapes():
    make = fully_connected
    yield make("batch1", "one row", source=(1, 24))
    yield make("batch7", "seven rows, 5 units", source=(7, 13), units=5)
    yield make("no_bias", "bias left out: two operands", bias=False)
    omitted = make("no_bias_index", "bias left out: operand of index -1", bias=False)
    omitted.graph.operators[0][2].append(None)
    yield omitted
    yield make("keep_num_dims", "3-D input, keep_num_dims: 3-D output", source=(2, 3, 11), keep_dimensions=True)
    yield make("input_3d", "3-D input, flattened to 2-D", source=(2, 3, 11))
    yield make(
        "input_4d", "4-D input whose last three dimensions are the depth", source=(2, 3, 4, 5), depth=60, units=5
    )
    yield make("depth640", "640 products in each sum", source=(1, 640), units=4)
    extreme = dict(input_zero=-128, output_zero=127, weights=(-128, -127), output_scale=51.0)
    yield make("depth640_extreme", "640 products of like sign, weights -128", source=(3, 640), units=3, **extreme)
    yield make("units1", "one output", source=(9, 24), units=1)
    yield make("depth1", "one product in each sum", source=(3, 1), units=9)


def scales():
    make = fully_connected
    channels = dict(per_channel=True, units=6)
    yield make("per_channel", "one weight scale for each unit", **channels)
    yield make(
        "per_channel_relu", "per-channel, no bias, fused RELU", bias=False, activation=RELU, output_zero=-60, **channels
    )
    yield make("weight_zero_point", "weights with zero point 7, which the kernel subtracts", weight_zero=7)
    yield make("zero_points_ends", "zero points 127 and -128", input_zero=127, output_zero=-128)
    fine = dict(input_scale=0.01, weight_scale=0.01, output_scale=0.06, output_zero=-50)
    yield make("relu6", "fused RELU6 that cuts on both sides", activation=RELU6, **fine)
    yield make("relu_n1_to_1", "fused RELU_N1_TO_1", activation=RELU_N1_TO_1, **fine)
    yield make("saturating", "nearly all outputs saturate", output_scale=5e-3)


def multipliers():
    make = fully_connected
    few = dict(source=(16, 5), input_zero=0, output_zero=-1, weights=(-3, 3), bias_range=9)
    above = dict(few, input_scale=0.5, weight_scale=0.5, output_scale=0.07, weights=(-1, 1), values=(-4, 4))
    yield make("multiplier_above_1", "multiplier 3.57", **above)
    yield make("per_channel_multiplier_above_1", "per-channel multipliers from 1 to 7", per_channel=True, **above)
    tiny = dict(input_scale=0.001, weight_scale=0.001, output_scale=8.0, bias_range=2**30)
    yield make("multiplier_tiny", "multiplier near 2^-23, sums made of the bias", **tiny)
    rounding_up = scales_of_multiplier_rounding_up()
    yield make(
        "multiplier_rounds_up", "mantissa of the multiplier rounds up to 2^31", values=(-10, 10), **rounding_up, **few
    )
    halves = dict(few, input_scale=0.5, weight_scale=0.25, output_scale=0.25, values=(-10, 10))
    yield make("multiplier_half", "multiplier 1/2: negative ties go away from zero", **halves)
    ones = dict(few, input_scale=1.0, weight_scale=1.0)
    tenths = "multiplier 1/10 in double: ties that a multiplier of 31 bits misses"
    yield make("multiplier_tenth", tenths, output_scale=10.0, values=(-50, 50), **ones)
    several = dict(ones, weight_scale=[1.0, 2.0, 3.0, 5.0], units=4, per_channel=True, output_scale=20.0)
    yield make(
        "per_channel_ties", "per-channel, multipliers 1/20, 1/10, 3/20 and 1/4: ties", values=(-120, 120), **several
    )


def cases():
    yield from shapes()
    yield from scales()
    yield from multipliers()
    yield fully_connected("f32", "f32", dtype="float32", source=(3, 19))
    rest = dict(source=(2, 2, 9), bias=False, activation=RELU, keep_dimensions=True)
    yield fully_connected("f32_relu_no_bias", "f32, fused RELU, no bias, 3-D kept", dtype="float32", **rest)
