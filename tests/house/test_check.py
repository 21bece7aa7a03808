"""How ./check and ./quickstart run things: a step that hangs, crashes or finds too little must not look good."""

import time

import check
import models
import pytest
import runners
import steps
import summary
from summary import FAILED, PASSED, SKIPPED, Case

PASSING_XML = '<testsuites><testsuite><testcase name="Adds" classname="Nest" time="0"/></testsuite></testsuites>'


@pytest.fixture(autouse=True)
def logs_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setattr(steps, "LOGS", tmp_path / "logs")


def program(path, script):
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)
    return path


def test_step_keeps_its_output(capsys):
    outcome = steps.run("some step", ["bash", "-c", "echo first; echo last; exit 3"])
    assert (outcome.exit_code, outcome.ok) == (3, False)
    assert outcome.log.read_text().splitlines()[1:] == ["first", "last"]
    steps.explain(outcome, "do this")
    printed = capsys.readouterr().out
    assert "step some step: FAILED (exit code 3)" in printed
    assert "  | last\nstep some step failed: do this; whole log: " in printed


def test_step_that_hangs_is_killed_with_its_children():
    started = time.monotonic()
    outcome = steps.run("hangs", ["bash", "-c", "sleep 60 & sleep 60"], limit_seconds=0.5)
    assert outcome.exit_code == 124 and "still running after 0.5 s" in outcome.tail
    assert time.monotonic() - started < 10


def test_program_that_is_not_there_fails():
    outcome = steps.run("absent", ["./no-such-program"])
    assert outcome.exit_code == 127 and "cannot start" in outcome.tail


def test_end_of_ninjas_log_begins_at_the_first_failure(tmp_path):
    log = tmp_path / "build.log"
    log.write_text("[1/9] good\nFAILED: a.o\na.cpp:1: error: no\n[3/9] good\nFAILED: b.o\n" + "x" * 500 + "\n")
    lines = steps.tail_of(log).splitlines()
    assert lines[:2] == ["FAILED: a.o", "a.cpp:1: error: no"]
    assert len(lines[-1]) < 300


def test_unit_test_that_crashes_after_its_results_fails(monkeypatch, tmp_path):
    crashes = program(tmp_path / "nest_test", f"echo '{PASSING_XML}' >${{1#--gtest_output=xml:}}; kill -SEGV $$")
    silent = program(tmp_path / "other_test", "exit 0")
    monkeypatch.setattr(runners, "registered_programs", lambda build, folder: [crashes, silent])
    cases = runners.unit_tests("core", tmp_path, tmp_path)
    assert [(case.name, case.outcome) for case in cases] == [
        ("Nest.Adds", PASSED), ("unit test nest_test", FAILED), ("unit test other_test", FAILED)]


def test_fuzzer_that_finds_something_fails(monkeypatch, tmp_path):
    finds = program(tmp_path / "finds", "echo ERROR: libFuzzer: deadly signal; exit 77")
    clean = program(tmp_path / "clean", "exit 0")
    monkeypatch.setattr(runners, "registered_programs", lambda build, folder: [finds, clean])
    cases = runners.fuzzers("sanitize", tmp_path)
    assert [case.outcome for case in cases] == [FAILED, PASSED]
    assert "deadly signal" in cases[0].reason


def options(strict):
    return check.Options(fast=False, strict=strict)


def test_ci_counts_golden_tests(monkeypatch, tmp_path):
    minimum = tmp_path / "golden_minimum.txt"
    minimum.write_text("# a comment\n2\n")
    monkeypatch.setattr(check, "GOLDEN_MINIMUM", minimum)
    golden = [Case("models", "one", PASSED, marks=("golden",)), Case("models", "two", PASSED, marks=("golden",))]
    assert check.enough_golden(options(True), golden) == golden
    fewer = [golden[0], Case("models", "two", SKIPPED, "no data", marks=("golden",)), Case("models", "three", PASSED)]
    assert check.enough_golden(options(False), fewer) == fewer
    assert summary.count(check.enough_golden(options(True), fewer), FAILED) == 1


def test_ci_demands_real_models(monkeypatch):
    monkeypatch.delenv("TENON_MODELS", raising=False)
    monkeypatch.setattr(models, "models_folder", lambda: None)
    assert check.data_is_there(options(False)) == []
    assert [case.outcome for case in check.data_is_there(options(True))] == [FAILED]


def test_models_that_were_asked_for_and_are_not_there_fail(monkeypatch, tmp_path):
    monkeypatch.setenv("TENON_MODELS", str(tmp_path))
    cases = check.data_is_there(options(False))
    assert [case.outcome for case in cases] == [FAILED] and "holds no .tflite file" in cases[0].reason


def test_models_folder_is_found_in_both_layouts(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "golden").mkdir()
    (tmp_path / "models" / "a.tflite").touch()
    for named in (tmp_path, tmp_path / "models"):
        environment = {"TENON_MODELS": str(named)}
        assert models.models_folder(environment) == tmp_path / "models"
        assert models.golden_folder(environment) == tmp_path / "golden"


def test_nothing_more_runs_after_a_failed_build(monkeypatch):
    failed = Case("build", "build", FAILED, "error")
    monkeypatch.setattr(check, "build", lambda slice_name, preset: [failed])
    cases = check.run_slices(["core", "house"], options(False))
    assert [(case.slice, case.outcome) for case in cases] == [("build", FAILED), ("core", SKIPPED), ("house", SKIPPED)]


def test_slice_without_a_test_fails(monkeypatch):
    monkeypatch.setattr(check, "build", lambda slice_name, preset: [])
    monkeypatch.setitem(check.SLICES, "core", (lambda options: [], ""))
    assert [case.outcome for case in check.run_slices(["core"], options(False))] == [FAILED]


def test_unknown_slice_is_wrong_use():
    with pytest.raises(SystemExit) as stopped:
        check.parse(["no-such-slice"])
    assert stopped.value.code == 2


def test_fast_leaves_out_the_long_slices():
    assert check.chosen_slices(check.parse(["--fast"])) == (
        ["core", "models", "native", "docs", "house", "hw", "sim"], ["sanitize", "tidy"])
    assert check.chosen_slices(check.parse([])) == (list(check.SLICES), [])
