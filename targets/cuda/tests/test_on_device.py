"""The one command that runs everything on a GPU: what it says where there is none, and all of it on a driver that runs
kernels lane by lane."""

import json
import subprocess

import pytest

from test_by_lanes import TARGET, use_level

COMMAND = TARGET.parents[1] / "tests" / "cuda" / "on-device"


def on_device(*arguments):
    return subprocess.run([str(part) for part in (COMMAND, *arguments)], capture_output=True, text=True, check=False)


def test_without_a_gpu_it_exits_with_5(monkeypatch, tmp_path):
    monkeypatch.setenv("TENON_CUDA_DRIVER", str(tmp_path / "libcuda.so.1"))
    done = on_device("--results", tmp_path / "results")
    assert done.returncode == 5
    assert done.stderr.startswith("error: no NVIDIA driver here: looked for "
                                  f"{tmp_path}/libcuda.so.1 in $TENON_CUDA_DRIVER")
    assert not (tmp_path / "results").exists()


def test_without_a_driver_it_exits_with_5(monkeypatch, tmp_path):
    monkeypatch.delenv("TENON_CUDA_DRIVER", raising=False)
    if "libcuda.so.1" in subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout:
        pytest.skip("this machine has an NVIDIA driver")
    done = on_device("--results", tmp_path / "results")
    assert done.returncode == 5 and "looked for libcuda.so.1 in the folders of the loader" in done.stderr


def test_driver_without_a_gpu(lanes, tmp_path):
    lanes.setenv("TENON_FAKE_FAILS", "cuInit=100")
    done = on_device("--results", tmp_path / "results")
    assert done.returncode == 5
    assert "the driver is there, and finds no NVIDIA GPU that it can use: cuInit" in done.stderr


def test_gpu_that_is_too_old(lanes, tmp_path):
    lanes.setenv("TENON_FAKE_LEVEL", "75")
    done = on_device("--results", tmp_path / "results")
    assert done.returncode == 5
    assert "the GPU's level is sm_75, the descriptions begin with sm_80" in done.stderr


@pytest.mark.parametrize("level,target", [("86", "cuda/sm_80"), ("90", "cuda/sm_90")])
def test_models_are_run_and_the_result_is_written(lanes, build_folder, tmp_path, level, target):
    use_level(lanes, target.partition("/")[2], tmp_path / "work")
    lanes.setenv("TENON_FAKE_LEVEL", level)
    done = on_device("--build", build_folder, "--results", tmp_path / "results", "--work", tmp_path / "work",
                     "--no-operators", "--repeat", "1")
    report = json.loads((tmp_path / "results" / "lane-interpreter.json").read_text())
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["schema"] == "tenon.on-device/1" and report["target"] == target
    assert report["device"] == {"name": "lane interpreter", "level": int(level), "driver": "13.0"}
    assert report["right"] == len(report["models"]) > 0
    assert {"linear_relu_f32.mlir", "linear_relu_i8.mlir"} <= {row["model"] for row in report["models"]}
    for row in report["models"]:
        assert row["verified"] and row["fallback_macs"] == 0 and row["seconds"] > 0 and row["intrinsics"]
        assert row["model"] in done.stdout


def test_a_model_that_fails_is_told(lanes, build_folder, tmp_path):
    use_level(lanes, "sm_80", tmp_path / "work")
    lanes.setenv("TENON_FAKE_FAILS", "cuLaunchKernel=700")
    done = on_device("--build", build_folder, "--results", tmp_path / "results", "--work", tmp_path / "work",
                     "--no-operators", "--repeat", "1")
    report = json.loads((tmp_path / "results" / "lane-interpreter.json").read_text())
    assert done.returncode == 1 and report["right"] == 0
    assert "WRONG" in done.stdout and all("FAKE_ERROR_700" in row["error"] for row in report["models"])
