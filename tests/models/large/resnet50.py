"""ResNet-50 of random weights: batch norms as PyTorch exports them, or folded, or folded and quantised."""

import numpy

import graph

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
EXPANSION, EPSILON = 4, 1e-5


def convolve(image, weights, stride, pad):
    """[1, channels, y, x] in, the same out."""
    outputs, _, kernel, _ = weights.shape
    padded = numpy.pad(image, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    view = numpy.lib.stride_tricks.sliding_window_view(padded[0], (kernel, kernel), (1, 2))[:, ::stride, ::stride]
    channels, height, width = view.shape[:3]
    columns = view.transpose(0, 3, 4, 1, 2).reshape(channels * kernel * kernel, height * width)
    return (weights.reshape(outputs, -1) @ columns).reshape(1, outputs, height, width)


def largest(image, kernel, stride, pad):
    padded = numpy.pad(image, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=-numpy.inf)
    view = numpy.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), (2, 3))[:, :, ::stride, ::stride]
    return view.max((4, 5))


class ResNet50:
    """Writes the network into a graph. Batch norms have the statistics that their own inputs show, as training would
    give them, with an affine part at random: so activations keep their size through all the layers."""

    def __init__(self, made, fold, width, random):
        self.graph, self.fold, self.width, self.random = made, fold, width, random

    def normalised(self, name, tensor, outputs, kernel, stride, relu, gain=1.0):
        """Conv, batch norm, and Relu if asked for."""
        g, operand = self.graph, self.graph.values[tensor]
        inputs = operand.shape[1]
        deviation = numpy.sqrt(2 / (inputs * kernel * kernel))
        weights = (self.random.standard_normal((outputs, inputs, kernel, kernel)) * deviation).astype(numpy.float32)
        gamma = (gain * self.random.uniform(0.5, 1.5, outputs)).astype(numpy.float32)
        beta = self.random.uniform(-0.3, 0.3, outputs).astype(numpy.float32)
        sums = convolve(operand, weights, stride, kernel // 2)
        mean = sums.mean((0, 2, 3), dtype=numpy.float64).astype(numpy.float32)
        # An image of one pixel has no variance; the batch that training sees has.
        variance = numpy.maximum(sums.var((0, 2, 3), dtype=numpy.float64), 0.1).astype(numpy.float32)
        factor = gamma / numpy.sqrt(variance + numpy.float32(EPSILON))
        channel = (slice(None), None, None)
        value = (sums - mean[channel]) * factor[channel] + beta[channel]
        attributes = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [kernel // 2] * 4,
                      "dilations": [1, 1], "group": 1}
        if self.fold:
            return g.layer("Conv", tensor, weights * factor[:, None, None, None], beta - mean * factor, name, value, 0,
                           relu, **attributes)
        g.layer("Conv", tensor, weights, None, name + "_conv", sums, 0, **attributes)
        parameters = [g.constant(f"{name}_{part}", data) for part, data in
                      (("gamma", gamma), ("beta", beta), ("mean", mean), ("variance", variance))]
        made = name + "_norm" if relu else name
        g.operator("BatchNormalization", [name + "_conv"] + parameters, made, value, epsilon=EPSILON, momentum=0.9)
        return g.operator("Relu", [made], name, numpy.maximum(value, 0)) if relu else made

    def bottleneck(self, name, tensor, channels, stride):
        g, wide = self.graph, channels * EXPANSION
        first = self.normalised(name + "_1", tensor, channels, 1, 1, True)
        second = self.normalised(name + "_2", first, channels, 3, stride, True)
        third = self.normalised(name + "_3", second, wide, 1, 1, False, gain=0.4)
        beside = tensor
        if stride != 1 or g.values[tensor].shape[1] != wide:
            beside = self.normalised(name + "_0", tensor, wide, 1, stride, False)
        total = g.values[third] + g.values[beside]
        return self.sum(name, third, beside, total)

    def sum(self, name, left, right, total):
        """Add and Relu; quantised, they are one group."""
        g, value = self.graph, numpy.maximum(total, 0)
        if isinstance(g, graph.Quantised):
            made = g.node("Add", [g.real(left), g.real(right)], name + "_sum")
            g.values[name] = value
            g.quantise(g.node("Relu", [made], name + "_relu"), name)
            return name
        g.operator("Add", [left, right], name + "_sum", total)
        return g.operator("Relu", [name + "_sum"], name, value)

    def write(self, image, classes):
        g = self.graph
        tensor = self.normalised("stem", g.input("image", image), self.channels(64), 7, 2, True)
        tensor = g.operator("MaxPool", [tensor], "pool", largest(g.values[tensor], 3, 2, 1), kernel_shape=[3, 3],
                            strides=[2, 2], pads=[1, 1, 1, 1])
        for stage, (channels, count, stride) in enumerate(STAGES):
            for block in range(count):
                tensor = self.bottleneck(f"block{stage + 1}_{block}", tensor, self.channels(channels),
                                         stride if block == 0 else 1)
        mean = g.values[tensor].mean((2, 3), keepdims=True, dtype=numpy.float32)
        tensor = g.operator("GlobalAveragePool", [tensor], "mean", mean)
        tensor = g.operator("Flatten", [tensor], "flat", mean.reshape(1, -1), axis=1)
        features = mean.size
        weights = (self.random.standard_normal((classes, features)) / numpy.sqrt(features)).astype(numpy.float32)
        bias = self.random.uniform(-0.1, 0.1, classes).astype(numpy.float32)
        g.layer("Gemm", tensor, weights, bias, "scores", mean.reshape(1, -1) @ weights.T + bias, 0, transB=1)
        return "scores"

    def channels(self, full):
        return max(1, int(full * self.width))
