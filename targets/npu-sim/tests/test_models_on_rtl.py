"""Whole real models on the Verilated RTL: every golden output and every tensor byte for byte, whatever the memory's
timing, and the cycles that the RTL takes."""

import json
import pathlib
import sys

import numpy
import pytest

TESTS = pathlib.Path(__file__).resolve().parents[3] / "tests"
sys.path[:0] = [str(TESTS / "driver"), str(TESTS / "plan")]

from chips import run_on  # noqa: E402 (of tests/plan)
from command import succeed  # noqa: E402 (of tests/driver)

RESNET8, KWS = "mlperf_tiny_resnet8_int8", "mlperf_tiny_kws_dscnn_int8"
MODELS = ["hello_world_int8", "mlperf_tiny_ad_autoencoder_int8", KWS, RESNET8]
ON_RTL = ["--target", "npu-sim", "--engine", "rtl"]
SEEDS = range(1, 21)
# The array's own cycles of a network on 256 multipliers and 16 bytes a cycle, and how many times as many are allowed.
RESNET8_BOUND, ALLOWED = 49156, 1.25
LARGEST_SHARE_OF_NO_LAYER = 0.02


def golden(golden_folder, model, count):
    folder = golden_folder / model
    return numpy.load(folder / "inputs_i8.npy")[:count], numpy.load(folder / "outputs_i8.npy")[:count]


def check_outputs(tenon, folders, folder, model, *arguments, count=2):
    """Runs the model on the first golden inputs; gives the report."""
    inputs, want = golden(folders[1], model, count)
    outputs, report = run_on(tenon, "npu-sim", folders[0] / f"{model}.tflite", [inputs[:, numpy.newaxis]], folder,
                             "--engine", "rtl", *arguments)
    assert numpy.array_equal(outputs[0][:, 0], want)
    assert report["engine"] == "rtl" and report["fallback_macs"] == 0
    assert sum(layer["cycles"] or 0 for layer in report["layers"]) == report["cycles"] > 0
    return report


@pytest.mark.golden
@pytest.mark.parametrize("model", MODELS)
def test_golden_outputs(tenon, models_folder, golden_folder, tmp_path, model):
    check_outputs(tenon, (models_folder, golden_folder), tmp_path, model)


@pytest.mark.golden
@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_another_size_of_the_array(tenon, models_folder, golden_folder, tmp_path, model):
    wide = check_outputs(tenon, (models_folder, golden_folder), tmp_path, model, "--param", "DIM=8")
    if model == RESNET8:
        assert wide["cycles"] > 3 * RESNET8_BOUND  # a quarter of the multipliers


@pytest.mark.golden
@pytest.mark.parametrize("model", [model if model == KWS else pytest.param(model, marks=pytest.mark.slow)
                                   for model in MODELS])
def test_every_tensor(tenon, models_folder, golden_folder, tmp_path, model):
    """A softmax saturates and hides a wrong layer before it: every tensor of the first input."""
    numpy.save(tmp_path / "input.npy", golden(golden_folder, model, 1)[0])
    succeed(tenon, "run", models_folder / f"{model}.tflite", *ON_RTL, "--quiet", "--input", tmp_path / "input.npy",
            "--dump-tensors", tmp_path / "tensors", seconds=600)
    expected = numpy.load(golden_folder / model / "tensors.npz")
    dumped = json.loads((tmp_path / "tensors" / "tensors.json").read_text())["tensors"]
    assert sorted(f"t{tensor['index']}" for tensor in dumped) == sorted(expected.files)
    for tensor in dumped:
        values = numpy.load(tmp_path / "tensors" / tensor["file"])
        assert numpy.array_equal(values, expected[f"t{tensor['index']}"]), tensor["name"]


@pytest.fixture(scope="module", name="bundle_of")
def bundles(tenon, models_folder, tmp_path_factory):
    """A function that compiles a model, once: planning takes longer than the run."""
    made = {}

    def bundle_of(model):
        if model not in made:
            made[model] = tmp_path_factory.mktemp("bundles") / model
            succeed(tenon, "compile", models_folder / f"{model}.tflite", "--target", "npu-sim", "-o", made[model],
                    "--quiet", seconds=600)
        return made[model]
    return bundle_of


def run_bundle(tenon, bundle, golden_folder, model, folder, *options):
    """The bundle on the first golden input, whose output must come; gives the cycles."""
    inputs, want = golden(golden_folder, model, 1)
    numpy.save(folder / "input.npy", inputs)
    arguments = [argument for option in options for argument in ("--engine-option", option)]
    succeed(tenon, "run", bundle, *ON_RTL, *arguments, "--quiet", "--input", folder / "input.npy", "--output",
            folder / "out.npy", "--json", folder / "run.json", seconds=600)
    assert numpy.array_equal(numpy.load(folder / "out.npy"), want)
    return json.loads((folder / "run.json").read_text())["cycles"]


@pytest.mark.golden
@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_any_timing_of_the_memory(tenon, bundle_of, golden_folder, tmp_path, model):
    """Latency from 0 to 200 cycles and back-pressure from 0 to 90 %, anew for each transaction and beat."""
    fixed = run_bundle(tenon, bundle_of(model), golden_folder, model, tmp_path)
    assert run_bundle(tenon, bundle_of(model), golden_folder, model, tmp_path) == fixed
    cycles = [run_bundle(tenon, bundle_of(model), golden_folder, model, tmp_path, "random=1", f"seed={seed}")
              for seed in SEEDS]
    assert len(set(cycles)) > 1 and min(cycles) > fixed, cycles


@pytest.mark.golden
@pytest.mark.parametrize("options", [["latency=0"], ["latency=200"], ["backpressure=90"], ["bandwidth=1"],
                                     ["order=random"]])
def test_extreme_timing_of_the_memory(tenon, bundle_of, golden_folder, tmp_path, options):
    run_bundle(tenon, bundle_of(KWS), golden_folder, KWS, tmp_path, *options)


@pytest.mark.golden
def test_cycles_of_resnet8(tenon, models_folder, golden_folder, tmp_path):
    report = check_outputs(tenon, (models_folder, golden_folder), tmp_path, RESNET8, count=1)
    assert report["cycles"] <= ALLOWED * RESNET8_BOUND


@pytest.mark.golden
@pytest.mark.parametrize("model", [RESNET8, KWS, "mlperf_tiny_ad_autoencoder_int8"])
def test_little_belongs_to_no_layer(tenon, models_folder, golden_folder, tmp_path, model):
    report = check_outputs(tenon, (models_folder, golden_folder), tmp_path, model, count=1)
    outside = sum(layer["cycles"] for layer in report["layers"] if not layer["nodes"])
    assert 0 < outside <= LARGEST_SHARE_OF_NO_LAYER * report["cycles"]
