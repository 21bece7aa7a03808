"""tenon compile, and tenon run on what it wrote."""

import json
import pathlib

import numpy
import pytest

import command
from command import MODELS, WRONG_INPUT, WRONG_USE, fail, succeed

CHIPS = pathlib.Path(__file__).resolve().parent.parent / "isa" / "chips"
CHIP = CHIPS / "ws-array.yaml"
MODEL = MODELS / "fully_connected_batch7.tflite"
GOLDEN = MODELS / "fully_connected_batch7.npz"


@pytest.fixture
def bundle(tenon, tmp_path):
    succeed(tenon, "compile", MODEL, "--target", CHIP, "-o", tmp_path / "out", "--quiet")
    return tmp_path / "out"


def test_what_was_written(tenon, tmp_path):
    done = succeed(tenon, "compile", MODEL, "--target", CHIP, "-o", tmp_path / "out", "--json", tmp_path / "c.json")
    found = json.loads((tmp_path / "c.json").read_text())
    assert list(found) == ["schema", "model", "target", "folder", "files", "layers"]
    assert found["schema"] == "tenon.compile/1"
    assert [file["name"] for file in found["files"]] == command.files_in(tmp_path / "out")
    for file in found["files"]:
        assert file["bytes"] == (tmp_path / "out" / file["name"]).stat().st_size and file["name"] in done.stdout
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["version"] and [tensor["name"] for tensor in manifest["inputs"]] == ["input0"]
    assert (tmp_path / "out" / "target.yaml").read_bytes() == CHIP.read_bytes()


@pytest.mark.parametrize("arguments", [[], ["--target", CHIP]])
def test_run(tenon, tmp_path, bundle, arguments):
    golden = numpy.load(GOLDEN)
    numpy.save(tmp_path / "in.npy", golden["input0"])
    done = succeed(tenon, "run", bundle, *arguments, "--each", "--input", f"input0={tmp_path / 'in.npy'}", "--output",
                   tmp_path / "out.npy", "--json", tmp_path / "run.json")
    assert numpy.array_equal(numpy.load(tmp_path / "out.npy"), golden["output0"])
    found = json.loads((tmp_path / "run.json").read_text())
    assert found["schema"] == "tenon.run/1" and found["verified"] is None and found["engine"] == "spec"
    assert "not verified: a bundle has no model" in done.stdout
    assert [layer["where"] for layer in found["layers"]] == ["target"]


def test_parameters_go_with_the_bundle(tenon, tmp_path):
    succeed(tenon, "compile", MODEL, "--target", CHIP, "--param", "DIM=8", "-o", tmp_path / "out")
    numpy.save(tmp_path / "in.npy", numpy.load(GOLDEN)["input0"])
    for arguments in ([], ["--target", CHIP], ["--target", CHIP, "--param", "DIM=8"]):
        succeed(tenon, "run", tmp_path / "out", *arguments, "--each", "--input", tmp_path / "in.npy", "--output",
                tmp_path / "out.npy")
        assert numpy.array_equal(numpy.load(tmp_path / "out.npy"), numpy.load(GOLDEN)["output0"])
    fail(tenon, WRONG_INPUT, "run", tmp_path / "out", "--target", CHIP, "--param", "DIM=32", said=["DIM=8", "DIM=32"])


def test_compiling_twice_gives_the_same_bytes(tenon, tmp_path, bundle):
    before = {name: (bundle / name).read_bytes() for name in command.files_in(bundle)}
    succeed(tenon, "compile", MODEL, "--target", CHIP, "-o", bundle)
    assert before == {name: (bundle / name).read_bytes() for name in command.files_in(bundle)}


def test_another_description(tenon, tmp_path, bundle):
    (tmp_path / "target.yaml").write_text(CHIP.read_text() + "\n# changed\n")
    fail(tenon, WRONG_INPUT, "run", bundle, "--target", tmp_path / "target.yaml", said=["out: "])


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)


DAMAGE = {
    "manifest_missing": lambda folder: (folder / "manifest.json").unlink(),
    "manifest_no_json": lambda folder: (folder / "manifest.json").write_text("{"),
    "manifest_other_schema": lambda folder: (folder / "manifest.json").write_text('{"schema": "tenon.bundle/99"}'),
    "commands_missing": lambda folder: (folder / "commands.bin").unlink(),
    "commands_cut_short": lambda folder: (folder / "commands.bin").write_bytes((folder / "commands.bin").read_bytes()[:-1]),
    "commands_altered": lambda folder: flip(folder / "commands.bin", 3),
    "weights_altered": lambda folder: flip(folder / "weights.bin", 0),
    "weights_too_long": lambda folder: (folder / "weights.bin").write_bytes((folder / "weights.bin").read_bytes() + b"x"),
    "description_altered": lambda folder: (folder / "target.yaml").write_text("tenon: 1\n"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged(tenon, tmp_path, bundle, damage):
    DAMAGE[damage](bundle)
    fail(tenon, WRONG_INPUT, "run", bundle, "--json", tmp_path / "e.json", said=["out"])
    command.check_error(json.loads((tmp_path / "e.json").read_text()), WRONG_INPUT)


NEEDS_THE_MODEL = [["--float-io"], ["--dump-tensors", "t"], ["--dump-plan", "-"], ["--require-intrinsic", "*"],
                   ["--bind", "N=1"], ["--threads", "2"], ["--engine", "rtl"], ["--param", "DIM=8"]]


@pytest.mark.parametrize("arguments", NEEDS_THE_MODEL, ids=[arguments[0] for arguments in NEEDS_THE_MODEL])
def test_what_a_bundle_cannot_do(tenon, tmp_path, monkeypatch, bundle, arguments):
    monkeypatch.chdir(tmp_path)
    fail(tenon, WRONG_USE, "run", bundle, *arguments, said=[arguments[0].lstrip("-") if "engine" in arguments[0] else arguments[0]])


def test_a_folder_of_other_files_is_not_replaced(tenon, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    fail(tenon, WRONG_USE, "compile", MODEL, "--target", CHIP, "-o", tmp_path, said=["holds 'notes.txt'"])
    assert command.files_in(tmp_path) == ["notes.txt"]


def test_the_reference_has_no_bundle(tenon, tmp_path):
    fail(tenon, WRONG_USE, "compile", MODEL, "-o", tmp_path / "out", said=["tenon compile needs a described chip"])
