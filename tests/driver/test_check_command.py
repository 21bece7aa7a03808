"""tenon check: what it prints and writes, and its exit codes."""

import hashlib
import json
import pathlib
import shutil

import pytest

import command
from command import DEVICE_FAILED, RESULT_DIFFERS, TARGET_CANNOT, WRONG_USE, fail, succeed

CHIPS = pathlib.Path(__file__).resolve().parent.parent / "isa" / "chips"
CHIP = CHIPS / "outer-product.yaml"
FEW = ["--cases", "2", "--quiet"]
ROUNDING = ["--engine-option", "replace=round_shift_half_up(", "--engine-option", "with=round_shift_half_away("]


@pytest.fixture(name="mutated")
def plugin_that_may_differ(build_folder):
    return build_folder / "tests" / "check" / "libmutated_device.so"


def test_no_difference(tenon, tmp_path):
    done = succeed(tenon, "check", CHIP, "--cases", "2", "--json", tmp_path / "c.json")
    assert "no difference, and none was possible" in done.stdout and "outer-product on spec, seed 1" in done.stdout
    found = json.loads((tmp_path / "c.json").read_text())
    assert found["schema"] == "tenon.check/1" and found["sequences"] == 2
    cases = {entry["name"]: entry["cases"] for entry in found["intrinsics"]}
    assert cases["load_inp"] == 2 and cases["mopa{update: +=}"] == 2
    assert found["cases"] == sum(cases.values()) + 2


def test_certificate(tenon, tmp_path, mutated):
    folder = tmp_path / "chip"
    (folder / "rtl").mkdir(parents=True)
    (folder / "rtl" / "top.sv").write_text("module top; endmodule\n")
    shutil.copy(CHIP, folder / "target.yaml")
    shutil.copy(mutated, folder / "libchip.so")
    (folder / "device.json").write_text(json.dumps({
        "schema": "tenon.device/1", "engines": [{"name": "rtl", "plugin": "libchip.so", "sources": ["rtl"]}]}))

    def certify():
        succeed(tenon, "check", folder, *FEW, "--certificate", tmp_path / "c.json", "--seed", "5")
        return json.loads((tmp_path / "c.json").read_text())

    first = certify()
    assert first["schema"] == "tenon.certificate/1" and first["seed"] == 5 and first["engine"] == "rtl"
    assert first["description_sha256"] == hashlib.sha256(CHIP.read_bytes()).hexdigest()
    assert first["parameters"] == {"DIM": 16}
    assert first["device"]["file"] == "libchip.so" and len(first["device"]["sha256"]) == 64
    assert len(first["sources"]) == 1 and len(first["sources"][0]["sha256"]) == 64
    (folder / "rtl" / "top.sv").write_text("module top; wire w; endmodule\n")
    second = certify()
    assert second["device"] == first["device"]
    assert second["sources"][0]["sha256"] != first["sources"][0]["sha256"]


def test_difference_and_its_replay(tenon, tmp_path, mutated):
    arguments = [CHIP, "--device", mutated, *ROUNDING, "--intrinsic", "requantise", "--sequences", "0"]
    done = command.run(tenon, "check", *arguments, "--certificate", tmp_path / "c.json", "--counterexample",
                       tmp_path / "e.json", "--json", tmp_path / "j.json", seconds=200)
    assert done.returncode == RESULT_DIFFERS, done.stderr
    assert "the device differs" in done.stdout and "by the description" in done.stdout
    assert not (tmp_path / "c.json").exists()
    command.check_error(json.loads((tmp_path / "j.json").read_text()), RESULT_DIFFERS)
    example = json.loads((tmp_path / "e.json").read_text())
    assert example["schema"] == "tenon.counterexample/1"
    assert [line.split()[0] for line in example["commands"]] == ["requantise"]
    assert len(example["before"]) == len(example["expected"]) > 0
    # The command line that it prints shows it again, and makes the same of it.
    replay = done.stdout[done.stdout.index("replay:\n"):].splitlines()[1].split()
    assert replay[:2] == ["tenon", "check"] and replay[-2] == "--case"
    again = command.run(tenon, "check", *arguments, "--case", replay[-1], seconds=200)
    assert again.returncode == RESULT_DIFFERS
    assert again.stdout[again.stdout.index("commands:"):] == done.stdout[done.stdout.index("commands:"):]


def test_device_that_crashes(tenon, mutated):
    fail(tenon, DEVICE_FAILED, "check", CHIP, "--device", mutated, "--engine-option", "fault=crash", "--engine-option",
         "at=pass", *FEW, said=["the device fails", "SIGSEGV", "--case"])


def test_waveform_of_a_device_that_records_none(tenon, mutated):
    done = command.run(tenon, "check", CHIP, "--engine", "spec", "--cases", "1", "--waveform", "w.fst")
    assert done.returncode == 0, done.stderr
    done = command.run(tenon, "check", CHIP, "--device", mutated, "--engine-option", "fault=crash", "--engine-option",
                       "at=pass", "--cases", "2", "--waveform", "w.fst", "--shrink-seconds", "2")
    assert done.returncode == DEVICE_FAILED and "no waveform: the device has not written w.fst" in done.stdout


def test_chip_without_words(tenon, tmp_path):
    fail(tenon, TARGET_CANNOT, "check", CHIPS / "mma-sync.yaml", *FEW, "--json", tmp_path / "j.json",
         said=["no intrinsic", "command word"])


def test_device_without_access_to_memories(tenon, build_folder):
    fail(tenon, TARGET_CANNOT, "check", CHIP, "--device", build_folder / "tests/runtime/libtest_device.so", *FEW,
         said=["no access to memory", "readMemory"])


def test_parameters(tenon, tmp_path):
    succeed(tenon, "check", CHIP, *FEW, "--param", "DIM=8", "--json", tmp_path / "c.json")
    assert json.loads((tmp_path / "c.json").read_text())["parameters"] == {"DIM": 8}


def test_time_ends_it(tenon, tmp_path):
    succeed(tenon, "check", CHIP, "--cases", "100000", "--seconds", "1", "--quiet", "--json", tmp_path / "c.json")
    found = json.loads((tmp_path / "c.json").read_text())
    assert found["out_of_time"] and 0 < found["cases"] < 100000


@pytest.mark.parametrize("code, arguments, said", [
    (WRONG_USE, ["--case", "0", "--intrinsic", "pass"], ["case 0", "load_inp", "not asked for"]),
    (WRONG_USE, ["--seed", "-1"], ["-1"]),
    (WRONG_USE, ["--device", "nowhere.so"], ["nowhere.so"]),
    (command.SYSTEM_FAILED, ["--certificate", "no/such/folder/c.json"], ["no/such/folder"]),
])
def test_wrong_arguments(tenon, code, arguments, said):
    fail(tenon, code, "check", CHIP, *FEW, *arguments, said=said)
