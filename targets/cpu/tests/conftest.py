"""What the tests of processors share: the variants that this host runs, and the programs under test."""

import json
import pathlib
import subprocess
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
TARGET = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "native"))

from processors import EMULATED, PROCESSORS  # noqa: E402 (of this folder)


@pytest.fixture(scope="session", name="why_not")
def reasons_against(tenon):
    """By variant: why this host does not run it; None where it does."""
    listed = json.loads(subprocess.run([tenon, "targets", "--json", "-"], capture_output=True, text=True,
                                       check=True).stdout)
    (target,) = [entry for entry in listed["targets"] if entry["name"] == TARGET.name]
    return {entry["name"].partition("/")[2]: None if entry["runs_here"] else entry["why_not"]
            for entry in target["variants"]}


@pytest.fixture(name="variant", params=PROCESSORS)
def variant_of_this_host(request, why_not):
    if why_not[request.param]:
        pytest.skip(f"this host: {why_not[request.param]}")
    return request.param


@pytest.fixture(name="any_variant", params=PROCESSORS + EMULATED)
def variant_here_or_emulated(request, why_not):
    if request.param not in EMULATED and why_not[request.param]:
        pytest.skip(f"this host: {why_not[request.param]}")
    return request.param


@pytest.fixture(scope="session", name="graphs")
def graphs_program(build_folder):
    """native_graphs and the code generator that it needs, as the beginning of a command."""
    program, codegen = build_folder / "tests/programs/native_graphs", build_folder / "bin/tenon-codegen"
    assert program.is_file() and codegen.is_file(), "the build is not whole"

    def run(variant, *arguments, seconds=600):
        command = [program, TARGET / f"{variant}.yaml", "--codegen", codegen, *arguments]
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds,
                              check=False)

    return run
