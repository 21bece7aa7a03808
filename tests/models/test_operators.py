"""Every operator with its odd cases against LiteRT's reference kernels, on the small models of operators/.

Integer outputs must be equal byte for byte. Float outputs: LiteRT's kernels are compiled code whose additions may be
contracted or reordered and whose expf and tanhf are the C library's, so they are compared within a bound: the sum of n
products, each step within half a unit in the last place (2^-24), differs by at most about n * 2^-23 of the sum of
magnitudes. With the lengths and values of these models 2^-16 relative to the largest output covers it."""

import json
import pathlib
import subprocess

import numpy
import pytest

FOLDER = pathlib.Path(__file__).resolve().parent / "operators"
CASES = json.loads((FOLDER / "cases.json").read_text())["cases"]
FLOAT_TOLERANCE = 2.0**-16


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
        if want.dtype == numpy.float32:
            bound = FLOAT_TOLERANCE * max(1e-30, float(numpy.abs(want[numpy.isfinite(want)]).max(initial=0)))
            assert numpy.allclose(got, want, rtol=0, atol=bound, equal_nan=True)
        else:
            differing = numpy.flatnonzero(got.ravel() != want.ravel())
            assert differing.size == 0, (f"{differing.size} of {want.size} differ, first at {differing[0]}: "
                                         f"{got.ravel()[differing[0]]}, LiteRT {want.ravel()[differing[0]]}")


def test_cases_cover_every_operator_that_is_read():
    covered = {case["operator"] for case in CASES}
    read = {"ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEQUANTIZE", "EXPAND_DIMS",
            "FULLY_CONNECTED", "LEAKY_RELU", "LOGISTIC", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM", "MUL", "PAD",
            "PADV2", "QUANTIZE", "RELU", "RELU6", "RELU_N1_TO_1", "RESHAPE", "SOFTMAX", "SQUEEZE", "SUB", "TANH",
            "TRANSPOSE"}
    assert read <= covered, f"no case for {sorted(read - covered)}"
