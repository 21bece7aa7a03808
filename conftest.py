"""What every test written in Python shares: the marks, and the repository's own scripts as modules."""

import pathlib
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(REPOSITORY / "scripts"))

import models  # noqa: E402 (of scripts/)


def pytest_addoption(parser):
    parser.addoption("--fast", action="store_true", help="skip the tests marked slow")
    parser.addoption("--build", type=pathlib.Path, default=REPOSITORY / "build", help="the build folder to test")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than a few seconds; skipped by --fast")
    config.addinivalue_line("markers", "golden: compares with a golden output of a real model; CI counts these")


def pytest_collection_modifyitems(config, items):
    for item in items:
        if item.get_closest_marker("slow") and config.getoption("--fast"):
            item.add_marker(pytest.mark.skip(reason="slow, left out by --fast"))
        if item.get_closest_marker("golden"):
            item.user_properties.append(("golden", "yes"))  # into the JUnit XML, where ./check counts them


@pytest.fixture(scope="session")
def repository():
    return REPOSITORY


@pytest.fixture(scope="session")
def build_folder(request):
    """The build under test."""
    folder = request.config.getoption("--build").resolve()
    if not (folder / "build.ninja").is_file():
        pytest.skip(f"not built: {folder} holds no build.ninja")
    return folder


@pytest.fixture(scope="session")
def tenon(build_folder):
    """The program under test."""
    program = build_folder / "bin" / "tenon"
    assert program.is_file(), f"{program} is not there: the build is not whole"
    return program


@pytest.fixture(scope="session")
def models_folder():
    """Where the real .tflite models are."""
    folder = models.models_folder()
    if folder is None:
        pytest.skip("no real models here: no ../shared/data/models, and TENON_MODELS is not set")
    return folder


@pytest.fixture(scope="session")
def golden_folder(models_folder):
    """Where the golden outputs of the real models are, a folder for each model."""
    folder = models.golden_folder()
    if folder is None:
        pytest.skip(f"no golden outputs here: no folder golden beside {models_folder}")
    return folder
