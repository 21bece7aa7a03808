"""Quantised ONNX operators on the small models of quantised/: each must equal the integer meaning of
docs/samples/digits/integer.py bit for bit, and be within one unit of the last place of ONNX Runtime's floats."""

import fractions
import json
import math
import pathlib
import random
import subprocess
import sys

import numpy
import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "docs" / "samples" / "digits"))

import integer  # noqa: E402

CASES = sorted(path.stem for path in (HERE / "quantised").glob("*.onnx"))


def run(tenon, model, tmp_path, golden, *arguments):
    inputs = []
    for name in sorted(name for name in golden.files if name.startswith("input")):
        numpy.save(tmp_path / f"{name}.npy", golden[name])
        inputs += ["--input", tmp_path / f"{name}.npy"]
    done = subprocess.run([tenon, "run", model, "--each", *inputs, "--output", tmp_path / "result.npy", *arguments],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return numpy.load(tmp_path / "result.npy")


@pytest.mark.parametrize("case", CASES)
def test_operator(tenon, tmp_path, case):
    golden = numpy.load(HERE / "quantised" / f"{case}.npz")
    got = run(tenon, HERE / "quantised" / f"{case}.onnx", tmp_path, golden)
    assert got.dtype == golden["float"].dtype and got.shape == golden["float"].shape
    apart = numpy.abs(got.astype(int) - golden["float"])
    print(f"{case}: {(apart > 0).sum()} of {apart.size} elements differ from ONNX Runtime, by {apart.max()} at most")
    assert apart.max() <= 1
    if "integer" not in golden.files or case.startswith("float_"):
        return
    differing = numpy.flatnonzero(got != golden["integer"])
    assert differing.size == 0, (f"{differing.size} of {got.size} differ, first at {differing[0]}: "
                                 f"{got.ravel()[differing[0]]}, wanted {golden['integer'].ravel()[differing[0]]}")


def half_even(sum_, ratio):
    return round(fractions.Fraction(sum_) * ratio)  # Python rounds halves to even


def half_up(sum_, m, shift):
    return (sum_ * m + (1 << shift - 1)) >> shift if shift > 0 else sum_ * m << -shift


@pytest.mark.parametrize("ratio", [0.5, 0.25, 0.75, 1.0, 1.5, 2.0 ** -20, 3 * 2.0 ** -22] +
                         [random.Random(i).uniform(2, 4) * 2.0 ** -(i % 24 + 2) for i in range(60)])
def test_one_rounding_is_that_of_the_real_product_but_for_halves(ratio):
    """Both are monotone, so that it is enough to look where either takes a step. They differ where the real product is
    a half, or as near to one as a multiplier of 31 bits can see (2**-23 for results of nine bits), and nowhere else."""
    m, shift = integer.multiplier(ratio)
    exact, halves, near = fractions.Fraction(ratio), 0, 0
    for level in range(-256, 256):
        step = (level + fractions.Fraction(1, 2)) / exact
        for sum_ in range(math.floor(step) - 1, math.ceil(step) + 2):
            if not -2 ** 31 <= sum_ < 2 ** 31 or half_up(sum_, m, shift) == half_even(sum_, exact):
                continue
            distance = abs(abs(sum_ * exact - math.floor(sum_ * exact)) - fractions.Fraction(1, 2))
            assert distance < fractions.Fraction(1, 2 ** 23)
            assert half_up(sum_, m, shift) - half_even(sum_, exact) in (-1, 1)
            halves += distance == 0
            near += distance != 0
    print(f"ratio {ratio}: {halves} exact halves and {near} near ones differ")
    if ratio in (0.5, 0.25):
        assert halves > 0  # the count sees what it is there for
    if math.frexp(ratio)[0] * 2 ** 31 == m:
        assert near == 0  # an exact multiplier differs in exact halves alone


def test_every_quantised_operator_has_a_case():
    text = b"".join((HERE / "quantised" / f"{case}.onnx").read_bytes() for case in CASES)
    for operator in ("QLinearConv", "QLinearMatMul", "QGemm", "QLinearAdd", "QLinearMul", "QLinearConcat",
                     "QLinearAveragePool", "QLinearGlobalAveragePool", "Conv", "Gemm", "MatMul", "Add", "Sub", "Mul",
                     "Relu", "Clip", "MaxPool", "AveragePool",
                     "GlobalAveragePool", "Concat", "Reshape", "Flatten", "Transpose"):
        assert b'"' + bytes([len(operator)]) + operator.encode() in text, f"no case has {operator}"


def test_files_of_floats_are_quantised_by_the_edges_scales(tenon, tmp_path):
    """--float-io with UINT8 in and out: what comes is the integers' own meaning."""
    golden = numpy.load(HERE / "quantised" / "network_qdq_unsigned.npz")
    model = HERE / "quantised" / "network_qdq_unsigned.onnx"
    described = subprocess.run([tenon, "inspect", model, "--json", "-"], capture_output=True, text=True, timeout=60)
    assert described.returncode == 0, described.stderr
    description = json.loads(described.stdout)
    (edge_in, edge_out) = (description[kind][0] for kind in ("inputs", "outputs"))
    integers = run(tenon, model, tmp_path, golden)
    real = (golden["input0"].astype(float) - edge_in["zero_point"]) * edge_in["scale"]
    floats = run(tenon, model, tmp_path, FloatInput(real.astype(numpy.float32)), "--float-io")
    want = (integers.astype(float) - edge_out["zero_point"]) * edge_out["scale"]
    assert floats.dtype == numpy.float32 and numpy.array_equal(floats, want.astype(numpy.float32))


def test_files_of_floats_need_a_scale(tenon, tmp_path):
    """One tensor that two scales are said of."""
    done = subprocess.run([tenon, "run", HERE / "quantised" / "float_two_scales.onnx", "--float-io"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "the input input0: i8[3, 5] has no scale in the model, or more than one" in done.stderr


class FloatInput:
    """As much of a golden file as run() reads."""

    files = ["input0"]

    def __init__(self, value):
        self.value = value

    def __getitem__(self, name):
        return self.value


def test_the_difference_from_onnx_runtime_is_printed(tenon):
    done = subprocess.run([sys.executable, HERE / "quantised" / "difference.py", tenon], capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stderr
    assert "by 1 at most" in done.stdout.splitlines()[-1]


def test_unsigned_edges_take_unsigned_files(tenon, tmp_path):
    golden = numpy.load(HERE / "quantised" / "conv_unsigned.npz")
    numpy.save(tmp_path / "in.npy", golden["input0"][0].view(numpy.int8))
    done = subprocess.run([tenon, "run", HERE / "quantised" / "conv_unsigned.onnx", "--input", tmp_path / "in.npy"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 3 and "the file has dtype |i1, input0 needs |u1" in done.stderr


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("network_")])
def test_network_as_native_code(tenon, tmp_path, case):
    golden = numpy.load(HERE / "quantised" / f"{case}.npz")
    model = HERE / "quantised" / f"{case}.onnx"
    native = run(tenon, model, tmp_path, golden, "--target", "cpu")
    assert numpy.array_equal(native, run(tenon, model, tmp_path, golden))
