"""The real int8 models as native code, byte for byte, on every variant that this host has and on 1 and 2 threads; and
on processors that it has not, in an emulator."""

import json
import subprocess

import numpy
import pytest

from processors import EMULATED, REPOSITORY
from emulated import run_example

MODELS = [
    "hello_world_int8",
    "mlperf_tiny_ad_autoencoder_int8",
    "mlperf_tiny_kws_dscnn_int8",
    "mlperf_tiny_resnet8_int8",
]
INPUTS = 2  # golden ones that are run
WITHOUT_FALLBACK = {"x86-64-avx2", "x86-64-avx-vnni", "x86-64-avx512", "x86-64-avx512-vnni"}


def run(tenon, *arguments, seconds=300):
    done = subprocess.run([str(tenon), *map(str, arguments)], capture_output=True, text=True, timeout=seconds,
                          check=False)
    assert done.returncode == 0, done.stderr
    return done


def golden(golden_folder, model, name):
    return numpy.load(golden_folder / model / name)


@pytest.mark.golden
@pytest.mark.parametrize("model", MODELS)
def test_golden_outputs(tenon, models_folder, golden_folder, tmp_path, variant, model):
    numpy.save(tmp_path / "inputs.npy", golden(golden_folder, model, "inputs_i8.npy")[:INPUTS, numpy.newaxis])
    want = golden(golden_folder, model, "outputs_i8.npy")[:INPUTS]
    for threads in (1, 2):
        done = run(tenon, "run", models_folder / f"{model}.tflite", "--target", f"cpu/{variant}", "--each",
                   "--no-verify", "--threads", threads, "--input", tmp_path / "inputs.npy", "--output",
                   tmp_path / "outputs.npy", "--json", "-")
        assert numpy.array_equal(numpy.load(tmp_path / "outputs.npy")[:, 0], want)
        report = json.loads(done.stdout)
        assert report["schema"] == "tenon.run/1" and report["target"] == f"cpu/{variant}" and report["cycles"] is None
        assert [row["name"] for row in report["memory"]] == ["arena", "weights"]
        if variant in WITHOUT_FALLBACK:
            assert report["fallback_macs"] == 0


@pytest.mark.golden
@pytest.mark.parametrize("model", MODELS)
def test_every_tensor(tenon, models_folder, golden_folder, tmp_path, variant, model):
    numpy.save(tmp_path / "input.npy", golden(golden_folder, model, "inputs_i8.npy")[:1])
    run(tenon, "run", models_folder / f"{model}.tflite", "--target", f"cpu/{variant}", "--quiet", "--input",
        tmp_path / "input.npy", "--dump-tensors", tmp_path / "tensors")
    want = golden(golden_folder, model, "tensors.npz")
    dumped = json.loads((tmp_path / "tensors" / "tensors.json").read_text())["tensors"]
    assert len(dumped) == len(want.files)
    for tensor in dumped:
        values = numpy.load(tmp_path / "tensors" / tensor["file"])
        assert numpy.array_equal(values, want[f"t{tensor['index']}"]), f"tensor {tensor['index']} ({tensor['name']})"


@pytest.mark.golden
@pytest.mark.parametrize("variant", EMULATED)
@pytest.mark.parametrize("model", MODELS)
def test_golden_outputs_in_an_emulator(tenon, models_folder, golden_folder, tmp_path, variant, model):
    run(tenon, "compile", models_folder / f"{model}.tflite", "--target", f"cpu/{variant}", "-o", tmp_path / "bundle",
        "--quiet")
    for number in range(INPUTS):
        given = golden(golden_folder, model, "inputs_i8.npy")[number][numpy.newaxis]
        (got,) = run_example(tmp_path / "bundle", [given], tmp_path / f"run{number}")
        assert numpy.array_equal(got[0], golden(golden_folder, model, "outputs_i8.npy")[number])


def test_a_variant_that_this_host_lacks(tenon, tmp_path, why_not):
    """Refused with what it lacks when it is to run, compiled all the same."""
    lacking = [name for name, reason in why_not.items() if reason]
    assert lacking, "this host runs every variant"
    model = REPOSITORY / "tests/models/operators/add_f32.tflite"
    for variant in lacking:
        done = subprocess.run([str(tenon), "run", str(model), "--target", f"cpu/{variant}"], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 4 and why_not[variant] in done.stderr, done.stderr
    run(tenon, "compile", model, "--target", f"cpu/{lacking[0]}", "-o", tmp_path / "bundle", "--quiet")
    assert (tmp_path / "bundle" / "model.o").is_file()
