"""Small graphs of several operators, int8: shared tensors, several inputs and outputs, odd orders in the file."""

import numpy as np

from case import NONE, RELU, SAME, Case, random_bytes, random_state, rounded
from model_builder import Graph
from weighted import spread_scale

FINE = dict(strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1, padding=SAME)


class Layers:
    """Adds layers with random weights to a graph; each returns its output tensor."""

    def __init__(self, name):
        self.graph = Graph()
        self.state = random_state(name)

    def weights(self, shape, channels, axis, source):
        scales = [rounded(0.012 * f) for f in self.state.uniform(0.4, 1.6, channels)]
        made = self.graph.constant(random_bytes(self.state, shape, -127, 127), scales, axis=axis)
        bias = self.graph.constant(
            self.state.randint(-2000, 2001, channels).astype(np.int32), [source.scales()[0] * s for s in scales]
        )
        return made, bias, scales

    def convolution(self, source, filters, kernel=3, activation=NONE, target=None):
        depth = source.shape[3]
        made, bias, scales = self.weights((filters, kernel, kernel, depth), filters, 0, source)
        scale = spread_scale(source.scales()[0], scales, kernel * kernel * depth)
        target = target or self.graph.tensor((*source.shape[:3], filters), "int8", scale, -7)
        self.graph.operator(
            "CONV_2D", [source, made, bias], [target], "Conv2DOptions", fusedActivationFunction=activation, **FINE
        )
        return target

    def depthwise(self, source, activation=NONE):
        depth = source.shape[3]
        made, bias, scales = self.weights((1, 3, 3, depth), depth, 3, source)
        target = self.graph.tensor(source.shape, "int8", spread_scale(source.scales()[0], scales, 9), 6)
        self.graph.operator(
            "DEPTHWISE_CONV_2D",
            [source, made, bias],
            [target],
            "DepthwiseConv2DOptions",
            depthMultiplier=1,
            fusedActivationFunction=activation,
            **FINE,
        )
        return target

    def add(self, left, right, activation=NONE):
        target = self.graph.tensor(left.shape, "int8", max(left.scales()[0], right.scales()[0]) * 1.4, -9)
        self.graph.operator("ADD", [left, right], [target], "AddOptions", fusedActivationFunction=activation)
        return target

    def mean(self, source):
        target = self.graph.tensor((source.shape[0], source.shape[3]), "int8", source.scales()[0] * 0.4, 2)
        axes = self.graph.constant(np.array([1, 2], np.int32))
        self.graph.operator("MEAN", [source, axes], [target], "ReducerOptions", keepDims=False)
        return target

    def fully_connected(self, source, units):
        depth = source.shape[-1]
        weights = self.graph.constant(random_bytes(self.state, (units, depth), -127, 127), 0.0031)
        scale = spread_scale(source.scales()[0], weights.scales(), depth)
        bias = self.graph.constant(
            self.state.randint(-2000, 2001, units).astype(np.int32), source.scales()[0] * weights.scales()[0]
        )
        target = self.graph.tensor((source.shape[0], units), "int8", scale, 11)
        self.graph.operator(
            "FULLY_CONNECTED", [source, weights, bias], [target], "FullyConnectedOptions", fusedActivationFunction=NONE
        )
        return target

    def softmax(self, source):
        target = self.graph.tensor(source.shape, "int8", 1 / 256, -128)
        self.graph.operator("SOFTMAX", [source], [target], "SoftmaxOptions", beta=1.0)
        return target

    def case(self, name, oddity, outputs):
        for tensor in outputs:
            self.graph.output(tensor)
        return Case(f"graph_{name}", "several", oddity, self.graph)


def residual_classifier():
    layers = Layers("residual_classifier")
    source = layers.graph.input((1, 8, 8, 3), "int8", 0.0078, -1)
    stem = layers.convolution(source, 6, activation=RELU)
    sum_ = layers.add(stem, layers.depthwise(stem), RELU)
    logits = layers.fully_connected(layers.mean(sum_), 5)
    return layers.case(
        "residual_classifier",
        "convolution, depthwise, residual sum, mean, fully connected, softmax",
        [layers.softmax(logits)],
    )


def tensor_used_twice():
    layers = Layers("tensor_used_twice")
    source = layers.graph.input((1, 4, 5, 4), "int8", 0.03, 2)
    same = layers.add(source, source)
    return layers.case(
        "tensor_used_twice", "an input that is both operands of a sum, then used once more", [layers.add(same, source)]
    )


def two_outputs():
    layers = Layers("two_outputs")
    source = layers.graph.input((1, 6, 6, 3), "int8", 0.02, 3)
    trunk = layers.convolution(source, 4, activation=RELU)
    return layers.case(
        "two_outputs",
        "two heads; the outputs are listed in the reverse of their order of production",
        [layers.mean(trunk), layers.convolution(trunk, 2, kernel=1)][::-1],
    )


def two_inputs():
    layers = Layers("two_inputs")
    left = layers.graph.input((1, 5, 4, 3), "int8", 0.02, 3)
    right = layers.graph.input((1, 5, 4, 4), "int8", 0.05, -30)
    first, second = layers.convolution(left, 4), layers.depthwise(right)
    return layers.case("two_inputs", "two inputs of different shape and quantisation", [layers.add(first, second)])


def output_used_inside():
    layers = Layers("output_used_inside")
    source = layers.graph.input((1, 5, 5, 3), "int8", 0.02, 3)
    inner = layers.convolution(source, 4)
    last = layers.depthwise(inner)
    return layers.case("output_used_inside", "an output that a later operator reads too", [last, inner])


def late_branch():
    """The file first runs a long branch, then returns to the start, and joins both at the end."""
    layers = Layers("late_branch")
    source = layers.graph.input((1, 6, 5, 3), "int8", 0.02, 3)
    result_index = layers.graph.tensor((1, 6, 5, 4), "int8", 0.11, -7)  # an early index, produced last but one
    deep = layers.depthwise(layers.convolution(source, 4))
    short = layers.convolution(source, 4, kernel=1, target=result_index)
    case = layers.case(
        "late_branch",
        "a branch that starts at the input comes last in the file, into a tensor of low index",
        [layers.add(short, deep)],
    )
    # Run the short branch between the deep one's operators: still a valid order, which tensor indices do not follow.
    order = case.graph.operators
    case.graph.operators = [order[0], order[2], order[1], order[3]]
    return case


def concatenated_branches():
    layers = Layers("concatenated_branches")
    source = layers.graph.input((1, 6, 6, 4), "int8", 0.03, -4)
    pooled = layers.graph.tensor((1, 6, 6, 4), "int8", 0.03, -4)
    layers.graph.operator(
        "MAX_POOL_2D",
        [source],
        [pooled],
        "Pool2DOptions",
        padding=SAME,
        strideH=1,
        strideW=1,
        filterHeight=3,
        filterWidth=3,
        fusedActivationFunction=NONE,
    )
    made = layers.graph.tensor((1, 6, 6, 3), "int8", 0.03, -4)
    layers.convolution(source, 3, target=made)
    joined = layers.graph.tensor((1, 6, 6, 11), "int8", 0.03, -4)
    layers.graph.operator(
        "CONCATENATION", [pooled, made, source], [joined], "ConcatenationOptions", axis=3, fusedActivationFunction=NONE
    )
    return layers.case(
        "concatenated_branches",
        "a pool, a convolution and their own input joined along the channels",
        [layers.convolution(joined, 2, kernel=1)],
    )


def cases():
    for make in (
        residual_classifier,
        tensor_used_twice,
        two_outputs,
        two_inputs,
        output_used_inside,
        late_branch,
        concatenated_branches,
    ):
        yield make()
