"""What the commands do with the passes on the graph: the reference stays the model as it was imported, reports name every
node of what was fused, every tensor is there where that is asked for, and options that would do nothing are refused."""

import json
import pathlib

import pytest
from command import MODELS, TARGET_CANNOT, WRONG_USE, fail, succeed

TESTS = pathlib.Path(__file__).resolve().parent.parent
CHIP = TESTS / "isa" / "chips" / "ws-array.yaml"
MODEL = TESTS / "graph" / "conv_batch_norm_relu.mlir"
BUNDLED = MODELS / "fully_connected_batch7.tflite"


def report(tenon, tmp_path, *options):
    succeed(tenon, "run", MODEL, "--target", CHIP, "--json", tmp_path / "r.json", "--quiet", *options)
    return json.loads((tmp_path / "r.json").read_text())


def test_layers_name_all_nodes(tenon, tmp_path):
    layers = report(tenon, tmp_path)["layers"]
    assert [layer["op"] for layer in layers] == ["Conv + BatchNormalization", "Relu"]
    assert layers[0]["nodes"] == ["Conv #0 (sum)", "BatchNormalization #1 (normal)"]
    layers = report(tenon, tmp_path, "--no-graph-passes")["layers"]
    assert [layer["op"] for layer in layers] == ["Conv", "BatchNormalization", "Relu"]


def test_verified_against_the_imported_model(tenon, tmp_path):
    folded, plain = report(tenon, tmp_path), report(tenon, tmp_path, "--no-graph-passes")
    assert plain["verified"]["bit_exact"] is True
    assert folded["verified"]["bit_exact"] is False and 0 < folded["verified"]["max_abs_error"] < 1e-6


def test_every_tensor_is_there_where_that_is_asked_for(tenon, tmp_path):
    folder = tmp_path / "tensors"
    assert report(tenon, tmp_path, "--dump-tensors", folder)["verified"]["bit_exact"] is True
    names = [tensor["name"] for tensor in json.loads((folder / "tensors.json").read_text())["tensors"]]
    assert names == ["sum", "normal", "result"]


def test_required_intrinsics_are_of_the_imported_model(tenon):
    for pattern in ("BatchNormalization", "normal", "Conv"):
        fail(tenon, TARGET_CANNOT, "run", MODEL, "--target", CHIP, "--require-intrinsic", pattern,
             said=["Conv #0 (sum) + BatchNormalization #1 (normal)"])
    fail(tenon, WRONG_USE, "run", MODEL, "--target", CHIP, "--require-intrinsic", "Batch", said=["names no operator"])


def test_what_planners_see(tenon, tmp_path):
    succeed(tenon, "inspect", MODEL, "--optimised", "--save-ir", tmp_path / "optimised.mlir", "--quiet")
    assert "tenon.folds_into_sums" in (tmp_path / "optimised.mlir").read_text()
    done = succeed(tenon, "inspect", MODEL, "--optimised", "--no-graph-passes", "--ir")
    assert "tenon.folds_into_sums" not in done.stdout and "math.sqrt" in done.stdout
    succeed(tenon, "run", tmp_path / "optimised.mlir", "--target", CHIP, "--quiet")


@pytest.mark.parametrize("options", [["--no-graph-passes"], ["--passes", "func.func(tenon-fold-constants)"]])
def test_options_that_would_do_nothing(tenon, tmp_path, options):
    fail(tenon, WRONG_USE, "run", MODEL, *options, said=["runs the model as it was imported"])
    fail(tenon, WRONG_USE, "inspect", MODEL, *options, said=["give --optimised"])
    succeed(tenon, "compile", BUNDLED, "--target", CHIP, "-o", tmp_path / "out", "--quiet")
    fail(tenon, WRONG_USE, "run", tmp_path / "out", *options, said=[options[0], "needs the model"])


def test_passes_that_there_are_not(tenon, tmp_path):
    run = ["run", MODEL, "--target", CHIP]
    fail(tenon, WRONG_USE, *run, "--pass-plugin", tmp_path / "none.so", said=["none.so is no plugin with passes"])
    fail(tenon, WRONG_USE, *run, "--passes", "func.func(no-such-pass)", said=["no pipeline of passes", "no-such-pass"])
    succeed(tenon, *run, "--passes", "func.func(tenon-fold-constants)", "--quiet")
