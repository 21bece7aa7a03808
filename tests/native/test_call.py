"""Rows with `call:`: functions of somebody's shared library take the layers that their meaning matches."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "driver"))

from command import MODELS, WRONG_INPUT, fail, succeed  # noqa: E402


@pytest.fixture
def chip(tmp_path):
    """A description beside the library that it names."""
    folder = tmp_path / "chip"
    folder.mkdir()
    text = (HERE / "chips" / "call.yaml").read_text()
    (folder / "call.yaml").write_text(text.replace("levels:", "libraries: [libgemm.so]\nlevels:", 1))
    subprocess.run(["clang-19", "-O1", "-shared", "-fPIC", "-o", folder / "libgemm.so", HERE / "gemm.c"], check=True)
    return folder / "call.yaml"


@pytest.mark.parametrize("model", ["fully_connected_f32", "conv_f32", "conv_f32_groups2", "conv_f32_relu6_stride2"])
def test_the_library_computes_the_products(tenon, chip, model):
    found = json.loads(succeed(tenon, "run", MODELS / f"{model}.tflite", "--target", chip, "--json", "-").stdout)
    assert found["verified"]["bit_exact"] or found["verified"]["max_abs_error"] < 1e-5
    assert found["fallback_macs"] == 0
    assert any("gemm_f32" in layer["intrinsics"] for layer in found["layers"])


def test_a_bundle_brings_the_library_along(tenon, chip, tmp_path):
    bundle = tmp_path / "out"
    succeed(tenon, "compile", MODELS / "fully_connected_f32.tflite", "--target", chip, "-o", bundle)
    shutil.rmtree(chip.parent)
    done = subprocess.run([pathlib.Path(tenon).parent / "tenon-run", bundle], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_a_library_without_the_function_is_refused(tenon, chip):
    library = chip.parent / "libgemm.so"
    subprocess.run(["clang-19", "-shared", "-fPIC", "-x", "c", "-o", library, "/dev/null"], check=True)
    model = MODELS / "fully_connected_f32.tflite"
    fail(tenon, WRONG_INPUT, "run", model, "--target", chip, said=["testGemmF32"])
