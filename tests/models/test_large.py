"""ResNet-50 and an encoder layer of BERT with random weights, made small: every layer is there, with fewer channels and
pixels. The published sizes: bench/cpu/large.py.
"""

import json
import pathlib
import subprocess
import sys

import numpy
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "large"))

import generate  # noqa: E402

SIZES = {
    "resnet50": ["--image", "64", "--width", "0.25", "--classes", "100"],
    # Nothing is a multiple of a vector: 10, 21, 43, 87 channels, images of odd sizes.
    "resnet50_odd": ["--image", "61", "--width", "0.17", "--classes", "37"],
    "bert": ["--hidden", "192", "--heads", "6", "--inner", "768", "--sequence", "32"],
    "bert_odd": ["--hidden", "111", "--heads", "3", "--inner", "259", "--sequence", "37"],
}
CASES = [(size, kind) for size in SIZES for kind in ("float", "float-batch-norm", "int8", "uint8")
         if not (size.startswith("bert") and kind == "float-batch-norm")]


def run(tenon, model, target, result, *arguments):
    """Report and output of one inference."""
    folder, name = model.parent, model.stem
    inputs = [f"{path.stem.split('.')[1]}={path}" for path in sorted(folder.glob(f"{name}.*.npy"))
              if not path.stem.endswith(".expected")]
    report = result.with_suffix(".json")
    done = subprocess.run([tenon, "run", model, "--target", target, "--quiet", *(x for i in inputs for x in ("--input", i)),
                           "--output", result, "--json", report, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(report.read_text()), numpy.load(result)


@pytest.mark.parametrize("size,kind", CASES)
def test_network_is_the_same_on_reference_and_cpu(tenon, tmp_path, size, kind):
    model = generate.generate(generate.parse(
        [size.split("_")[0], "--kind", kind, "-o", str(tmp_path), "--name", "network", *SIZES[size]]))
    expected = numpy.load(tmp_path / "network.expected.npy")
    largest = numpy.abs(expected).max()
    _, reference = run(tenon, model, "reference", tmp_path / "reference.npy")
    assert reference.shape == expected.shape
    if kind.startswith("float"):
        assert numpy.abs(reference - expected).max() <= 1e-3 * largest
    else:  # quantised in 50 places: still the same network
        assert numpy.corrcoef(reference.ravel(), expected.ravel())[0, 1] > 0.8
    report, native = run(tenon, model, "cpu", tmp_path / "native.npy", "--threads", "2")
    assert report["fallback_macs"] == 0
    assert report["verified"]["against"] == "reference"
    (weights,) = [row["peak_bytes"] for row in report["memory"] if row["name"] == "weights"]
    # A processor without products of bytes has them as i16; no row has them once for each lane.
    assert weights <= 3 * model.stat().st_size
    if kind.startswith("float"):
        assert numpy.abs(native - reference).max() <= 1e-3 * largest
    else:
        assert report["verified"]["bit_exact"]
        assert numpy.array_equal(native, reference)


def test_the_same_options_give_the_same_model(tmp_path):
    made = [generate.generate(generate.parse(["bert", "--kind", "int8", "-o", str(tmp_path / folder), *SIZES["bert_odd"]]))
            for folder in ("first", "second")]
    assert made[0].read_bytes() == made[1].read_bytes()
