"""Halving any capacity of a description gives another legal plan; where nothing fits any more, the layer falls back
and the reason names the tensor and the bytes."""

import re

import numpy
import pytest

from chips import NAMES, chip, run_on
from command import run

MEMORY = re.compile(r"^  (\w+): \{kind: scratchpad, bytes: ([^,]+),", re.M)
BYTES = {"KiB": " * 1024", "MiB": " * 1048576"}
CAPACITIES = [(name, memory) for name in NAMES for memory, _ in MEMORY.findall(chip(name).read_text())]


def with_capacity(name, folder, divisor, only=None):
    """A copy of the chip whose scratchpads (or the one named) have a `divisor`th of their bytes."""
    def divided(found):
        memory, size = found.groups()
        if only not in (None, memory):
            return found.group(0)
        for unit, factor in BYTES.items():
            size = size.replace(" " + unit, factor)
        return f"  {memory}: {{kind: scratchpad, bytes: ({size}) / {divisor},"

    text, count = MEMORY.subn(divided, chip(name).read_text())
    assert count > 0
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


def check_run(tenon, models_folder, golden_folder, folder, target, model):
    inputs = numpy.load(golden_folder / model / "inputs_i8.npy")[:1]
    outputs, report = run_on(tenon, target, models_folder / f"{model}.tflite", [inputs[:, numpy.newaxis]], folder)
    want = numpy.load(golden_folder / model / "outputs_i8.npy")[:1]
    assert numpy.array_equal(outputs[0][:, 0], want)
    assert report["fallback_macs"] == 0
    return report


@pytest.mark.golden
@pytest.mark.slow
@pytest.mark.parametrize("name, memory", CAPACITIES)
def test_half_of_one_memory(tenon, models_folder, golden_folder, tmp_path, name, memory):
    target = with_capacity(name, tmp_path, 2, memory)
    report = check_run(tenon, models_folder, golden_folder, tmp_path, target, "mlperf_tiny_resnet8_int8")
    peaks = {entry["name"]: entry for entry in report["memory"]}
    assert peaks[memory]["peak_bytes"] <= peaks[memory]["capacity_bytes"]


@pytest.mark.golden
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_eighth_of_all(tenon, models_folder, golden_folder, tmp_path, name):
    target = with_capacity(name, tmp_path, 8)
    check_run(tenon, models_folder, golden_folder, tmp_path, target, "mlperf_tiny_ad_autoencoder_int8")


@pytest.mark.golden
@pytest.mark.slow
def test_too_little_names_tensor_and_bytes(tenon, models_folder, tmp_path):
    target = with_capacity("ws-array", tmp_path, 1024, "spad")
    done = run(tenon, "run", models_folder / "mlperf_tiny_resnet8_int8.tflite", "--target", target,
               "--require-intrinsic", "CONV_2D")
    assert done.returncode == 4
    assert re.search(r"the smallest piece needs \d+ bytes of spad, 256 are free; "
                     r"the largest part of it is tensor \w+ with \d+ bytes", done.stderr), done.stderr
