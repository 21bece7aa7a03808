"""What a quantised operator between DequantizeLinear and QuantizeLinear computes here, in numpy integers.

ONNX gives such a group no integer meaning: it speaks of floats. This file defines one, and the C++ of the reader and
the tests are compared with it: sums are int32 that wrap around; one multiplier of 31 bits comes from a product of
scales in double; the product is rounded once, to the nearest, halves up; then zero point and clamp.
"""

import math

import numpy

LOWEST, HIGHEST = -128, 127
MULTIPLIER_BITS = 31


def multiplier(ratio):
    """ratio as m * 2**-shift, m in [2**30, 2**31)."""
    fraction, exponent = math.frexp(ratio)
    m = math.floor(fraction * 2 ** MULTIPLIER_BITS + 0.5)
    if m == 2 ** MULTIPLIER_BITS:
        m, exponent = m // 2, exponent + 1
    return m, MULTIPLIER_BITS - exponent


def round_shift(product, shift):
    """product / 2**shift to the nearest, halves up; int64."""
    if shift > 62:  # |product| < 2**62
        return numpy.zeros_like(product)
    return (product + (1 << shift - 1)) >> shift if shift > 0 else product << -shift


def finish(steps, zero_point, lowest=LOWEST, highest=HIGHEST):
    return numpy.clip(steps + zero_point, lowest, highest).astype(numpy.int8)


def requantise(sums, ratios, zero_point, lowest=LOWEST, highest=HIGHEST, axis=1):
    """int32 sums times one ratio, or one for each element along the axis; `lowest` is the zero point after a Relu."""
    sums = sums.astype(numpy.int64)
    ratios = numpy.atleast_1d(numpy.asarray(ratios, numpy.float64))
    if ratios.size == 1:
        m, shift = multiplier(float(ratios[0]))
        return finish(round_shift(sums * m, shift), zero_point, lowest, highest)
    parts = []
    for part, ratio in zip(numpy.split(sums, sums.shape[axis], axis), ratios):
        m, shift = multiplier(float(ratio))
        parts.append(round_shift(part * m, shift))
    return finish(numpy.concatenate(parts, axis), zero_point, lowest, highest)


def centred(quantised, zero_point):
    return quantised.astype(numpy.int32) - numpy.int32(zero_point)


def windows(image, kernel, strides, pads, dilations, outside):
    """[batch, channel, y, x, kernel y, kernel x]; pads as ONNX lists them: top, left, bottom, right."""
    image = numpy.pad(image, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])), constant_values=outside)
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    view = numpy.lib.stride_tricks.sliding_window_view(image, extent, (2, 3))
    return view[:, :, ::strides[0], ::strides[1], ::dilations[0], ::dilations[1]]


def convolution(image, weights, bias=None, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), groups=1):
    """int32 sums of centred int32 operands."""
    view = windows(image, weights.shape[2:], strides, pads, dilations, 0)
    sums = []
    for channels, part in zip(numpy.split(view, groups, 1), numpy.split(weights, groups)):
        sums.append(numpy.einsum("ncyxkl,ockl->noyx", channels, part, dtype=numpy.int32))
    sums = numpy.concatenate(sums, 1)
    return sums if bias is None else sums + bias.astype(numpy.int32).reshape(1, -1, 1, 1)


def sum_of_two(a, b, scale_a, scale_b, output_scale, zero_point, lowest=LOWEST, highest=HIGHEST):
    """a * scale_a + b * scale_b of centred operands: both multipliers have one shift, so that their sum is rounded."""
    ratios = scale_a / output_scale, scale_b / output_scale
    _, shift = multiplier(max(ratios))
    wide = [math.floor(math.ldexp(ratio, shift) + 0.5) for ratio in ratios]
    total = a.astype(numpy.int64) * wide[0] + b.astype(numpy.int64) * wide[1]
    return finish(round_shift(total, shift), zero_point, lowest, highest)
