"""Every generated model of an operator as native code, on 1 and 2 threads: many models in one module, so that the code
generator starts a few times and not thousands. Integers are LiteRT's bytes; floats lie within the bound that is derived
for each element (native_graphs compares them), and where that is 0 they are the reference's bytes."""

import json
import pathlib
import subprocess

import numpy
import pytest

from conftest import EMULATED, REPOSITORY
from emulated import run_example

FOLDER = REPOSITORY / "tests" / "models" / "operators"
CASES = json.loads((FOLDER / "cases.json").read_text())["cases"]
MODELS_IN_A_MODULE = 60
# One of each kind of operator, for the emulator.
EMULATED_CASES = ["conv_stride2_same_odd_image", "depthwise_stride2_same_odd_image", "fully_connected_batch7",
                  "add_both_sides", "softmax_10_usual", "add_f32"]


@pytest.fixture(scope="module", name="jobs")
def operator_jobs(tmp_path_factory):
    """The inputs of every case as files; a line for each case."""
    folder = tmp_path_factory.mktemp("inputs")
    for case in CASES:
        golden = numpy.load(FOLDER / f"{case['name']}.npz")
        (folder / case["name"]).mkdir()
        for number in range(len(case["inputs"])):
            numpy.save(folder / case["name"] / f"in{number}.npy", golden[f"input{number}"])
    return folder


@pytest.mark.slow
def test_operators(graphs, jobs, tmp_path, any_variant):
    lines = []
    for case in CASES:
        (tmp_path / case["name"]).mkdir()
        lines.append(f"{FOLDER / case['name']}.tflite {jobs / case['name']} {tmp_path / case['name']}\n")
    (tmp_path / "list").write_text("".join(lines))
    done = graphs(any_variant, "--models", tmp_path / "list", "--batch", MODELS_IN_A_MODULE)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    wrong = [f"{pathlib.Path(row[0]).stem}: {row[3]}" for row in rows if row[3] != "ok"]
    assert done.returncode == 0 and not wrong, "\n".join([*wrong, done.stderr])
    assert len(rows) == len(CASES)
    for case in CASES:
        golden = numpy.load(FOLDER / f"{case['name']}.npz")
        for number in range(len(case["outputs"])):
            want, got = golden[f"output{number}"], numpy.load(tmp_path / case["name"] / f"out{number}.npy")
            assert got.dtype == want.dtype and got.shape == want.shape
            if want.dtype.kind != "f":
                assert numpy.array_equal(got, want), case["name"]


@pytest.mark.parametrize("variant", EMULATED)
@pytest.mark.parametrize("name", EMULATED_CASES)
def test_operators_in_an_emulator(tenon, tmp_path, variant, name):
    case = next(entry for entry in CASES if entry["name"] == name)
    golden = numpy.load(FOLDER / f"{name}.npz")
    done = subprocess.run([str(tenon), "compile", str(FOLDER / f"{name}.tflite"), "--target", f"cpu/{variant}", "-o",
                           str(tmp_path / "bundle"), "--quiet"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    inputs = [golden[f"input{number}"][0] for number in range(len(case["inputs"]))]
    got = run_example(tmp_path / "bundle", inputs, tmp_path / "run")
    for number in range(len(case["outputs"])):
        assert numpy.array_equal(got[number], golden[f"output{number}"][0])
