"""bench/npu/cycles.py: the paper's budget adds up, nothing that was measured is lost, and the guide has its tables."""

import importlib.util
import json
import pathlib

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
SCRIPT = REPOSITORY / "bench" / "npu" / "cycles.py"


@pytest.fixture(scope="module", name="cycles")
def script_as_module():
    spec = importlib.util.spec_from_file_location("cycles", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def paper(cycles):
    return json.loads(cycles.PAPER.read_text())["models"]


def test_budget_adds_up(cycles):
    for entry in paper(cycles):
        for key in ("bound", "paper"):
            if entry["total"][key] is not None:
                known = [layer[key] for layer in entry["layers"] if layer[key] is not None]
                outside = sum(entry["outside"].values()) if key == "paper" else 0
                assert sum(known) + outside == entry["total"][key], (entry["model"], key)


def row(name, nodes, count):
    return {"name": name, "nodes": nodes, "cycles": count, "declared_cycles": count - 1,
            "stalls": {"drain": 3, "busy": 1}}


ENTRY = {"model": "m", "title": "M", "layers": [{"layer": "first", "nodes": [0, 1], "bound": 10, "paper": 11},
                                               {"layer": "second", "nodes": [2], "bound": None, "paper": None}],
         "outside": {"start": 5}, "total": {"bound": 10, "paper": 16, "goal": 20}}
ROWS = [row("a", ["CONV_2D #0 (a)", "ADD #1 (b)"], 12), row("c", ["CONV_2D #2 (c)"], 7),
        {"name": "host", "nodes": ["SOFTMAX #3 (d)"], "cycles": None, "declared_cycles": None, "stalls": {}},
        {"name": "start", "nodes": [], "cycles": 6, "declared_cycles": None, "stalls": {"start": 6}}]


def test_table(cycles):
    lines = cycles.table(ENTRY, {"cycles": 25, "layers": ROWS}).splitlines()
    assert "| first | 10 | 11 | 11 | 12 | 1.200 | 3 drain, 1 busy |" in lines
    assert "| second |  |  | 6 | 7 |  | 3 drain, 1 busy |" in lines
    assert "| start |  | 5 |  | 6 |  |  |" in lines
    assert "| **all** | 10 | 16 | 17 | 25 | 2.500 |  |" in lines
    assert "24.00 % of no layer; declared -32.0 % against the measured; the goal is 20." in lines


def test_json(cycles):
    found = cycles.entry_json(ENTRY, {"cycles": 25, "layers": ROWS})
    assert found["layers"][0] == {"layer": "first", "bound_cycles": 10, "paper_cycles": 11, "declared_cycles": 11,
                                  "cycles": 12, "stalls": {"drain": 3, "busy": 1}}
    assert sum(layer["cycles"] for layer in found["layers"]) == found["total"]["cycles"] == 25


def test_a_layer_that_the_paper_does_not_have_is_said(cycles):
    with pytest.raises(cycles.CyclesError, match="no layer for e"):
        cycles.gathered(ENTRY, {"layers": [*ROWS, row("e", ["CONV_2D #9 (e)"], 1)]})


def test_tables_take_the_place_of_those_before(cycles):
    page = f"a\n{cycles.BEGIN}\nold\n{cycles.END}\nb\n"
    assert cycles.with_tables(page, "new\n") == f"a\n{cycles.BEGIN}\nnew\n\n{cycles.END}\nb\n"
    with pytest.raises(cycles.CyclesError, match="has no line"):
        cycles.with_tables("a\nb\n", "new\n")


def test_the_guide_has_a_table_of_every_model(cycles):
    text = cycles.GUIDE.read_text()
    for entry in paper(cycles):
        assert f"### {entry['title']}\n" in text
