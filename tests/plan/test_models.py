"""Whole real models on described chips, on the simulator that their descriptions give: every golden output byte for
byte, and nothing on the host but what no intrinsic of the chip computes."""

import json

import numpy
import pytest

from chips import NAMES, chip, fallen, run_on
from command import run, succeed

# Real models, and the operators that no chip here has an instruction for.
MODELS = {
    "hello_world_int8": [],
    "mlperf_tiny_ad_autoencoder_int8": [],
    "mlperf_tiny_kws_dscnn_int8": ["SOFTMAX"],
    "mlperf_tiny_resnet8_int8": ["SOFTMAX"],
}


def check_goldens(tenon, folders, folder, target, model, *arguments):
    models_folder, golden_folder = folders
    inputs = numpy.load(golden_folder / model / "inputs_i8.npy")
    outputs, report = run_on(tenon, target, models_folder / f"{model}.tflite", [inputs[:, numpy.newaxis]], folder,
                             *arguments)
    want = numpy.load(golden_folder / model / "outputs_i8.npy")
    assert outputs[0].dtype == want.dtype and outputs[0].shape == (len(want), 1, *want.shape[1:])
    assert numpy.array_equal(outputs[0][:, 0], want)
    return report


@pytest.mark.golden
@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", NAMES)
def test_all_golden_outputs(tenon, models_folder, golden_folder, tmp_path, name, model):
    report = check_goldens(tenon, (models_folder, golden_folder), tmp_path, chip(name), model)
    assert fallen(report) == sorted(MODELS[model])
    assert report["fallback_macs"] == 0 and report["engine"] == "spec"
    assert all(memory["peak_bytes"] <= memory["capacity_bytes"] for memory in report["memory"])


@pytest.mark.golden
@pytest.mark.slow
@pytest.mark.parametrize("model", ["mlperf_tiny_ad_autoencoder_int8", "mlperf_tiny_resnet8_int8"])
@pytest.mark.parametrize("size", [8, 32])
@pytest.mark.parametrize("name", [name for name in ["ws-array", "npu-sim"] if name in NAMES])
def test_another_size_of_the_array(tenon, models_folder, golden_folder, tmp_path, name, size, model):
    report = check_goldens(tenon, (models_folder, golden_folder), tmp_path, chip(name), model, "--param", f"DIM={size}")
    assert fallen(report) == sorted(MODELS[model])


@pytest.mark.skipif("npu-sim" not in NAMES, reason="targets/npu-sim is not there")
@pytest.mark.slow
@pytest.mark.parametrize("model, macs", [("mlperf_tiny_resnet8_int8", 442368), ("mlperf_tiny_kws_dscnn_int8", 320000)])
def test_stems_are_packed(tenon, models_folder, tmp_path, model, macs):
    """An image of few channels is read as rows of bytes: 2 passes for ResNet-8's stem, not 9."""
    succeed(tenon, "explain", models_folder / f"{model}.tflite", "--target", chip("npu-sim"), "--op", "CONV_2D",
            "--json", tmp_path / "explained.json", seconds=600)
    stem = json.loads((tmp_path / "explained.json").read_text())["ops"][0]
    assert stem["macs"] == macs and stem["chosen"]["intrinsics"] == ["conv_packed"]


@pytest.mark.golden
@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", NAMES)
def test_every_tensor(tenon, models_folder, golden_folder, tmp_path, name, model):
    """A softmax saturates and hides a wrong layer before it: every tensor of the first input."""
    inputs = numpy.load(golden_folder / model / "inputs_i8.npy")
    numpy.save(tmp_path / "input.npy", inputs[:1])
    succeed(tenon, "run", models_folder / f"{model}.tflite", "--target", chip(name), "--quiet", "--input",
            tmp_path / "input.npy", "--dump-tensors", tmp_path / "tensors", seconds=600)
    golden = numpy.load(golden_folder / model / "tensors.npz")
    dumped = json.loads((tmp_path / "tensors" / "tensors.json").read_text())["tensors"]
    assert sorted(f"t{tensor['index']}" for tensor in dumped) == sorted(golden.files)
    for tensor in dumped:
        values = numpy.load(tmp_path / "tensors" / tensor["file"])
        assert numpy.array_equal(values, golden[f"t{tensor['index']}"]), tensor["name"]


@pytest.mark.golden
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_compiled_bundle_gives_the_same(tenon, models_folder, golden_folder, tmp_path, name):
    model = "mlperf_tiny_kws_dscnn_int8"
    succeed(tenon, "compile", models_folder / f"{model}.tflite", "--target", chip(name), "-o", tmp_path / "bundle",
            seconds=600)
    numpy.save(tmp_path / "in.npy", numpy.load(golden_folder / model / "inputs_i8.npy")[:, numpy.newaxis])
    done = run(tenon, "run", tmp_path / "bundle", "--each", "--input", tmp_path / "in.npy", "--output",
               tmp_path / "out.npy", seconds=600)
    assert done.returncode == 0, done.stderr
    want = numpy.load(golden_folder / model / "outputs_i8.npy")
    assert numpy.array_equal(numpy.load(tmp_path / "out.npy")[:, 0], want)


@pytest.mark.skipif("npu-sim" not in NAMES, reason="targets/npu-sim is not there")
def test_layers_hand_their_results_on_in_the_scratchpad(tenon, models_folder, tmp_path):
    """Those of several boxes too: only what the model gives is stored."""
    plan = tmp_path / "plan.txt"
    succeed(tenon, "run", models_folder / "mlperf_tiny_resnet8_int8.tflite", "--target", chip("npu-sim"),
            "--dump-plan", plan)
    commands = [line.split()[0] for line in plan.read_text().splitlines() if line.startswith("  ") and line.split()]
    assert commands.count("store") == 1
    assert commands.count("conv") + commands.count("conv_add") > 9  # layers that are cut
