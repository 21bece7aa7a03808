"""A target with a device.json: its engines in `tenon targets`, --engine, --device and --engine-option."""

import json
import shutil

import pytest

import command
from command import DEVICE_FAILED, WRONG_INPUT, WRONG_USE, fail, succeed
from test_target_run import CHIP, ON_CHIP, report

ENGINES = [{"name": "spec"}, {"name": "counted", "plugin": "libcounting_device.so"}]


@pytest.fixture(name="plugins")
def folder_of_plugins(build_folder):
    folder = build_folder / "tests" / "driver"
    assert (folder / "libcounting_device.so").is_file()
    return folder


@pytest.fixture(name="target")
def folder_of_target(tmp_path):
    """A function that makes a folder whose manifest lists these engines."""
    def make(engines):
        folder = tmp_path / "chip"
        folder.mkdir()
        shutil.copy(CHIP, folder / "target.yaml")
        (folder / "device.json").write_text(json.dumps({"schema": "tenon.device/1", "engines": engines}))
        return folder
    return make


def test_the_first_engine_is_the_default(tenon, target):
    assert report(tenon, ON_CHIP, "--target", target(ENGINES))["engine"] == "spec"


def test_an_engine_behind_a_plugin(tenon, target, plugins, monkeypatch):
    monkeypatch.setenv("TENON_PLUGIN_PATH", f"/nowhere:{plugins}")
    found = report(tenon, ON_CHIP, "--target", target(ENGINES), "--engine", "counted")
    assert found["engine"] == "counted" and found["verified"]["bit_exact"]


def test_a_plugin_beside_the_manifest(tenon, target, plugins):
    folder = target(list(reversed(ENGINES)))
    shutil.copy(plugins / "libcounting_device.so", folder)
    assert report(tenon, ON_CHIP, "--target", folder / "target.yaml")["engine"] == "counted"


def test_a_plugin_that_is_nowhere(tenon, target, tmp_path, build_folder):
    done = fail(tenon, DEVICE_FAILED, "run", ON_CHIP, "--target", target(ENGINES), "--engine", "counted", "--json",
                tmp_path / "e.json", said=["engine counted", "libcounting_device.so", "TENON_PLUGIN_PATH"])
    for place in (tmp_path / "chip", build_folder / "lib"):
        assert str(place / "libcounting_device.so") in done.stderr
    command.check_error(json.loads((tmp_path / "e.json").read_text()), DEVICE_FAILED)


def test_another_library_as_plugin(tenon, target, tmp_path):
    (tmp_path / "chip.so").write_text("no library")
    fail(tenon, DEVICE_FAILED, "run", ON_CHIP, "--target", target(ENGINES), "--device", tmp_path / "chip.so",
         said=["chip.so", "cannot be loaded"])


def test_device(tenon, plugins):
    found = report(tenon, ON_CHIP, "--target", CHIP, "--device", plugins / "libcounting_device.so")
    assert found["engine"] == "libcounting_device.so" and found["verified"]["bit_exact"]


def test_device_runs_a_bundle(tenon, plugins, tmp_path):
    succeed(tenon, "compile", ON_CHIP, "--target", CHIP, "-o", tmp_path / "bundle")
    found = report(tenon, tmp_path / "bundle", "--device", plugins / "libcounting_device.so")
    assert found["engine"] == "libcounting_device.so"


def test_options_of_the_manifest_and_of_the_command_line(tenon, target):
    few = target([{"name": "spec", "options": {"most-commands": 1}}])
    fail(tenon, DEVICE_FAILED, "run", ON_CHIP, "--target", few, said=["commands"])
    report(tenon, ON_CHIP, "--target", few, "--engine-option", "most-commands=100000", "--engine-option", "seed=7")


WRONG = {
    "option_form": (["--engine-option", "seed"], ["--engine-option seed is no NAME=VALUE"]),
    "option_without_name": (["--engine-option", "=1"], ["--engine-option =1 is no NAME=VALUE"]),
    "option_twice": (["--engine-option", "seed=1", "--engine-option", "seed=2"], ["gives seed twice"]),
    "option_unknown": (["--engine-option", "sed=1"], ["no option 'sed'", "seed"]),
    "engine": (["--engine", "rtl"], ["no engine 'rtl'", "it has: spec, counted"]),
    "device": (["--device", "nowhere.so"], ["--device nowhere.so is no file"]),
    "device_and_engine": (["--device", CHIP, "--engine", "spec"], ["--engine names spec"]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_use(tenon, target, wrong):
    arguments, said = WRONG[wrong]
    fail(tenon, WRONG_USE, "run", ON_CHIP, "--target", target(ENGINES), *arguments, said=said)


@pytest.mark.parametrize("arguments", [["--device", CHIP], ["--engine-option", "seed=1"]])
def test_the_reference_has_no_device(tenon, arguments):
    fail(tenon, WRONG_USE, "run", ON_CHIP, *arguments, said=[arguments[0], "the target reference has none"])


def test_a_wrong_manifest(tenon, target):
    folder = target([{"name": "rtl"}])
    fail(tenon, WRONG_INPUT, "run", ON_CHIP, "--target", folder, said=["device.json", "spec alone needs none"])


def test_targets_lists_engines_in_their_order(tenon, repository):
    found = json.loads(succeed(tenon, "targets", "--json", "-").stdout)["targets"]
    for target in found:
        manifest = repository / "targets" / target["name"] / "device.json"
        if target["name"] == "reference" or target["variants"]:  # code for a processor needs no engine
            assert target["engines"] == []
            continue
        names = [engine["name"] for engine in target["engines"]]
        assert names == ([engine["name"] for engine in json.loads(manifest.read_text())["engines"]]
                         if manifest.exists() else ["spec"])
        for engine in target["engines"]:
            assert list(engine) == ["name", "runs_here", "why_not"]
            assert engine["runs_here"] == (engine["why_not"] is None)
