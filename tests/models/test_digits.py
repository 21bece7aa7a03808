"""The sample of docs/samples/digits: every engine gives the scores of its integer model, its script the same bytes."""

import json
import pathlib
import subprocess

import numpy
import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "samples" / "digits"
FILES = ("digits.onnx", "images.npy", "labels.npy", "expected.npy", "README.md")
LEAST_RIGHT = 55  # of 60; 57 are
NPU = ["--target", "npu-sim", "--require-intrinsic", "*", "--engine"]


@pytest.mark.parametrize("where", [[], ["--target", "cpu"], [*NPU, "spec"], [*NPU, "rtl"]],
                         ids=["reference", "cpu", "spec", "rtl"])
def test_scores(tenon, tmp_path, where):
    report = tmp_path / "report.json"
    done = subprocess.run([tenon, "run", FOLDER / "digits.onnx", "--each", "--input", FOLDER / "images.npy", "--output",
                           tmp_path / "scores.npy", "--json", report, *where], capture_output=True, text=True,
                          timeout=900)
    assert done.returncode == 0, done.stderr
    scores, labels = numpy.load(tmp_path / "scores.npy"), numpy.load(FOLDER / "labels.npy")
    assert numpy.array_equal(scores, numpy.load(FOLDER / "expected.npy"))
    if where:
        assert json.loads(report.read_text())["verified"]["bit_exact"]
    right = int((scores.reshape(len(labels), 10).argmax(1) == labels).sum())
    print(f"{right} of {len(labels)} digits are right")
    assert right >= LEAST_RIGHT


@pytest.mark.slow
def test_script_writes_the_same_bytes(repository, build_folder, tmp_path):
    python = build_folder / "sample-venv" / "bin" / "python"
    if not python.exists():
        pytest.skip("no build/sample-venv: see docs/samples/digits/README.md")
    subprocess.run([python, FOLDER / "train.py", tmp_path], check=True, cwd=repository, timeout=600)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name
