"""What the tests of this target share: its tools, and those of native code, as modules."""

import pathlib
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(FOLDER / "tools"), str(FOLDER.parents[1] / "tests" / "native")]


@pytest.fixture(name="lanes")
def driver_without_a_gpu(build_folder, monkeypatch):
    """The variables with which the launcher finds a driver that runs kernels lane by lane."""
    driver = build_folder / "tests/lib/libfake-cuda.so"
    assert driver.is_file(), f"{driver} is not there: the build is not whole"
    monkeypatch.setenv("TENON_CUDA_DRIVER", str(driver))
    return monkeypatch
