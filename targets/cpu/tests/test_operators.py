"""Every generated model of an operator as native code, on 1 and 2 threads: many models in one module, so that the code
generator starts a few times and not thousands. Integers are LiteRT's bytes; floats lie within the bound that is derived
for each element (native_graphs compares them), and where that is 0 they are the reference's bytes."""

import subprocess

import numpy
import pytest

from emulated import run_example
from operator_cases import CASES, FOLDER, differences, write_list
from processors import EMULATED

MODELS_IN_A_MODULE = 60
# One of each kind of operator, for the emulator.
EMULATED_CASES = ["conv_stride2_same_odd_image", "depthwise_stride2_same_odd_image", "fully_connected_batch7",
                  "add_both_sides", "softmax_10_usual", "add_f32"]


@pytest.mark.slow
def test_operators(graphs, tmp_path, any_variant):
    done = graphs(any_variant, "--models", write_list(tmp_path, CASES), "--batch", MODELS_IN_A_MODULE)
    wrong = differences(tmp_path, CASES, done)
    assert done.returncode == 0 and not wrong, "\n".join([*wrong, done.stderr])


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
