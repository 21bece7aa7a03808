"""What the scripts here share: the test bundle, tenon-run, and arrays."""

import pathlib
import subprocess
import sys

import numpy
import pytest

from native_case import COUNT, SUM

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "native"))


@pytest.fixture(scope="session", name="programs")
def programs_folder(build_folder):
    folder = build_folder / "tests" / "native"
    assert (folder / "write_native_bundle").is_file(), f"{folder} lacks write_native_bundle: the build is not whole"
    return folder


@pytest.fixture(scope="session", name="write_bundle")
def bundle_writer(programs):
    """Writes the test bundle into a folder; gives the finished process."""

    def write(folder, *settings):
        return subprocess.run([str(programs / "write_native_bundle"), str(folder), *settings], capture_output=True,
                              text=True, check=False)

    return write


@pytest.fixture(name="bundle")
def plain_bundle(write_bundle, tmp_path):
    done = write_bundle(tmp_path / "bundle")
    assert done.returncode == 0 and not done.stderr, done.stderr
    return tmp_path / "bundle"


@pytest.fixture(scope="session", name="tenon_run")
def runner(build_folder):
    """Runs tenon-run; gives the finished process."""
    program = build_folder / "bin" / "tenon-run"
    assert program.is_file(), f"{program} is not there: the build is not whole"

    def run(*arguments, environment=None):
        return subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              check=False, env=environment)

    return run


@pytest.fixture(name="inputs")
def input_files(tmp_path):
    """Paths of the two inputs as .npy."""
    numpy.save(tmp_path / "a.npy", SUM)
    numpy.save(tmp_path / "b.npy", COUNT)
    return [tmp_path / "a.npy", tmp_path / "b.npy"]
