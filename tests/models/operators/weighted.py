"""What convolutions and FULLY_CONNECTED share: random weights, biases and the scales that go with them."""

import dataclasses
import math

import numpy as np

from case import random_bytes, rounded


@dataclasses.dataclass
class Numbers:
    """How an int8 operator is quantised, and between which bounds its random weights and biases lie."""

    input_scale: float = 0.0473
    input_zero: int = -3
    output_scale: float = None  # None: one that fits the sums
    output_zero: int = 4
    weight_scale: object = 0.0131  # or one for each channel
    weight_zero: int = 0
    weights: tuple = (-127, 127)
    bias_range: int = 3000
    per_channel: bool = True


def spread_scale(input_scale, weight_scales, taps):
    """An output scale with which sums of `taps` products of random bytes fill the int8 range and seldom leave it."""
    deviation = 74 * 73 * math.sqrt(taps)  # of uniform bytes, and of uniform weights
    return rounded(input_scale * np.mean(weight_scales) * deviation / 55)


def float_operands(graph, state, source_shape, weight_shape, channels, bias):
    """Input, weights and, if `bias`, the bias."""
    operands = [
        graph.input(source_shape, "float32"),
        graph.constant(state.standard_normal(weight_shape).astype(np.float32)),
    ]
    return operands + ([graph.constant(state.standard_normal(channels).astype(np.float32))] if bias else [])


def int8_operands(graph, state, source_shape, weight_shape, axis, bias, numbers):
    """Input, weights and, if `bias`, the bias. `axis` is the weights' axis of output channels."""
    channels = weight_shape[axis]
    scales = [rounded(s) for s in np.atleast_1d(numbers.weight_scale)]
    if numbers.per_channel and len(scales) == 1:
        scales = [rounded(scales[0] * f) for f in state.uniform(0.3, 2, channels)]
    source = graph.input(source_shape, "int8", rounded(numbers.input_scale), numbers.input_zero)
    weights = random_bytes(state, weight_shape, *numbers.weights)
    operands = [source, graph.constant(weights, scales, numbers.weight_zero, axis)]
    if bias:
        values = state.randint(-numbers.bias_range, numbers.bias_range + 1, channels).astype(np.int32)
        operands.append(graph.constant(values, [source.scale * s for s in scales]))
    return operands


def int8_result(graph, shape, operands, taps, numbers):
    fitting = spread_scale(operands[0].scale, operands[1].scales(), taps)
    return graph.tensor(shape, "int8", rounded(numbers.output_scale or fitting), numbers.output_zero)


def scales_of_multiplier_rounding_up():
    """Float32 input, weight and output scales whose ratio is so little below 1 that its mantissa rounds to 2^31."""
    weight = np.float32(0.0291)
    for step in range(1, 100000):
        source = np.float32(0.05) + np.float32(step) * np.float32(2.0**-28)
        product = float(source) * float(weight)
        target = np.float32(product)
        fraction, _ = math.frexp(product / float(target))
        if fraction < 1 and math.floor(fraction * 2.0**31 + 0.5) == 2**31:
            return dict(input_scale=float(source), weight_scale=float(weight), output_scale=float(target))
    raise ValueError("no such scales found")
