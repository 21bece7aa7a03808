"""The RTL says when its units were at each command: the report's timeline is measured, and is that of the account."""

import json
import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[3] / "tests"
sys.path.insert(0, str(TESTS / "driver"))

from command import MODELS, succeed  # noqa: E402 (of tests/driver)
import trace_format  # noqa: E402 (of tests/driver)
from report_page import data_of  # noqa: E402 (of tests/driver)

CASES = ["graph_residual_classifier", "graph_concatenated_branches"]


@pytest.mark.parametrize("model", CASES)
def test_the_timeline_is_measured(tenon, tmp_path, model):
    succeed(tenon, "run", MODELS / f"{model}.tflite", "--target", "npu-sim", "--engine", "rtl", "--report-dir",
            tmp_path / "out", "--quiet")
    succeed(tenon, "report", tmp_path / "out", "--html", tmp_path / "report.html", "--trace", tmp_path / "trace.json")
    data = data_of(tmp_path / "report.html")
    run, timeline = data["run"], data["timeline"]
    assert timeline["basis"] == "measured" and timeline["end"] == run["cycles"]
    trace_format.assert_valid(tmp_path / "trace.json")
    # The cycles in which a command worked lie in its span.
    for command in timeline["commands"]:
        own = sum(cycles for cause, cycles in command["causes"].items() if not cause.startswith("wait"))
        assert own <= command["end"] - command["begin"], command
    # Of each inference alone, although the device counts on.
    first = timeline["commands"][0]
    assert 0 < first["begin"] < first["end"] < run["cycles"]
