"""Traces of every kind of run are valid by the strict reading of the format, and that reading finds mistakes."""

import copy
import json

import pytest

import trace_format
from command import succeed
from test_report import GRAPH, counting_device  # noqa: F401 (a fixture)
from test_target_run import CHIP

RUNS = {
    "measured": ["--target", CHIP, "--device", "{device}", "--engine-option", "account=spans"],
    "counted": ["--target", CHIP, "--device", "{device}"],
    "declared": ["--target", CHIP],
    "native": ["--target", "cpu"],
    "reference": [],
}


def trace_of(tenon, device, folder, kind):
    words = [str(word).replace("{device}", str(device)) for word in RUNS[kind]]
    succeed(tenon, "run", GRAPH, *words, "--report-dir", folder / kind, "--quiet")
    succeed(tenon, "report", folder / kind, "--trace", folder / f"{kind}.json")
    return folder / f"{kind}.json"


@pytest.mark.parametrize("kind", RUNS)
def test_traces_are_valid(tenon, device, tmp_path, kind):
    trace_format.assert_valid(trace_of(tenon, device, tmp_path, kind))


def test_a_trace_has_all_that_the_timeline_has(tenon, device, tmp_path):
    trace = json.loads(trace_of(tenon, device, tmp_path, "native").read_text())
    timeline = json.loads((tmp_path / "native" / "timeline.json").read_text())
    slices = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert len(slices) == len(timeline["commands"]) > 0
    assert {event["cat"] for event in slices} == {"layers", "kernels"}
    counters = [event for event in trace["traceEvents"] if event["ph"] == "C"]
    assert len(counters) == sum(len(memory["live"]) for memory in timeline["memories"]) > 0
    assert max(event["args"]["bytes"] for event in counters) <= timeline["memories"][0]["bytes"]


def begin_of(events, kind):
    return next(number for number, event in enumerate(events) if event["ph"] == kind)


def without_duration(events):
    del events[begin_of(events, "X")]["dur"]


def with_text_as_time(events):
    events[begin_of(events, "X")]["ts"] = "0"


def with_parts_of_nanoseconds(events):
    events[begin_of(events, "X")]["ts"] += 0.0005


def with_a_negative_time(events):
    events[begin_of(events, "X")]["ts"] = -1


def with_an_overlap(events):
    slices = [event for event in events if event["ph"] == "X" and event["tid"] == events[begin_of(events, "X")]["tid"]]
    slices[0]["dur"] += slices[1]["dur"] / 2


def out_of_order(events):
    last = max(number for number, event in enumerate(events) if event["ph"] == "X")
    events.insert(begin_of(events, "X"), events.pop(last))


def without_a_name(events):
    del events[next(number for number, event in enumerate(events) if event["name"] == "thread_name")]


def with_an_unknown_phase(events):
    events[begin_of(events, "X")]["ph"] = "Z"


def with_a_counter_of_text(events):
    events[begin_of(events, "C")]["args"] = {"bytes": "many"}


def with_metadata_behind(events):
    events.append(events.pop(0))


@pytest.mark.parametrize("damage", [
    without_duration, with_text_as_time, with_parts_of_nanoseconds, with_a_negative_time, with_an_overlap, out_of_order,
    without_a_name, with_an_unknown_phase, with_a_counter_of_text, with_metadata_behind])
def test_the_reading_finds_mistakes(tenon, device, tmp_path, damage):
    trace = json.loads(trace_of(tenon, device, tmp_path, "counted").read_text())
    assert not trace_format.mistakes(trace)
    damaged = copy.deepcopy(trace)
    damage(damaged["traceEvents"])
    assert trace_format.mistakes(damaged), damage.__name__


def test_slices_that_nest_are_no_overlap():
    assert not trace_format.overlaps([(0, 10, "a"), (0, 4, "b"), (4, 10, "c"), (10, 12, "d")])
    assert trace_format.overlaps([(0, 10, "a"), (9, 11, "b")])
