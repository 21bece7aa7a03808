"""A float ONNX model gives its stored output, on the reference and as native code."""

import json
import subprocess

import numpy
import pytest

LARGEST_DIFFERENCE = 1e-5  # relative to the largest value of the stored output


def stored_floats(path, count):
    """The floats of a TensorProto whose raw data ends the file."""
    return numpy.frombuffer(path.read_bytes()[-4 * count:], "<f4")


@pytest.mark.parametrize("target", ["reference", "cpu"])
def test_digit_classifier_gives_its_stored_output(tenon, models_folder, tmp_path, target):
    inputs = models_folder.parent / "inputs"
    result, report = tmp_path / "out.npy", tmp_path / "report.json"
    done = subprocess.run(
        [tenon, "run", models_folder / "mnist_cnn_f32.onnx", "--target", target, "--quiet", "--input",
         inputs / "mnist_input_0.pb", "--output", result, "--json", report], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    got, want = numpy.load(result).ravel(), stored_floats(inputs / "mnist_output_0.pb", 10)
    assert got.shape == want.shape
    assert numpy.abs(got - want).max() <= LARGEST_DIFFERENCE * numpy.abs(want).max()
    layers = json.loads(report.read_text())["layers"]
    assert any("Conv" in layer["op"] for layer in layers)
    assert sum(layer["macs"] for layer in layers) > 0


def test_ops_lists_what_is_read(tenon):
    done = subprocess.run([tenon, "ops", "--json", "-"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == "tenon.ops/1"
    names = {(each["format"], each["operator"]) for each in found["operators"]}
    assert {("onnx", "Conv"), ("onnx", "MatMul"), ("tflite", "CONV_2D")} <= names
    text = subprocess.run([tenon, "ops"], capture_output=True, text=True, timeout=60).stdout
    assert all(name in text for _, name in names)
