"""Small models on described chips: what a chip has an instruction for runs there, all else on the host, and every
output is the reference's and LiteRT's."""

import json
import re

import numpy
import pytest

from chips import NAMES, TESTS, chip, fallen, run_on

OPERATORS = TESTS / "models" / "operators"
CASES = {case["name"]: case for case in json.loads((OPERATORS / "cases.json").read_text())["cases"]}

# One of every kind of access, quantisation and neighbour, small enough for three chips.
ON_EVERY_CHIP = [
    "conv_stride2_same_even_image", "conv_stride2_same_odd_image", "conv_stride3_valid", "conv_strides_1_2",
    "depthwise_stride2_same_even_image", "depthwise_dilation_1_2", "fully_connected_batch1", "fully_connected_batch7",
    "fully_connected_no_bias", "add_same_shape", "add_trailing", "average_pool_2d_same_edges", "max_pool_2d_valid",
    "mean_axes_1_2_kept", "softmax_10_usual", "pad_channels", "transpose_0231", "concatenation_axis3",
    "reshape_flatten", "graph_residual_classifier", "graph_tensor_used_twice", "graph_two_outputs", "graph_two_inputs",
    "graph_output_used_inside", "graph_late_branch", "relu_f32", "quantize_f32_half", "dequantize_usual",
]
# Whose operators the chips have instructions for.
ON_THE_CHIP = ["conv_stride2_same_even_image", "conv_stride3_valid", "fully_connected_batch1", "fully_connected_batch7",
               "add_same_shape"]


def check(tenon, folder, target, name, *arguments):
    golden = numpy.load(OPERATORS / f"{name}.npz")
    inputs = [golden[f"input{i}"] for i in range(len(CASES[name]["inputs"]))]
    outputs, report = run_on(tenon, target, OPERATORS / f"{name}.tflite", inputs, folder, *arguments, seconds=120)
    if CASES[name]["operator"] != "SOFTMAX":
        for number, got in enumerate(outputs):
            assert numpy.array_equal(got, golden[f"output{number}"])
    return report


@pytest.mark.parametrize("model", ON_EVERY_CHIP)
@pytest.mark.parametrize("name", [name if name == NAMES[-1] else pytest.param(name, marks=pytest.mark.slow)
                                  for name in NAMES])
def test_operator(tenon, tmp_path, name, model):
    report = check(tenon, tmp_path, chip(name), model)
    if model in ON_THE_CHIP:
        assert fallen(report) == []
    assert report["fallback_macs"] == sum(layer["macs"] for layer in report["layers"] if layer["where"] == "host")


@pytest.mark.skipif("npu-sim" not in NAMES, reason="targets/npu-sim is not there")
@pytest.mark.parametrize("model", [name for name, case in CASES.items()
                                   if case["operator"] == "MAX_POOL_2D" and case["inputs"][0]["dtype"] == "int8"])
def test_maximum_pooling(tenon, tmp_path, model):
    """Padding never wins, limits are kept, windows are larger than images: one instruction for all of them."""
    report = check(tenon, tmp_path, chip("npu-sim"), model, "--require-intrinsic", "MAX_POOL_2D")
    assert fallen(report) == []
    assert {name for layer in report["layers"] for name in layer["intrinsics"]} == {"max_pool"}


# The drain shifts to the right alone, which a scale of 1 or more cannot do with.
SCALES_OF_1_AND_MORE = {f"{kind}_multiplier_{scale}" for kind in ["conv", "depthwise"] for scale in
                        ["above_1", "rounds_up"]}


@pytest.mark.slow
@pytest.mark.skipif("npu-sim" not in NAMES, reason="targets/npu-sim is not there")
@pytest.mark.parametrize("model", [name for name, case in CASES.items()
                                   if case["operator"] in ["CONV_2D", "DEPTHWISE_CONV_2D"]
                                   and case["inputs"][0]["dtype"] == "int8"])
def test_every_convolution_is_the_chips(tenon, tmp_path, model):
    """Strides, dilation, groups, multiples of channels, kernels past the image, batches, without a bias."""
    report = check(tenon, tmp_path, chip("npu-sim"), model)
    on_chip = all(layer["where"] == "target" for layer in report["layers"])
    assert on_chip == (model not in SCALES_OF_1_AND_MORE)


@pytest.mark.skipif("npu-sim" not in NAMES, reason="targets/npu-sim is not there")
@pytest.mark.parametrize("model", ["average_pool_2d_valid", "average_pool_2d_batch2", "average_pool_2d_relu6",
                                   "average_pool_2d_stride_past_window", "average_pool_2d_whole_image"])
@pytest.mark.parametrize("size", [8, 16])
def test_average_pooling_without_edges(tenon, tmp_path, model, size):
    """The weights are ones that the model does not have."""
    report = check(tenon, tmp_path, chip("npu-sim"), model, "--param", f"DIM={size}")
    assert fallen(report) == []


@pytest.mark.skipif("npu-sim" not in NAMES, reason="targets/npu-sim is not there")
def test_a_part_of_a_node_stays_with_the_rest_on_the_host(tenon, tmp_path):
    """The chip could take softmax's maximum, and nothing else of it."""
    report = check(tenon, tmp_path, chip("npu-sim"), "softmax_10_usual")
    assert [layer["where"] for layer in report["layers"]] == ["host"]
    assert "none computes the rest" in report["layers"][0]["reason"]


def packed_only(folder, most):
    """The chip with packed convolutions that cost nothing and take at most `most` columns, and moves of 32 bytes, so
    that uses begin and copies end within an image's row."""
    text = chip("npu-sim").read_text()
    head, packed, tail = re.match(r"(.*\n)(  conv_packed:.*?\n)(\n?  # Depthwise.*)", text, re.S).groups()
    assert packed.count("c: none, j:") == 1 and head.count("e: 1..16384") == 1
    packed = packed.replace("c: none, j:", f"c: none, x: 1..{most}, j:")
    packed = packed.replace("    timing:\n", "    timing:\n      extra: 0\n")
    packed = re.sub(r"(execute|weights|drain): .*nb \*.*", r"\1: 1", packed)
    path = folder / "target.yaml"
    path.write_text(head.replace("e: 1..16384", "e: 1..32") + packed + tail)
    return path


@pytest.mark.skipif("npu-sim" not in NAMES, reason="targets/npu-sim is not there")
@pytest.mark.parametrize("most", [1, 2, 1024])
@pytest.mark.parametrize("model", ["conv_kernel4_same_even_image", "conv_strides_1_2", "conv_stride3_valid",
                                   "conv_kernel_10x4_one_channel"])
def test_images_as_rows_of_bytes(tenon, tmp_path, model, most):
    report = check(tenon, tmp_path, packed_only(tmp_path, most), model)
    assert [layer["intrinsics"] for layer in report["layers"]] == [["conv_packed"]]


MAX_TILES = """
  max_tiles:
    doc: The larger of two tensors, element by element.
    queue: execute
    sizes: {nb: 1..64, y: 1..1024, x: 1..1024, n: 1..DIM}
    operands:
      a: {type: "i8[nb, y, x, n]", memory: spad, stride: {nb: any, y: any, x: any}}
      r: {type: "i8[nb, y, x, n]", memory: spad, stride: {nb: any, y: any, x: any}}
      out: {type: "i8[nb, y, x, n]", memory: spad, access: write, stride: {nb: any, y: any, x: any}, outside: undefined}
    semantics: out[nb, y, x, n] = max(a[nb, y, x, n], r[nb, y, x, n])
    needs:
      in.plane: a.stride.nb
      in.pitch: a.stride.y
      in.step: a.stride.x
      kernel.n: n
      kernel.y: y
      kernel.x: x
      kernel.plane: out.stride.nb
      kernel.pitch: out.stride.y
      kernel.step: out.stride.x
      residual.plane: r.stride.nb
      residual.pitch: r.stride.y
      residual.step: r.stride.x
    command: {word: conv, op: 0x4f, wait: sem.wait, wait_id: sem.wait.id, wait_count: sem.wait.count, signal: sem.signal, signal_id: sem.signal.id, nb: nb - 1, input: a.addr, residual: r.addr, out: out.addr}
    timing: {latency: 20, busy: {execute: nb * y * x, drain: nb * y * x}, extra: 20}
"""


@pytest.mark.skipif("npu-sim" not in NAMES, reason="targets/npu-sim is not there")
def test_a_new_instruction_is_used_without_a_line_of_code(tenon, tmp_path):
    """The chip has no maximum: it falls back. With an instruction for it in the description, it does not."""
    text = chip("npu-sim").read_text()
    assert text.count("\nintrinsics:\n") == 1
    (tmp_path / "target.yaml").write_text(text.replace("\nintrinsics:\n", "\nintrinsics:\n" + MAX_TILES))
    before = check(tenon, tmp_path, chip("npu-sim"), "maximum_same_shape")
    assert fallen(before) == ["MAXIMUM"]
    after = check(tenon, tmp_path, tmp_path / "target.yaml", "maximum_same_shape", "--require-intrinsic", "MAXIMUM")
    assert fallen(after) == []
    assert [layer["intrinsics"] for layer in after["layers"]] == [["max_tiles"]]
