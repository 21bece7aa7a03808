"""The real int8 models on the reference, byte for byte: all golden outputs, and every tensor of the first input.

A softmax saturates and hides a wrong layer before it, so outputs alone show little."""

import json
import subprocess

import numpy
import pytest

MODELS = [
    "hello_world_int8",
    "mlperf_tiny_ad_autoencoder_int8",
    "mlperf_tiny_kws_dscnn_int8",
    "mlperf_tiny_resnet8_int8",
]

# From the models themselves: the sums that every account of them must agree with.
MACS = {
    "hello_world_int8": 288,
    "mlperf_tiny_ad_autoencoder_int8": 264192,
    "mlperf_tiny_kws_dscnn_int8": 2656768,
    "mlperf_tiny_resnet8_int8": 12501632,
}


def run(tenon, *arguments):
    done = subprocess.run([tenon, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.golden
@pytest.mark.parametrize("model", MODELS)
def test_all_golden_outputs(tenon, models_folder, golden_folder, tmp_path, model):
    inputs = numpy.load(golden_folder / model / "inputs_i8.npy")
    numpy.save(tmp_path / "inputs.npy", inputs[:, numpy.newaxis])
    run(tenon, "run", models_folder / f"{model}.tflite", "--target", "reference", "--each", "--quiet",
        "--input", tmp_path / "inputs.npy", "--output", tmp_path / "outputs.npy")
    want = numpy.load(golden_folder / model / "outputs_i8.npy")
    got = numpy.load(tmp_path / "outputs.npy")
    assert got.dtype == want.dtype and got.shape == (len(want), 1, *want.shape[1:])
    assert numpy.array_equal(got[:, 0], want)


@pytest.mark.golden
@pytest.mark.parametrize("model", MODELS)
def test_every_tensor(tenon, models_folder, golden_folder, tmp_path, model):
    inputs = numpy.load(golden_folder / model / "inputs_i8.npy")
    numpy.save(tmp_path / "input.npy", inputs[:1])
    run(tenon, "run", models_folder / f"{model}.tflite", "--quiet", "--input", tmp_path / "input.npy",
        "--dump-tensors", tmp_path / "tensors")
    golden = numpy.load(golden_folder / model / "tensors.npz")
    listed = json.loads((golden_folder / model / "tensors.json").read_text())
    dumped = json.loads((tmp_path / "tensors" / "tensors.json").read_text())["tensors"]
    assert [(t["index"], t["name"]) for t in dumped] == [(t["index"], t["name"]) for t in listed]
    assert len(golden.files) == len(listed) > 3
    for want, got in zip(listed, dumped):
        values = numpy.load(tmp_path / "tensors" / got["file"])
        assert numpy.array_equal(values, golden[f"t{want['index']}"]), f"tensor {want['index']} ({want['name']})"
        assert (got["scale"], got["zero_point"]) == (want["scale"], want["zero_point"])


@pytest.mark.golden
@pytest.mark.parametrize("model", MODELS)
def test_multiply_accumulates(tenon, models_folder, model):
    found = json.loads(run(tenon, "inspect", models_folder / f"{model}.tflite", "--json", "-").stdout)
    assert found["schema"] == "tenon.inspect/1"
    assert found["macs"] == MACS[model] == sum(node["macs"] for node in found["nodes"])


@pytest.mark.golden
def test_the_real_spectrogram_as_floats(tenon, models_folder, golden_folder, tmp_path):
    """--float-io quantises as MLPerf Tiny does: window 0 of the recording gives golden input 0."""
    frames = numpy.fromfile(models_folder.parent / "inputs" / "ad_normal_id_01_00000000_f32.bin", "<f4")
    numpy.save(tmp_path / "window.npy", frames[:640].reshape(1, 640))
    model = "mlperf_tiny_ad_autoencoder_int8"
    run(tenon, "run", models_folder / f"{model}.tflite", "--quiet", "--float-io", "--input", tmp_path / "window.npy",
        "--output", tmp_path / "output.npy")
    details = json.loads((golden_folder / model / "tensors.json").read_text())[-1]
    want = numpy.load(golden_folder / model / "outputs_i8.npy")[0].astype(numpy.int32) - details["zero_point"]
    got = numpy.load(tmp_path / "output.npy")
    assert got.dtype == numpy.float32
    assert numpy.array_equal(got[0], (want * details["scale"]).astype(numpy.float32))


@pytest.mark.golden
@pytest.mark.parametrize("model", MODELS)
def test_the_saved_module_is_the_model(tenon, models_folder, golden_folder, tmp_path, model):
    """What --save-ir writes is read back and gives the same bytes."""
    run(tenon, "inspect", models_folder / f"{model}.tflite", "--quiet", "--save-ir", tmp_path / "model.mlir")
    inputs = numpy.load(golden_folder / model / "inputs_i8.npy")
    numpy.save(tmp_path / "inputs.npy", inputs[:2, numpy.newaxis])
    run(tenon, "run", tmp_path / "model.mlir", "--each", "--quiet", "--input", tmp_path / "inputs.npy",
        "--output", tmp_path / "outputs.npy")
    want = numpy.load(golden_folder / model / "outputs_i8.npy")[:2]
    assert numpy.array_equal(numpy.load(tmp_path / "outputs.npy")[:, 0], want)
