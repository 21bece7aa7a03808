"""tenon inspect: the numbers of its table and its JSON, against the models' own."""

import json

import numpy
import pytest

import command
from command import MODELS, TWO_OUTPUTS, succeed

NODE_KEYS = ["name", "node", "op", "outputs", "macs", "live_bytes"]


def inspected(tenon, model):
    return json.loads(succeed(tenon, "inspect", model, "--json", "-").stdout)


def test_json(tenon):
    found = inspected(tenon, TWO_OUTPUTS)
    assert list(found) == ["schema", "model", "inputs", "outputs", "macs", "constant_bytes", "peak_live_bytes", "nodes"]
    assert found["schema"] == "tenon.inspect/1" and found["model"] == str(TWO_OUTPUTS)
    assert all(list(node) == NODE_KEYS for node in found["nodes"])
    assert [node["node"] for node in found["nodes"]] == ["CONV_2D #0 (tensor3)", "MEAN #1 (output1)", "CONV_2D #2 (output0)"]


def test_tensors_are_those_of_the_cases(tenon):
    described = command.case("graph_two_outputs")
    found = inspected(tenon, TWO_OUTPUTS)
    for kind in ("inputs", "outputs"):
        for got, want in zip(found[kind], described[kind], strict=True):
            assert got["shape"] == want["shape"] and got["type"] == "i8"
            assert (got["scale"], got["zero_point"]) == (want["scale"], want["zero_point"])


def test_floats_have_no_scale(tenon):
    found = inspected(tenon, command.ONE)
    assert all(tensor["scale"] is None and tensor["zero_point"] is None and tensor["type"] == "f32"
               for tensor in found["inputs"] + found["outputs"])


def test_macs_and_live_bytes(tenon):
    """Counted by hand: an image of 6x6x3, then 6x6x4 and from it 1x4 and 6x6x2."""
    found = inspected(tenon, TWO_OUTPUTS)
    assert [node["macs"] for node in found["nodes"]] == [6 * 6 * 4 * 3 * 3 * 3, 0, 6 * 6 * 2 * 4]
    image, middle, mean, last = 6 * 6 * 3, 6 * 6 * 4, 4, 6 * 6 * 2
    assert [node["live_bytes"] for node in found["nodes"]] == [image + middle, middle + mean, middle + mean + last]
    assert found["macs"] == sum(node["macs"] for node in found["nodes"])
    assert found["peak_live_bytes"] == max(node["live_bytes"] for node in found["nodes"])


def test_table(tenon):
    text = succeed(tenon, "inspect", TWO_OUTPUTS).stdout
    for part in ("input0: i8[1, 6, 6, 3]", "output1: i8[1, 4]", "CONV_2D", "MEAN", "3,888", "4,176 MACs"):
        assert part in text
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_quiet(tenon):
    assert succeed(tenon, "inspect", TWO_OUTPUTS, "--quiet").stdout == ""


def test_ir_is_printed(tenon):
    text = succeed(tenon, "inspect", TWO_OUTPUTS, "--ir").stdout
    assert "func.func @main" in text and "linalg.generic" in text and "CONV_2D" in text


@pytest.mark.parametrize("model", ["graph_two_outputs", "graph_residual_classifier", "softmax_10_usual"])
def test_saved_ir_is_the_same_model(tenon, tmp_path, model):
    """Read back, it computes the same bytes."""
    succeed(tenon, "inspect", MODELS / f"{model}.tflite", "--quiet", "--save-ir", tmp_path / "m.mlir")
    for name, path in (("a", MODELS / f"{model}.tflite"), ("b", tmp_path / "m.mlir")):
        succeed(tenon, "run", path, "--seed", "3", "--quiet", "--output-dir", tmp_path / name)
    assert (tmp_path / "a" / "outputs.json").read_text() == (tmp_path / "b" / "outputs.json").read_text()
    for file in sorted((tmp_path / "a").glob("*.npy")):
        assert numpy.array_equal(numpy.load(file), numpy.load(tmp_path / "b" / file.name))


def test_saved_ir_on_a_full_disk(tenon, tmp_path):
    command.fail(tenon, command.SYSTEM_FAILED, "inspect", TWO_OUTPUTS, "--save-ir", tmp_path / "m.mlir",
                 said=["m.mlir: cannot be written"], preexec_fn=command.with_file_limit(100))
    assert command.files_in(tmp_path) == []
