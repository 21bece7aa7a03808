"""The arithmetic of quantised ONNX on the NPU: every operator of a small model is done by a command, on the simulator
of the description and on the RTL, and each output is the reference's."""

import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[3] / "tests"
sys.path[:0] = [str(TESTS / "driver"), str(pathlib.Path(__file__).resolve().parent)]

from channels_last import Network  # noqa: E402
from command import succeed  # noqa: E402 (of tests/driver)


def network(shape, *layers):
    made = Network(shape)
    for layer in layers:
        layer(made)
    return made


def convolution(*arguments, **options):
    return lambda made: made.convolution(made.last, *arguments, **options)


def depthwise(**options):
    return lambda made: made.depthwise(made.last, **options)


def fully_connected(outputs, **options):
    return lambda made: made.fully_connected(made.last, outputs, **options)


def largest(made):
    return made.largest(made.last)


def flattened(made):
    return made.flattened(made.last)


def with_input(**options):
    return lambda made: made.add(made.last, made.input, **options)


def digits(batch):
    """The layers of docs/samples/digits."""
    made = Network((batch, 8, 8, 1))
    stem = made.convolution(made.input, 8, zero=0, zero_out=-128)
    block = made.convolution(stem, 8, zero=-128, zero_out=-19)
    shortcut = made.convolution(stem, 8, kernel=1, pad=0, zero=-128, zero_out=15)
    largest = made.largest(made.add(block, shortcut))
    mean = made.average(made.convolution(largest, 16, zero=-128, zero_out=-128), 2, zero=-128, zero_out=-128)
    made.fully_connected(made.flattened(mean), 10, zero=-128, zero_out=42)
    return made


CASES = {
    "odd_channels": network((1, 9, 7, 20), convolution(24)),
    "whole_blocks": network((1, 9, 7, 32), convolution(32, zero=-128, zero_out=127)),
    "stride": network((1, 9, 8, 16), convolution(17, kernel=5, stride=2, pad=2, zero=127)),
    "dilation": network((1, 9, 8, 16), convolution(16, dilation=2, pad=2)),
    "image": network((2, 12, 10, 3), convolution(10, stride=2, zero=-128)),
    "saturating": network((1, 6, 6, 16), convolution(16, magnify=40, zero_out=1)),
    "vanishing": network((1, 6, 6, 16), convolution(16, magnify=1e-6, zero_out=5)),
    "limits": network((1, 6, 6, 16), convolution(16, zero_out=-20, low=-20, high=33)),
    "one_scale": network((1, 6, 6, 16), convolution(20, scales="tensor")),
    "residual": network((1, 9, 7, 32), convolution(32), with_input()),
    "residual_of_odd_channels": network((1, 9, 7, 24), convolution(24, zero_out=-128), convolution(24), with_input()),
    "residual_is_the_input": network((1, 9, 7, 24), convolution(24), with_input()),
    "residual_of_one_scale": network((1, 5, 5, 16), convolution(16, scales="tensor"), with_input(zero=9, low=-100)),
    "difference": network((2, 5, 4, 16), with_input(multipliers=(1 << 30, -(1 << 31)), zeros=(127, -128))),
    "sum_of_nothing": network((1, 5, 4, 20), with_input(shift=62, zero=7)),
    "sum_of_halves": network((1, 5, 4, 20), with_input(multipliers=(3, -5), shift=3, zero=1, low=-99, high=99)),
    "depthwise": network((2, 9, 7, 24), depthwise(stride=2)),
    "depthwise_residual": network((1, 6, 6, 16), depthwise(), with_input()),
    "depthwise_separable": network((1, 8, 8, 16), depthwise(zero_out=-128), convolution(32, kernel=1, pad=0)),
    "fully_connected": network((8, 70), fully_connected(10)),
    "flattened": network((1, 6, 6, 16), largest, flattened, fully_connected(10)),
    "flattened_blocks": network((1, 6, 6, 32), largest, flattened, fully_connected(10)),
    "flattened_parts_of_rows": network((2, 6, 6, 8), largest, flattened, fully_connected(10)),
    "digits": digits(1),
    "digits_batch": digits(8),
}


@pytest.mark.parametrize("engine", ["spec", "rtl"])
@pytest.mark.parametrize("case", CASES)
def test_every_operator_is_a_command(tenon, tmp_path, case, engine):
    model = tmp_path / f"{case}.mlir"
    model.write_text(CASES[case].text())
    done = succeed(tenon, "run", model, "--target", "npu-sim", "--engine", engine, "--require-intrinsic", "*",
                     seconds=300)
    assert "verified: every output is the reference's, bit for bit" in done.stdout


ONE_OPERATOR = ["add", "add_broadcast", "add_halves", "add_relu", "average_pool", "clip", "conv_depthwise",
                "conv_one_channel", "flatten_rescaled", "gemm", "gemm_turned", "global_average_pool", "matmul_bias",
                "max_pool", "max_pool_rescaled", "relu", "requantise", "sub"]


@pytest.mark.parametrize("case", ONE_OPERATOR)
def test_models_of_one_operator(tenon, case):
    """ONNX files whose operator the host has no part in."""
    done = succeed(tenon, "run", TESTS / "models" / "quantised" / f"{case}.onnx", "--target", "npu-sim",
                   "--require-intrinsic", "*")
    assert "verified: every output is the reference's, bit for bit" in done.stdout
