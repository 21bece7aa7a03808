"""CONV_2D and DEPTHWISE_CONV_2D: geometry, groups, scales and multipliers at the ends of their ranges."""

from case import NONE, RELU, RELU6, RELU_N1_TO_1, SAME, VALID, Case, LeftOut, random_state
from model_builder import Graph
from weighted import Numbers, float_operands, int8_operands, int8_result, scales_of_multiplier_rounding_up

NAMES = {"CONV_2D": "conv", "DEPTHWISE_CONV_2D": "depthwise"}


def output_size(size, kernel, stride, dilation, padding):
    extent = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == SAME else (size - extent) // stride + 1


def convolution(
    operator,
    name,
    oddity,
    image=(1, 8, 7, 4),
    filters=6,
    kernel=(3, 3),
    stride=(1, 1),
    dilation=(1, 1),
    padding=SAME,
    activation=NONE,
    groups=1,
    bias=True,
    dtype="int8",
    values=None,
    **numbers,
):
    """One convolution. For the depthwise one `filters` is the depth multiplier. `numbers` are the fields of Numbers."""
    depthwise = operator == "DEPTHWISE_CONV_2D"
    channels = image[3] * filters if depthwise else filters
    shape = (1, *kernel, channels) if depthwise else (filters, *kernel, image[3] // groups)
    sizes = [output_size(image[i + 1], kernel[i], stride[i], dilation[i], padding) for i in range(2)]
    target_shape = (image[0], *sizes, channels)
    graph = Graph()
    if dtype == "int8":
        numbers = Numbers(**numbers)
        operands = int8_operands(graph, random_state(name), image, shape, 3 if depthwise else 0, bias, numbers)
        taps = kernel[0] * kernel[1] * (1 if depthwise else shape[3])
        target = int8_result(graph, target_shape, operands, taps, numbers)
    else:
        operands = float_operands(graph, random_state(name), image, shape, channels, bias)
        target = graph.tensor(target_shape, "float32")
    options = {"strideH": stride[0], "strideW": stride[1], "padding": padding, "fusedActivationFunction": activation}
    options |= {"dilationHFactor": dilation[0], "dilationWFactor": dilation[1]}
    if depthwise:
        options["depthMultiplier"] = filters
    graph.operator(operator, operands, [target], "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions", **options)
    graph.output(target)
    return Case(f"{NAMES[operator]}_{name}", operator, oddity, graph, values)


def geometry():
    """(name, oddity, settings) that CONV_2D and DEPTHWISE_CONV_2D share."""
    return [
        (
            "stride2_same_even_image",
            "stride 2, 3x3 on 8x8: SAME pads only below and right",
            dict(image=(1, 8, 8, 4), stride=(2, 2)),
        ),
        (
            "stride2_same_odd_image",
            "stride 2, 3x3 on 7x9: SAME pads on both sides",
            dict(image=(1, 7, 9, 4), stride=(2, 2)),
        ),
        (
            "stride3_valid",
            "stride 3, VALID, the last column is never read",
            dict(image=(1, 11, 9, 3), stride=(3, 3), padding=VALID),
        ),
        ("strides_1_2", "unequal strides", dict(image=(1, 6, 9, 3), stride=(1, 2))),
        ("strides_3_1", "unequal strides, the larger one vertical", dict(image=(1, 10, 5, 3), stride=(3, 1))),
        (
            "stride_past_kernel",
            "stride 3 with a 2x2 kernel: pixels between windows are never read",
            dict(image=(1, 8, 8, 2), kernel=(2, 2), stride=(3, 3), padding=VALID),
        ),
        ("dilation2_same", "dilation 2, SAME", dict(image=(1, 9, 8, 3), dilation=(2, 2))),
        ("dilation2_valid", "dilation 2, VALID", dict(image=(1, 9, 8, 3), dilation=(2, 2), padding=VALID)),
        ("dilation_1_2", "dilation only along the width, SAME", dict(image=(1, 7, 9, 3), dilation=(1, 2))),
    ]


def kernels():
    return [
        (
            "kernel2_same_odd_image",
            "2x2 kernel, SAME on 5x7: one row below and one column right of padding",
            dict(image=(1, 5, 7, 3), kernel=(2, 2)),
        ),
        (
            "kernel4_same_even_image",
            "4x4 kernel, SAME on 8x6: 1 of padding before, 2 after",
            dict(image=(1, 8, 6, 2), kernel=(4, 4)),
        ),
        (
            "kernel2_stride2_same",
            "2x2 kernel, stride 2, SAME on 7x8: one direction padded",
            dict(image=(1, 7, 8, 3), kernel=(2, 2), stride=(2, 2)),
        ),
        (
            "kernel_past_image_same",
            "5x7 kernel on a 3x2 image: every window reaches over all edges",
            dict(image=(1, 3, 2, 3), kernel=(5, 7)),
        ),
        (
            "whole_image_valid",
            "kernel as large as the image: one output pixel",
            dict(image=(1, 4, 5, 3), kernel=(4, 5), padding=VALID),
        ),
        ("kernel1_stride2", "1x1 kernel, stride 2", dict(image=(1, 7, 7, 5), kernel=(1, 1), stride=(2, 2))),
        (
            "kernel_10x4_one_channel",
            "10x4 kernel, stride 2, one input channel",
            dict(image=(1, 25, 10, 1), filters=8, kernel=(10, 4), stride=(2, 2)),
        ),
        ("batch2", "two images", dict(image=(2, 5, 5, 3))),
    ]


def quantisation():
    """(name, oddity, settings) of int8 scales, zero points, weights and activations."""
    return [
        ("per_tensor", "one weight scale", dict(per_channel=False)),
        ("zero_points_lowest", "both zero points -128", dict(input_zero=-128, output_zero=-128)),
        ("zero_points_highest", "both zero points 127: padding is 127 too", dict(input_zero=127, output_zero=127)),
        ("zero_points_0_5", "zero points 0 and 5", dict(input_zero=0, output_zero=5)),
        ("relu", "fused RELU, output zero point away from -128", dict(activation=RELU, output_zero=-20)),
        (
            "relu6",
            "fused RELU6 that cuts on both sides",
            dict(activation=RELU6, output_zero=-50, output_scale=0.06, input_scale=0.004, weight_scale=0.004),
        ),
        (
            "relu_n1_to_1",
            "fused RELU_N1_TO_1 with bounds inside the int8 range",
            dict(activation=RELU_N1_TO_1, output_zero=3, output_scale=0.02, input_scale=0.004, weight_scale=0.002),
        ),
        (
            "relu6_past_int8",
            "fused RELU6 whose upper bound lies past 127",
            dict(activation=RELU6, output_zero=100, output_scale=0.1, input_scale=0.01, weight_scale=0.005),
        ),
        (
            "weights_lowest",
            "weights hold -128, which the quantisation specification leaves out",
            dict(weights=(-128, -120)),
        ),
        ("saturating", "output scale so small that nearly all outputs saturate", dict(output_scale=1e-3)),
    ]


def multipliers():
    """Sums are kept small where they would leave the int8 range."""
    small = dict(input_zero=0, kernel=(1, 1))
    halves = dict(input_scale=0.5, output_scale=0.25, per_channel=False, **small)
    few = dict(weights=(-3, 3), bias_range=9, values=(-10, 10))
    tiny = dict(input_scale=0.001, weight_scale=0.001, output_scale=8.0, bias_range=2**30)
    nothing = dict(input_scale=1e-6, weight_scale=1e-6, output_scale=50.0, bias_range=2**30)
    above = dict(input_scale=0.5, weight_scale=0.5, output_scale=0.07, weights=(-1, 1), bias_range=3, values=(-8, 8))
    rounding_up = scales_of_multiplier_rounding_up()
    return [
        ("multiplier_above_1", "multipliers from 1 to 7: left shifts", dict(**above, **small)),
        ("multiplier_tiny", "multipliers near 2^-23: right shifts past 20, sums made of the bias", tiny),
        ("multiplier_zero", "multipliers below 2^-32, which become 0: every output is the zero point", nothing),
        (
            "multiplier_rounds_up",
            "a multiplier whose mantissa rounds up to 2^31",
            dict(**rounding_up, per_channel=False, **few, **small),
        ),
        ("multiplier_half", "multiplier 1/2: ties, negative ones too", dict(weight_scale=0.25, **few, **halves)),
        (
            "multiplier_eighth",
            "multiplier 1/8: ties in the second rounding",
            dict(weight_scale=0.0625, weights=(-5, 5), bias_range=30, values=(-40, 40), **halves),
        ),
    ]


def one_sided():
    """What only one of the two operators has."""
    yield convolution(
        "CONV_2D",
        "groups2",
        "two groups: input channels are twice the filter's",
        image=(1, 5, 6, 6),
        filters=8,
        groups=2,
    )
    yield convolution(
        "CONV_2D",
        "groups3_per_tensor",
        "three groups, one weight scale",
        image=(1, 5, 6, 6),
        filters=6,
        groups=3,
        per_channel=False,
    )
    yield convolution("CONV_2D", "channels_17_5", "17 channels in, 5 out", image=(1, 4, 5, 17), filters=5)
    yield convolution("CONV_2D", "channels_3_1", "3 channels in, 1 out", image=(1, 6, 6, 3), filters=1)
    yield convolution(
        "CONV_2D",
        "kernel1_image1",
        "1x1 kernel on a 1x1 image, 33 channels",
        image=(1, 1, 1, 33),
        filters=9,
        kernel=(1, 1),
    )
    yield convolution(
        "CONV_2D", "f32_groups2", "f32, two groups", dtype="float32", filters=4, groups=2, image=(1, 5, 5, 4)
    )
    yield convolution("DEPTHWISE_CONV_2D", "multiplier1", "depth multiplier 1", image=(1, 6, 5, 6), filters=1)
    yield convolution(
        "DEPTHWISE_CONV_2D", "multiplier3_channels5", "depth multiplier 3 on 5 channels", image=(1, 5, 6, 5), filters=3
    )
    yield convolution(
        "DEPTHWISE_CONV_2D", "channels17", "17 channels, depth multiplier 1", image=(1, 5, 4, 17), filters=1
    )
    yield convolution("DEPTHWISE_CONV_2D", "no_bias", "bias left out: two operands", bias=False, filters=2)
    yield convolution("DEPTHWISE_CONV_2D", "f32_no_bias", "f32, bias left out", bias=False, dtype="float32", filters=1)


def refused():
    for operator, name, bias, message in (
        ("CONV_2D", "two operands", False, "has_bias was not true"),
        ("CONV_2D", "bias index -1", None, "was optional but was expected"),
        ("DEPTHWISE_CONV_2D", "bias index -1", None, "was optional but was expected"),
    ):
        graph = convolution(operator, "refused", "", bias=False, filters=2).graph
        if bias is None:
            graph.operators[0][2].append(None)
        label = f"{NAMES[operator]}_no_bias" + ("" if bias is False else "_index")
        yield LeftOut(label, operator, f"no bias: {name}", graph, message)
    graph = convolution("CONV_2D", "refused", "").graph
    graph.tensors[1].zero_point = 3
    yield LeftOut("conv_weight_zero_point", "CONV_2D", "weights with zero point 3", graph, "zero_point->data[i] != 0")


# The depthwise kernel shares the geometry and the rescaling, so these say nothing new of it.
NOT_FOR_DEPTHWISE = {
    "strides_3_1",
    "stride_past_kernel",
    "dilation2_valid",
    "kernel4_same_even_image",
    "whole_image_valid",
    "kernel1_stride2",
    "zero_points_0_5",
    "relu6_past_int8",
    "multiplier_zero",
    "relu",
}


def cases():
    for name, oddity, settings in geometry() + kernels() + quantisation() + multipliers():
        channels = settings.get("image", (1, 1, 1, 4))[3]
        yield convolution("CONV_2D", name, oddity, **settings)
        if name not in NOT_FOR_DEPTHWISE:
            depth_multiplier = 8 if channels == 1 else 1 + channels % 2
            yield convolution("DEPTHWISE_CONV_2D", name, oddity, **{**settings, "filters": depth_multiplier})
    yield from one_sided()
    for operator, filters in (("CONV_2D", 5), ("DEPTHWISE_CONV_2D", 2)):
        yield convolution(operator, "f32", "f32", dtype="float32", filters=filters, image=(1, 6, 5, 3))
        yield convolution(
            operator,
            "f32_relu6_stride2",
            "f32, two images, stride 2, VALID, fused RELU6",
            dtype="float32",
            filters=filters,
            image=(2, 7, 8, 3),
            stride=(2, 2),
            padding=VALID,
            activation=RELU6,
        )
        yield convolution(
            operator,
            "f32_dilation2_same",
            "f32, dilation 2, SAME, fused RELU_N1_TO_1",
            dtype="float32",
            filters=filters,
            image=(1, 7, 6, 3),
            dilation=(2, 2),
            activation=RELU_N1_TO_1,
        )
    yield from refused()
