"""What `tenon run` says of the cycles that a device counts: by layer, by cause, and nothing lost. The device is
CountingDevice.cpp: command n of a stream takes 7 cycles of work and n % 5 of waiting, a stream 50 more."""

import json

import numpy
import pytest

from command import DEVICE_FAILED, MODELS, fail, succeed
from test_target_run import CHIP, LAYER_KEYS, ON_CHIP, SOFTMAX, report

GRAPH = MODELS / "graph_residual_classifier.tflite"  # convolutions, an add, a mean and a softmax


@pytest.fixture(name="device")
def counting_device(build_folder):
    return build_folder / "tests" / "driver" / "libcounting_device.so"


def counted(tenon, device, model, *arguments):
    return report(tenon, model, "--target", CHIP, "--device", device, *arguments)


def commands_of(tenon, model, folder):
    """The layer of every command, stream by stream."""
    succeed(tenon, "run", model, "--target", CHIP, "--dump-plan", folder / "plan.json", "--quiet")
    plan = json.loads((folder / "plan.json").read_text())
    streams = [[command["layer"] for command in step["commands"]] for step in plan["steps"]
               if step["where"] == "device"]
    return plan["layers"], streams


def target_layers(found):
    return [row for row in found["layers"] if row["nodes"] and row["where"] == "target"]


def test_every_layer_has_its_own_cycles(tenon, device, tmp_path):
    layers, streams = commands_of(tenon, GRAPH, tmp_path)
    work, waiting = [0] * len(layers), [0] * len(layers)
    for stream in streams:
        for number, layer in enumerate(stream):
            work[layer] += 7
            waiting[layer] += number % 5
    found = counted(tenon, device, GRAPH)
    assert all(list(row) == LAYER_KEYS for row in found["layers"])
    for row in found["layers"]:
        if row["where"] == "host":
            assert (row["cycles"], row["bound_cycles"], row["utilisation"], row["stalls"]) == (None, None, None, {})
    rows = target_layers(found)
    expected = [(layer["name"], busy, stalled) for layer, busy, stalled in zip(layers, work, waiting)
                if layer["where"] == "target"]
    assert len(rows) == len(expected) > 2
    for row, (name, busy, stalled) in zip(rows, expected):
        assert row["name"] == name
        assert row["cycles"] == busy + stalled
        assert row["stalls"] == ({"operand": stalled} if stalled else {})
        assert row["bound_cycles"] > 0 and row["declared_cycles"] >= row["bound_cycles"]
        assert row["utilisation"] == pytest.approx(row["bound_cycles"] / row["cycles"])


def test_layers_add_up_to_the_total(tenon, device, tmp_path):
    _, streams = commands_of(tenon, GRAPH, tmp_path)
    found = counted(tenon, device, GRAPH)
    assert sum(row["cycles"] or 0 for row in found["layers"]) == found["cycles"]
    (fetch,) = [row for row in found["layers"] if not row["nodes"]]
    assert (fetch["name"], fetch["cycles"], fetch["macs"]) == ("fetch", 50 * len(streams), 0)
    assert fetch["stalls"] == {"fetch": fetch["cycles"]} and fetch["utilisation"] is None
    assert found["fallback_macs"] == 0


def test_cycles_are_of_one_inference(tenon, device, tmp_path):
    one = counted(tenon, device, ON_CHIP)
    shape = numpy.load(MODELS / "fully_connected_batch7.npz")["input0"].shape
    numpy.save(tmp_path / "in.npy", numpy.zeros((3, *shape[1:]), numpy.int8))
    assert counted(tenon, device, ON_CHIP, "--each", "--input", tmp_path / "in.npy")["cycles"] == one["cycles"]


def test_a_bundle_has_the_same_cycles(tenon, device, tmp_path):
    succeed(tenon, "compile", GRAPH, "--target", CHIP, "-o", tmp_path / "bundle")
    bundle, model = report(tenon, tmp_path / "bundle", "--device", device), counted(tenon, device, GRAPH)
    assert bundle["cycles"] == model["cycles"] > 0
    for key in ("cycles", "bound_cycles", "declared_cycles", "stalls"):
        assert [row[key] for row in target_layers(bundle)] == [row[key] for row in target_layers(model)]


def test_table(tenon, device):
    found = counted(tenon, device, GRAPH)
    text = succeed(tenon, "run", GRAPH, "--target", CHIP, "--device", device).stdout
    rows = text.splitlines()
    heading = rows[2].split()
    assert heading[:2] == ["node", "op"] and rows[2].index("of bound") < rows[2].index("largest stall")
    assert any(row.split()[:3] == ["no", "layer", "-"] and row.endswith("fetch") for row in rows)
    (total,) = [row.split() for row in rows if row.startswith("      total")]
    assert f"{found['cycles']:,}" in total
    assert f"cycles: {found['cycles']:,} of one inference" in text and " % against the measured" in text
    assert "measures none" not in text


def test_cycles_of_no_layer_are_said(tenon, device):
    found = counted(tenon, device, GRAPH, "--engine-option", "account=unattributed")
    outside = {row["name"]: row["cycles"] for row in found["layers"] if not row["nodes"]}
    assert sorted(outside) == ["fetch", "unattributed"]
    assert sum(row["cycles"] or 0 for row in found["layers"]) == found["cycles"]
    text = succeed(tenon, "run", GRAPH, "--target", CHIP, "--device", device, "--engine-option",
                   "account=unattributed").stdout
    share = 100 * sum(outside.values()) / found["cycles"]
    assert f"{sum(outside.values()):,} of them ({share:.2f} %) of no layer" in text


def test_a_model_of_the_host_alone_has_no_cycles(tenon, device):
    found = counted(tenon, device, SOFTMAX)
    assert found["cycles"] is None and [row["cycles"] for row in found["layers"]] == [None]


@pytest.mark.parametrize("account, said", [
    ("short", "cycles, and by cause"), ("stranger", "cycles of command")])
def test_counters_that_contradict_each_other(tenon, device, account, said):
    fail(tenon, DEVICE_FAILED, "run", ON_CHIP, "--target", CHIP, "--device", device, "--engine-option",
         f"account={account}", said=[said, "step 0"])
