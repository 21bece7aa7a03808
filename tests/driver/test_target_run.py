"""tenon run on a described chip: its options, its report, and what it refuses."""

import json
import pathlib
import shutil

import numpy
import pytest

import command
from command import MODELS, TARGET_CANNOT, TWO_OUTPUTS, WRONG_INPUT, WRONG_USE, fail, run, succeed

CHIPS = pathlib.Path(__file__).resolve().parent.parent / "isa" / "chips"
CHIP = CHIPS / "ws-array.yaml"
ON_CHIP = MODELS / "fully_connected_batch7.tflite"
SOFTMAX = MODELS / "softmax_10_usual.tflite"
LAYER_KEYS = ["name", "nodes", "op", "where", "intrinsics", "macs", "cycles", "bound_cycles", "utilisation", "stalls",
              "declared_cycles", "declared_unit", "reason"]


def report(tenon, *arguments):
    return json.loads(succeed(tenon, "run", *arguments, "--json", "-").stdout)


def test_json(tenon):
    found = report(tenon, ON_CHIP, "--target", CHIP)
    assert found["schema"] == "tenon.run/1" and found["engine"] == "spec" and found["cycles"] is None
    assert found["verified"] == {"against": "reference", "bit_exact": True, "max_abs_error": 0}
    assert found["fallback_macs"] == 0
    (layer,) = found["layers"]
    assert list(layer) == LAYER_KEYS
    assert layer["where"] == "target" and layer["op"] == "FULLY_CONNECTED" and layer["intrinsics"] and layer["macs"] > 0
    assert layer["cycles"] is None and layer["bound_cycles"] is None and layer["declared_cycles"] > 0
    assert [memory["name"] for memory in found["memory"]] == ["dram", "spad", "acc", "wgt"]
    assert all(0 < memory["peak_bytes"] <= memory["capacity_bytes"] for memory in found["memory"])


def test_the_folder_of_a_description_is_a_target(tenon, tmp_path):
    shutil.copy(CHIP, tmp_path / "target.yaml")
    assert report(tenon, ON_CHIP, "--target", tmp_path)["target"] == str(tmp_path)


def test_falling_back_is_loud(tenon):
    text = succeed(tenon, "run", SOFTMAX, "--target", CHIP).stdout
    assert "falls back to the host" in text
    (line,) = [line for line in text.splitlines() if line.startswith("  SOFTMAX #0")]
    assert "0 MACs; " in line
    layers = report(tenon, SOFTMAX, "--target", CHIP)["layers"]
    assert [layer["where"] for layer in layers] == ["host"] and layers[0]["reason"]


def test_nothing_falls_back(tenon):
    assert "nothing falls back to the host" in succeed(tenon, "run", ON_CHIP, "--target", CHIP).stdout


def test_require_intrinsic(tenon):
    succeed(tenon, "run", ON_CHIP, "--target", CHIP, "--require-intrinsic", "FULLY*")
    fail(tenon, TARGET_CANNOT, "run", SOFTMAX, "--target", CHIP, "--require-intrinsic", "SOFT*", said=["SOFTMAX #0"])


def test_without_verifying(tenon):
    assert report(tenon, ON_CHIP, "--target", CHIP, "--no-verify")["verified"] is None
    assert "not verified" in succeed(tenon, "run", ON_CHIP, "--target", CHIP, "--no-verify").stdout


def test_float_io_and_each(tenon, tmp_path):
    described = command.case("fully_connected_batch7")
    scale, zero_point = numpy.float32(described["inputs"][0]["scale"]), described["inputs"][0]["zero_point"]
    golden = numpy.load(MODELS / "fully_connected_batch7.npz")
    numpy.save(tmp_path / "in.npy", (golden["input0"].astype(numpy.float32) - zero_point) * scale)
    succeed(tenon, "run", ON_CHIP, "--target", CHIP, "--each", "--float-io", "--input", tmp_path / "in.npy",
            "--output", tmp_path / "out.npy")
    output = described["outputs"][0]
    want = (golden["output0"].astype(numpy.float64) - output["zero_point"]) * output["scale"]
    assert numpy.array_equal(numpy.load(tmp_path / "out.npy"), want.astype(numpy.float32))


@pytest.mark.parametrize("model", [TWO_OUTPUTS, MODELS / "reshape_flatten.tflite"], ids=["two_outputs", "only_views"])
def test_dumped_tensors_are_the_references(tenon, tmp_path, model):
    for name, target in (("a", "reference"), ("b", CHIP)):
        succeed(tenon, "run", model, "--target", target, "--seed", "7", "--dump-tensors", tmp_path / name)
    assert command.files_in(tmp_path / "a") == command.files_in(tmp_path / "b")
    for file in sorted((tmp_path / "a").glob("*.npy")):
        assert numpy.array_equal(numpy.load(file), numpy.load(tmp_path / "b" / file.name)), file.name


def test_plan_as_text(tenon, tmp_path):
    succeed(tenon, "run", ON_CHIP, "--target", CHIP, "--quiet", "--dump-plan", tmp_path / "plan.txt")
    text = (tmp_path / "plan.txt").read_text()
    assert "layer 0: FULLY_CONNECTED #0" in text and "declared cycles" in text and "runs on" in text
    assert "mvin" in text.split("step 0:")[1] and "# layer 0" in text
    assert succeed(tenon, "run", ON_CHIP, "--target", CHIP, "--dump-plan", "-").stdout.startswith(text)


def test_plan_as_json(tenon, tmp_path):
    succeed(tenon, "run", SOFTMAX, "--target", CHIP, "--dump-plan", tmp_path / "host.json")
    succeed(tenon, "run", ON_CHIP, "--target", CHIP, "--dump-plan", tmp_path / "chip.json")
    host, chip = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("host", "chip"))
    assert host["schema"] == chip["schema"] == "tenon.plan/1"
    assert all(layer["where"] == "host" and layer["reason"] for layer in host["layers"])
    (layer,) = chip["layers"]
    assert layer["where"] == "target" and layer["lowering"]["mapping"][0]["loops"] and layer["footprint"]
    assert [step["where"] for step in chip["steps"]] == ["device"] and chip["steps"][0]["commands"]


WRONG = {
    "path": (["--target", "nowhere/target.yaml"], ["there is no file 'nowhere/target.yaml'"]),
    "folder": (["--target", "."], ["the folder '.' holds no target.yaml"]),
    "engine": (["--target", CHIP, "--engine", "rtl"], ["has no engine 'rtl'", "it has: spec"]),
    "threads": (["--target", CHIP, "--threads", "2"], ["runs on 1 thread, --threads is 2"]),
    "parameter_form": (["--target", CHIP, "--param", "DIM"], ["--param DIM is no NAME=VALUE"]),
    "parameter_number": (["--target", CHIP, "--param", "DIM=x"], ["--param DIM=x is no NAME=VALUE"]),
    "parameter_twice": (["--target", CHIP, "--param", "DIM=8", "--param", "DIM=8"], ["--param gives DIM twice"]),
    "parameter_unknown": (["--target", CHIP, "--param", "DIMM=8"], ["no parameter", "DIMM", "DIM"]),
    "parameter_of_the_reference": (["--param", "DIM=8"], ["--param DIM=8 replaces a parameter", "has none"]),
    "plan_of_the_reference": (["--dump-plan", "-"], ["--dump-plan", "has none"]),
    "pattern": (["--target", CHIP, "--require-intrinsic", "NOPE"], ["NOPE names no operator"]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_use(tenon, tmp_path, monkeypatch, wrong):
    monkeypatch.chdir(tmp_path)
    arguments, said = WRONG[wrong]
    fail(tenon, WRONG_USE, "run", ON_CHIP, *arguments, said=said)
    assert command.files_in(tmp_path) == []


def test_mistakes_of_a_description_show_their_lines(tenon, tmp_path):
    text = CHIP.read_text().replace("queue: load", "queue: lod").replace("depth: 16}", "depht: 16}")
    (tmp_path / "target.yaml").write_text(text)
    done = run(tenon, "run", ON_CHIP, "--target", tmp_path / "target.yaml", "--json", tmp_path / "e.json")
    assert done.returncode == WRONG_INPUT
    errors = command.check_error(json.loads((tmp_path / "e.json").read_text()), WRONG_INPUT)
    assert len(errors) > 3 and all(error["line"] and error["column"] for error in errors)
    lines = done.stderr.splitlines()
    for error in errors:
        (at,) = [number for number, line in enumerate(lines)
                 if f"target.yaml:{error['line']}:{error['column']}: {error['message']}" in line]
        shown, caret = lines[at + 1], lines[at + 2]
        assert shown.strip() == text.splitlines()[error["line"] - 1].strip()
        assert caret.strip() == "^" and caret.index("^") == error["column"] + 1
