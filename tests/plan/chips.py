"""The chips of tests/isa/chips and of targets/, and what tenon says of a run on one, for the tests of whole models."""

import json
import pathlib
import sys

import numpy

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "driver"))

from command import run  # noqa: E402 (of tests/driver)

CHIPS = TESTS / "isa" / "chips"
TARGETS = TESTS.parent / "targets"


def chip(name):
    """The description of that name: a target's own, else that of a chip for tests."""
    target = TARGETS / name / "target.yaml"
    return target if target.exists() else CHIPS / f"{name}.yaml"


# Chips whose commands are words, so that a plan can be executed; a target's folder may have been deleted.
NAMES = [name for name in ["ws-array", "outer-product", "npu-sim"] if chip(name).exists()]


def run_on(tenon, target, model, inputs, folder, *arguments, seconds=600):
    """Runs the model on every sample of `inputs` (arrays with a leading axis); gives its outputs and its report. The
    run itself compares with the reference: exit code 0 says that they are equal."""
    files = []
    for number, values in enumerate(inputs):
        numpy.save(folder / f"input_{number}.npy", values)
        files += ["--input", folder / f"input_{number}.npy"]
    done = run(tenon, "run", model, "--target", target, "--each", *files, "--output-dir", folder / "out",
               "--json", folder / "run.json", "--quiet", *arguments, seconds=seconds)
    assert done.returncode == 0, done.stderr
    report = json.loads((folder / "run.json").read_text())
    assert report["verified"] == {"against": "reference", "bit_exact": True, "max_abs_error": 0}
    listed = json.loads((folder / "out" / "outputs.json").read_text())["outputs"]
    return [numpy.load(folder / "out" / output["file"]) for output in listed], report


def fallen(report):
    """The operators that fell back."""
    return sorted({layer["op"] for layer in report["layers"] if layer["where"] == "host"})
