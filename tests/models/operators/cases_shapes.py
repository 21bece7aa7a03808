"""Operators over windows, axes and shapes: pools, MEAN, SOFTMAX, padding, transposes and the like."""

import numpy as np

from case import NONE, RELU, RELU6, RELU_N1_TO_1, SAME, VALID, Case, LeftOut, random_bytes, random_state
from cases_convolution import output_size
from model_builder import Graph

USUAL = (0.0471, -12)


def pool(
    operator,
    name,
    oddity,
    image=(1, 6, 7, 3),
    window=(2, 2),
    stride=(2, 2),
    padding=VALID,
    activation=NONE,
    quantisation=USUAL,
    dtype="int8",
):
    known = quantisation if dtype == "int8" else ()
    graph = Graph()
    source = graph.input(image, dtype, *known)
    sizes = [output_size(image[i + 1], window[i], stride[i], 1, padding) for i in range(2)]
    target = graph.tensor((image[0], *sizes, image[3]), dtype, *known)
    graph.operator(
        operator,
        [source],
        [target],
        "Pool2DOptions",
        padding=padding,
        strideH=stride[0],
        strideW=stride[1],
        filterHeight=window[0],
        filterWidth=window[1],
        fusedActivationFunction=activation,
    )
    graph.output(target)
    return Case(f"{operator.lower()}_{name}", operator, oddity, graph)


def pools():
    edges = dict(window=(3, 3), stride=(1, 1), padding=SAME)
    for operator in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        for name, oddity, settings in (
            ("valid", "last column never read", {}),
            ("same_edges", "3x3, stride 1, SAME: 4, 6 or 9 valid cells", edges),
            ("same_even", "4x2, stride 2, SAME on 7x9", dict(image=(1, 7, 9, 3), window=(4, 2), padding=SAME)),
            ("stride_past_window", "2x2, stride 3: cells never read", dict(image=(1, 8, 8, 2), stride=(3, 3))),
            ("strides_unequal", "3x2, strides 1 and 2", dict(window=(3, 2), stride=(1, 2), padding=SAME)),
            ("window_past_image", "9x9 on 6x7, SAME: most cells padded", dict(edges, window=(9, 9))),
            ("whole_image", "window as large as the image", dict(image=(1, 5, 5, 7), window=(5, 5))),
            ("batch2", "two images", dict(image=(2, 4, 6, 3))),
            ("relu", "fused RELU", dict(activation=RELU)),
            ("relu6", "fused RELU6 that cuts on both sides", dict(activation=RELU6, quantisation=(0.09, -20))),
            ("relu_n1_to_1", "fused RELU_N1_TO_1", dict(activation=RELU_N1_TO_1, quantisation=(0.03, 5))),
            ("zero_point_highest", "zero point 127, SAME", dict(edges, quantisation=(0.03, 127))),
            ("f32", "f32, SAME, fused RELU6", dict(edges, dtype="float32", activation=RELU6)),
        ):
            yield pool(operator, name, oddity, **settings)


def mean(name, oddity, axes, keep, shape=(2, 4, 5, 6), source=USUAL, target=(0.0213, 9), dtype="int8"):
    graph = Graph()
    operand = graph.input(shape, dtype, *(source if dtype == "int8" else ()))
    reduced = {a % len(shape) for a in axes}
    result_shape = [1 if i in reduced else n for i, n in enumerate(shape) if keep or i not in reduced]
    result = graph.tensor(result_shape, dtype, *(target if dtype == "int8" else ()))
    graph.operator(
        "MEAN", [operand, graph.constant(np.array(axes, np.int32))], [result], "ReducerOptions", keepDims=keep
    )
    graph.output(result)
    return Case(f"mean_{name}", "MEAN", oddity, graph)


def means():
    for label, axes in (
        ("1_2", [1, 2]),
        ("1", [1]),
        ("3", [3]),
        ("0_1", [0, 1]),
        ("minus_1", [-1]),
        ("minus_3_minus_2", [-3, -2]),
    ):
        for keep in (True, False) if label in ("1_2", "3", "0_1") else (True,):
            text = "kept" if keep else "dropped"
            yield mean(f"axes_{label}_{text}", f"axes {axes}, {text}", axes, keep)
    yield mean("same_quantisation", "input and output quantised alike", [1, 2], True, target=USUAL)
    yield mean("same_quantisation_channels", "input and output quantised alike, axis 3", [3], False, target=USUAL)
    yield mean("axes_unordered", "axes 2 and 1, in that order", [2, 1], False)
    yield mean("axes_twice", "axis 1 named twice: counted once", [1, 1], True)
    yield mean("all_axes", "all axes kept: one value", [0, 1, 2, 3], True)
    yield mean("all_axes_dropped", "all axes dropped: rank 0", [0, 1, 2], False, shape=(3, 4, 5))
    yield mean("one_element", "reduced size 1: only a rescaling", [1, 2], False, shape=(2, 1, 1, 128))
    yield mean(
        "49",
        "7x7 of 4 channels: a count that is no power of two",
        [1, 2],
        False,
        shape=(1, 7, 7, 4),
        target=(0.0311, -128),
    )
    yield mean(
        "64", "8x8, same quantisation: halves", [1, 2], True, shape=(1, 8, 8, 4), source=(0.5, 0), target=(0.5, 0)
    )
    yield mean(
        "to_finer", "output scale 8 times smaller: multiplier above 1", [2], False, source=(0.4, 3), target=(0.05, -3)
    )
    yield mean("zero_points_highest", "both zero points 127", [1], False, source=(0.04, 127), target=(0.03, 127))
    yield mean("rank2", "rank 2, axis 1", [1], True, shape=(6, 11))
    yield mean("f32_1_2", "f32, axes 1 and 2", [1, 2], True, dtype="float32")
    yield mean("f32_3", "f32, axis 3", [3], False, dtype="float32")


def softmax(name, oddity, shape, scale, beta=1.0, zero_point=-12, dtype="int8"):
    graph = Graph()
    source = graph.input(shape, dtype, *((scale, zero_point) if dtype == "int8" else ()))
    target = graph.tensor(shape, dtype, *((1 / 256, -128) if dtype == "int8" else ()))
    graph.operator("SOFTMAX", [source], [target], "SoftmaxOptions", beta=beta)
    graph.output(target)
    return Case(f"softmax_{name}", "SOFTMAX", oddity, graph, None)


def softmaxes():
    yield softmax("1", "1 wide: always the largest value", (5, 1), 0.0471)
    for size in (2, 10, 257):
        for label, scale in (("fine", 0.0021), ("usual", 0.0471), ("coarse", 0.61)):
            yield softmax(f"{size}_{label}", f"{size} wide, scale {scale}", (5, size), scale)
    yield softmax("beta_half", "beta 0.5", (7, 11), 0.09, 0.5)
    yield softmax("beta_7", "beta 7.3", (7, 11), 0.004, 7.3)
    yield softmax("beta_tenth", "beta 0.1, zero point 127", (7, 11), 0.3, 0.1, 127)
    yield softmax("rank4", "rank 4: over the last dimension", (1, 3, 4, 5), 0.03)
    yield softmax("rank1", "rank 1", (12,), 0.03)
    yield softmax("scale_extreme", "scale 16: the multiplier is capped", (6, 9), 16.0)
    yield softmax("f32", "f32, beta 1", (4, 10), None, dtype="float32")
    yield softmax("f32_beta", "f32, beta 0.3, rank 4", (1, 2, 3, 7), None, 0.3, dtype="float32")
    wrong = softmax("", "", (2, 3), 0.1)
    wrong.graph.outputs[0].zero_point = 0
    yield LeftOut(
        "softmax_zero_point", "SOFTMAX", "output zero point 0", wrong.graph, "output->params.zero_point != -128"
    )


def rearrange(
    operator, name, oddity, shape, result, constants=(), options=None, quantisation=USUAL, dtype="int8", **values
):
    """An operator that only moves elements. `constants` follow the input as operands."""
    known = quantisation if dtype == "int8" else ()
    graph = Graph()
    operands = [graph.input(shape, dtype, *known)]
    for value in constants:
        quantised = value.dtype == np.int8
        operands.append(graph.constant(value, *(known if quantised else ())))
    target = graph.tensor(result, dtype, *known)
    graph.operator(operator, operands, [target], options, **values)
    graph.output(target)
    return Case(f"{operator.lower()}_{name}", operator, oddity, graph)


def integers(*values):
    return np.array(values, np.int32)


def pads():
    for name, shape, amounts in (
        ("rank2", (3, 4), [[1, 0], [0, 2]]),
        ("rank4", (1, 3, 4, 2), [[0, 0], [1, 2], [3, 0], [0, 0]]),
        ("channels", (1, 2, 3, 3), [[0, 0], [0, 0], [0, 0], [1, 2]]),
        ("batch", (2, 2, 3), [[1, 1], [0, 0], [0, 1]]),
        ("none", (2, 3), [[0, 0], [0, 0]]),
        ("rank1", (5,), [[2, 3]]),
    ):
        grown = tuple(n + sum(a) for n, a in zip(shape, amounts))
        paddings = np.array(amounts, np.int32)
        text = f"{amounts}"
        yield rearrange("PAD", name, f"{text}: filled with the zero point", shape, grown, [paddings], "PadOptions")
        if name not in ("batch", "rank1", "none"):
            yield rearrange(
                "PADV2", name, f"{text}, value 77", shape, grown, [paddings, np.array([77], np.int8)], "PadV2Options"
            )
        if name in ("rank2", "rank4"):
            yield rearrange(
                "PAD", f"{name}_f32", f"f32, {text}", shape, grown, [paddings], "PadOptions", dtype="float32"
            )
            value = np.array([-2.5], np.float32)
            yield rearrange(
                "PADV2",
                f"{name}_f32",
                f"f32, {text}, value -2.5",
                shape,
                grown,
                [paddings, value],
                "PadV2Options",
                dtype="float32",
            )


def reshapes():
    for name, shape, target in (
        ("flatten", (1, 4, 8, 8), (1, 256)),
        ("unfold", (2, 24), (2, 2, 3, 4)),
        ("to_rank1", (2, 3, 5), (30,)),
        ("to_rank0", (1, 1), ()),
    ):
        new, text = integers(*target), f"{shape} to {target}, by operand"
        yield rearrange("RESHAPE", name, text, shape, target, [new], "ReshapeOptions", newShape=new)
    for name, oddity, operands, values in (
        ("minus_one", "a size of -1 in the operand", [integers(3, -1)], {}),
        ("by_options", "no shape operand: the options hold the shape", [], {"newShape": integers(3, 8)}),
        ("f32", "f32", [integers(3, 8)], {"dtype": "float32", "newShape": integers(3, 8)}),
    ):
        yield rearrange("RESHAPE", name, oddity, (4, 6), (3, 8), operands, "ReshapeOptions", **values)


def single_dimensions():
    for name, oddity, shape, target, values in (
        ("all", "no dimensions named: all of size 1 go", (1, 3, 1, 5), (3, 5), {}),
        ("one", "one of two dimensions of size 1", (1, 3, 1, 5), (1, 3, 5), {"squeezeDims": integers(2)}),
        ("negative", "a negative dimension", (2, 3, 1), (2, 3), {"squeezeDims": integers(-1)}),
        ("f32", "f32", (1, 7, 1), (7,), {"dtype": "float32"}),
    ):
        yield rearrange("SQUEEZE", name, oddity, shape, target, [], "SqueezeOptions", **values)
    for name, oddity, axis, target, values in (
        ("front", "axis 0", 0, (1, 3, 5), {}),
        ("middle", "axis 1", 1, (3, 1, 5), {}),
        ("negative", "axis -1", -1, (3, 5, 1), {}),
        ("f32", "f32, axis given as [1]", [1], (3, 1, 5), {"dtype": "float32"}),
    ):
        operands = [np.array(axis, np.int32)]
        yield rearrange("EXPAND_DIMS", name, oddity, (3, 5), target, operands, "ExpandDimsOptions", **values)


def transposes():
    for order in (
        (1, 0),
        (0, 2, 1),
        (2, 1, 0),
        (1, 2, 0),
        (0, 3, 1, 2),
        (0, 2, 3, 1),
        (3, 2, 1, 0),
        (0, 1, 2, 3),
        (4, 2, 0, 3, 1),
    ):
        shape = (3, 4, 5, 2, 6)[: len(order)]
        target = tuple(shape[i] for i in order)
        name = "".join(map(str, order))
        yield rearrange(
            "TRANSPOSE", name, f"permutation {order}", shape, target, [np.array(order, np.int32)], "TransposeOptions"
        )
    yield rearrange(
        "TRANSPOSE",
        "f32",
        "f32, permutation (0, 3, 1, 2)",
        (1, 3, 4, 5),
        (1, 5, 3, 4),
        [integers(0, 3, 1, 2)],
        "TransposeOptions",
        dtype="float32",
    )


def concatenation(name, oddity, pieces, axis, dtype="int8", constant=None, quantisations=None, activation=NONE):
    graph = Graph()
    operands = []
    for index, shape in enumerate(pieces):
        known = ((quantisations or {}).get(index, USUAL)) if dtype == "int8" else ()
        if index == constant:
            operands.append(graph.constant(random_bytes(random_state(name), shape), *known))
        else:
            operands.append(graph.input(shape, dtype, *known))
    target = list(pieces[0])
    target[axis] = sum(p[axis] for p in pieces)
    result = graph.tensor(target, dtype, *(USUAL if dtype == "int8" else ()))
    graph.operator(
        "CONCATENATION", operands, [result], "ConcatenationOptions", axis=axis, fusedActivationFunction=activation
    )
    graph.output(result)
    return Case(f"concatenation_{name}", "CONCATENATION", oddity, graph)


def concatenations():
    for axis in range(4):
        pieces = [tuple(n + (i if d == axis else 0) for d, n in enumerate((1, 2, 3, 4))) for i in range(2 + axis % 3)]
        yield concatenation(f"axis{axis}", f"axis {axis}, {len(pieces)} inputs of different sizes", pieces, axis)
    yield concatenation("axis_minus_1", "negative axis", [(2, 3), (2, 5)], -1)
    yield concatenation("axis_minus_3", "negative axis, 3 inputs", [(1, 2, 3), (2, 2, 3), (1, 2, 3)], -3)
    yield concatenation("constant", "second of three inputs constant", [(2, 3), (2, 1), (2, 2)], 1, constant=1)
    yield concatenation("f32", "f32, axis 1", [(2, 3), (2, 4)], 1, dtype="float32")
    yield LeftOut(
        "concatenation_scales",
        "CONCATENATION",
        "an input quantised unlike the output",
        concatenation("", "", [(2, 3), (2, 3)], 1, quantisations={1: (0.1, -12)}).graph,
        "params.scale != output->params.scale",
    )
    yield LeftOut(
        "concatenation_zero_points",
        "CONCATENATION",
        "an input with another zero point",
        concatenation("", "", [(2, 3), (2, 3)], 1, quantisations={1: (0.0471, 3)}).graph,
        "params.zero_point != output->params.zero_point",
    )
    yield LeftOut(
        "concatenation_relu",
        "CONCATENATION",
        "fused RELU",
        concatenation("", "", [(2, 3), (2, 3)], 1, activation=RELU).graph,
        "activation != kTfLiteActNone",
    )


def cases():
    for family in (pools, means, softmaxes, pads, reshapes, single_dimensions, transposes, concatenations):
        yield from family()
