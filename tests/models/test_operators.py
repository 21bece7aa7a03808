"""Every operator with its odd cases against LiteRT's reference kernels, on the small models of operators/.

Outputs must be equal bit for bit, floats too: sums in the order of the loops and one rounding an operation are what
LiteRT's reference kernels do. The exceptions are operators with exp or tanh, where LiteRT takes the C library's float
functions (glibc states at most 2 units in the last place) and Tenon the double ones rounded once (half a unit): a
softmax or logistic adds a sum or a division, each within half a unit, so 3 units bound the difference."""

import json
import pathlib
import subprocess

import numpy
import pytest

FOLDER = pathlib.Path(__file__).resolve().parent / "operators"
CASES = json.loads((FOLDER / "cases.json").read_text())["cases"]
TRANSCENDENTAL = {"LOGISTIC", "SOFTMAX", "TANH"}
MOST_UNITS = 3


def units_apart(a, b):
    """How many float32 numbers lie between two, at most over all elements; -0 and 0 are 0 apart."""
    def place(x):
        bits = x.view(numpy.int32).astype(numpy.int64)
        return numpy.where(bits < 0, -(bits & 0x7FFFFFFF), bits)
    return int(numpy.abs(place(a) - place(b)).max(initial=0))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_operator(tenon, tmp_path, case):
    golden = numpy.load(FOLDER / f"{case['name']}.npz")
    arguments = []
    for i in range(len(case["inputs"])):
        numpy.save(tmp_path / f"in{i}.npy", golden[f"input{i}"])
        arguments += ["--input", tmp_path / f"in{i}.npy"]
    done = subprocess.run([tenon, "run", FOLDER / f"{case['name']}.tflite", "--quiet", "--each", *arguments,
                           "--output-dir", tmp_path / "out"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for i in range(len(case["outputs"])):
        got, want = numpy.load(tmp_path / "out" / f"output_{i}.npy"), golden[f"output{i}"]
        assert got.dtype == want.dtype and got.shape == want.shape
        if want.dtype == numpy.float32 and case["operator"] in TRANSCENDENTAL:
            assert units_apart(got, want) <= MOST_UNITS
        else:
            bits = {1: numpy.uint8, 4: numpy.uint32, 8: numpy.uint64}[want.itemsize]
            differing = numpy.flatnonzero(got.view(bits).ravel() != want.view(bits).ravel())
            assert differing.size == 0, (f"{differing.size} of {want.size} differ, first at {differing[0]}: "
                                         f"{got.ravel()[differing[0]]}, LiteRT {want.ravel()[differing[0]]}")


def test_units_apart():
    one = numpy.float32(1)
    above = numpy.nextafter(one, numpy.float32(2))
    assert units_apart(numpy.array([one, above]), numpy.array([one, one])) == 1
    assert units_apart(numpy.array([-0.0], numpy.float32), numpy.array([0.0], numpy.float32)) == 0
    assert units_apart(numpy.array([-1e-45], numpy.float32), numpy.array([1e-45], numpy.float32)) == 2


def test_cases_cover_every_operator_that_is_read():
    covered = {case["operator"] for case in CASES}
    read = {"ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEQUANTIZE", "EXPAND_DIMS",
            "FULLY_CONNECTED", "LEAKY_RELU", "LOGISTIC", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM", "MUL", "PAD",
            "PADV2", "QUANTIZE", "RELU", "RELU6", "RELU_N1_TO_1", "RESHAPE", "SOFTMAX", "SQUEEZE", "SUB", "TANH",
            "TRANSPOSE"}
    assert read <= covered, f"no case for {sorted(read - covered)}"
