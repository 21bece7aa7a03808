"""Kernels are executed lane by lane, from the description, where there is no GPU: operators, random graphs, and whole
models from their bundles through the launcher, on a driver that runs the kernels' LLVM text instead of PTX."""

import json
import os
import pathlib
import subprocess

import numpy
import pytest

from operator_cases import CASES, FOLDER, differences, write_list

TARGET = pathlib.Path(__file__).resolve().parents[1]
MODELS = ["hello_world_int8", "mlperf_tiny_ad_autoencoder_int8", "mlperf_tiny_kws_dscnn_int8",
          "mlperf_tiny_resnet8_int8"]
LEVELS = ["sm_80", "sm_90"]
GRAPHS = 150
# The operators take turns, so that a quick run has some of each kind.
PARTS = 8


def native_graphs(build_folder, level, *arguments):
    command = [build_folder / "tests/programs/native_graphs", TARGET / f"{level}.yaml", "--codegen",
               build_folder / "bin/tenon-codegen", "--threads", "1", "--seconds", "900", *arguments]
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=1200)


@pytest.mark.parametrize("part", [0, *[pytest.param(part, marks=pytest.mark.slow) for part in range(1, PARTS)]])
def test_operators(build_folder, tmp_path, part):
    cases = CASES[part::PARTS]
    done = native_graphs(build_folder, LEVELS[part % 2], "--models", write_list(tmp_path, cases))
    wrong = differences(tmp_path, cases, done)
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
def test_random_graphs(build_folder, tmp_path, level):
    done = native_graphs(build_folder, level, "--random", GRAPHS, "--seed", 40000, "--save", tmp_path / "failing.mlir")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{GRAPHS} graphs" in done.stdout


def use_level(lanes, level, modules):
    """The driver's device has the level, and finds the text of modules in a folder."""
    lanes.setenv("TENON_FAKE_DESCRIPTION", str(TARGET / f"{level}.yaml"))
    lanes.setenv("TENON_FAKE_LEVEL", level.removeprefix("sm_"))
    lanes.setenv("TENON_FAKE_MODULES", str(modules))


def call(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def run_model(tenon, lanes, tmp_path, model, level, *arguments):
    """tenon run of a model on the lanes of a level; gives the process and its report."""
    use_level(lanes, level, tmp_path)
    target = f"cuda/{level}"
    done = call(tenon, "compile", model, "--target", target, "-o", tmp_path / "bundle", "--emit", "llvm",
                tmp_path / "module.ll", "--quiet")
    assert done.returncode == 0, done.stderr
    done = call(tenon, "run", model, "--target", target, "--json", tmp_path / "run.json", *arguments)
    return done, json.loads((tmp_path / "run.json").read_text())


@pytest.mark.parametrize("model", MODELS)
def test_models_run_from_bundles_through_the_launcher(tenon, lanes, models_folder, tmp_path, model):
    level = LEVELS[MODELS.index(model) % 2]
    done, report = run_model(tenon, lanes, tmp_path, models_folder / f"{model}.tflite", level)
    assert done.returncode == 0, done.stderr
    assert "ran on: lane interpreter" in done.stdout
    assert report["verified"] == {"against": "reference", "bit_exact": True, "max_abs_error": 0}
    assert report["fallback_macs"] == 0


@pytest.mark.parametrize("level", LEVELS)
def test_a_float_model_gives_its_stored_output(tenon, lanes, models_folder, tmp_path, level):
    inputs = models_folder.parent / "inputs"
    done, report = run_model(tenon, lanes, tmp_path, models_folder / "mnist_cnn_f32.onnx", level, "--input",
                             inputs / "mnist_input_0.pb", "--output", tmp_path / "out.npy")
    assert done.returncode == 0, done.stderr
    assert report["fallback_macs"] == 0 and report["verified"]["against"] == "reference"
    got = numpy.load(tmp_path / "out.npy").ravel()
    want = numpy.frombuffer((inputs / "mnist_output_0.pb").read_bytes()[-40:], "<f4")
    assert numpy.abs(got - want).max() <= 1e-5 * numpy.abs(want).max()


def test_a_model_without_kernels_runs(tenon, lanes, tmp_path):
    done, report = run_model(tenon, lanes, tmp_path, FOLDER / "reshape_f32.tflite", "sm_80")
    assert done.returncode == 0, done.stderr
    assert report["verified"]["bit_exact"] and not report["layers"]


def test_a_failing_driver_is_told(tenon, lanes, models_folder, tmp_path):
    lanes.setenv("TENON_FAKE_FAILS", "cuLaunchKernel=700")
    done, report = run_model(tenon, lanes, tmp_path, models_folder / "hello_world_int8.tflite", "sm_80")
    assert done.returncode == 5
    assert "FAKE_ERROR_700" in report["errors"][0]["message"] and "cannot be launched" in report["errors"][0]["message"]


def test_without_a_driver_it_is_said_what_was_looked_for(tenon, models_folder, tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "TENON_CUDA_DRIVER"}
    done = subprocess.run([str(tenon), "run", str(models_folder / "hello_world_int8.tflite"), "--target", "cuda"],
                          capture_output=True, text=True, check=False, env=environment)
    if done.returncode == 0:
        pytest.skip("this machine has a GPU")
    assert done.returncode in (4, 5)
    assert "libcuda.so.1" in done.stderr
