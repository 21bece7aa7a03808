"""`tenon run --report-dir` and `tenon report`: nothing of the run is lost on the way to the page, and the trace is one
that a viewer can open. The device is CountingDevice.cpp, which says when commands ran where it is asked to."""

import json
import math
import shutil
import subprocess

import pytest

from command import MODELS, ONE, WRONG_INPUT, WRONG_USE, fail, files_in, succeed
from report_page import assert_no_overlap, data_of, slices_of
from test_target_run import CHIP

GRAPH = MODELS / "graph_residual_classifier.tflite"  # convolutions, an add, a mean and a softmax


@pytest.fixture(name="device")
def counting_device(build_folder):
    return build_folder / "tests" / "driver" / "libcounting_device.so"


@pytest.fixture(name="kept")
def kept_run(tenon, device, tmp_path):
    """What a run on a device that counts cycles keeps, and what it says as JSON."""
    succeed(tenon, "run", GRAPH, "--target", CHIP, "--device", device, "--report-dir", tmp_path / "out", "--json",
            tmp_path / "said.json", "--quiet")
    return tmp_path / "out"


def read(path):
    return json.loads(path.read_text())


def test_the_folder_holds_what_the_commands_say(tenon, kept, tmp_path):
    assert files_in(kept) == ["explain.json", "run.json", "timeline.json"]
    assert read(kept / "run.json") == read(tmp_path / "said.json")
    succeed(tenon, "explain", GRAPH, "--target", CHIP, "--json", tmp_path / "explain.json", "--quiet")
    assert read(kept / "explain.json") == read(tmp_path / "explain.json")


def test_the_page_has_every_layer_and_the_sums_are_the_totals(tenon, kept, tmp_path):
    succeed(tenon, "report", kept, "--html", tmp_path / "report.html")
    data, run = data_of(tmp_path / "report.html"), read(kept / "run.json")
    assert data == {"run": run, "explain": read(kept / "explain.json"), "timeline": read(kept / "timeline.json")}
    rows, timeline = data["run"]["layers"], data["timeline"]
    assert sum(row["cycles"] or 0 for row in rows) == run["cycles"] == timeline["end"] > 0
    assert [op["nodes"] for op in data["explain"]["ops"]] == [layer["nodes"] for layer in timeline["layers"]]
    assert sum(layer["macs"] for layer in timeline["layers"]) == sum(row["macs"] for row in rows) > 0
    for row in rows:
        if not row["nodes"] or row["where"] == "host":
            continue
        numbers = [number for number, layer in enumerate(timeline["layers"]) if layer["nodes"] == row["nodes"]]
        own = [command for command in timeline["commands"] if command["layer"] in numbers]
        assert sum(sum(command["causes"].values()) for command in own) == row["cycles"]


def test_the_page_is_whole_without_a_network(tenon, kept, tmp_path):
    succeed(tenon, "report", kept, "--html", tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert "Chart.js v3" in text and "drawRoofline" in text and "@" + "LIBRARY@" not in text
    assert " src=" not in text and "<link" not in text and "@import" not in text and "fetch(" not in text
    assert text.count("</script>") == 3, "a name from a model may end no script"


def test_a_name_cannot_leave_the_data(tenon, kept, tmp_path):
    run = read(kept / "run.json")
    run["layers"][0]["name"] = "</script><script>alert(1)</script>"
    (kept / "run.json").write_text(json.dumps(run))
    succeed(tenon, "report", kept, "--html", tmp_path / "report.html")
    assert data_of(tmp_path / "report.html")["run"] == run
    assert "alert(1)</script>" not in (tmp_path / "report.html").read_text()


def test_counted_cycles_are_laid_out_one_after_the_other(tenon, kept, tmp_path):
    timeline = read(kept / "timeline.json")
    assert timeline["basis"] == "counted"
    succeed(tenon, "report", kept, "--trace", tmp_path / "trace.json")
    tracks = slices_of(tmp_path / "trace.json")
    assert sorted(tracks) == sorted(timeline["queues"])
    assert_no_overlap(tracks)
    together = sorted(one for slices in tracks.values() for one in slices)
    assert_no_overlap({"all": together})
    assert sum(end - begin for begin, end, _ in together) == sum(
        sum(command["causes"].values()) for command in timeline["commands"])


def test_the_device_says_when_commands_ran(tenon, device, tmp_path):
    succeed(tenon, "run", GRAPH, "--target", CHIP, "--device", device, "--engine-option", "account=spans", "--report-dir",
            tmp_path / "out", "--quiet")
    timeline = read(tmp_path / "out" / "timeline.json")
    assert timeline["basis"] == "measured"
    for step in {command["step"] for command in timeline["commands"]}:
        own = [command for command in timeline["commands"] if command["step"] == step]
        first = own[0]["begin"]
        assert [command["begin"] - first for command in own] == [3 * number for number in range(len(own))]
        assert {command["end"] - command["begin"] for command in own} == {2}
    succeed(tenon, "report", tmp_path / "out", "--trace", tmp_path / "trace.json")
    assert_no_overlap(slices_of(tmp_path / "trace.json"))


def test_without_counters_the_declared_cycles_are_laid_out(tenon, tmp_path):
    succeed(tenon, "run", GRAPH, "--target", CHIP, "--report-dir", tmp_path / "out", "--quiet")
    timeline = read(tmp_path / "out" / "timeline.json")
    assert timeline["basis"] == "declared" and read(tmp_path / "out" / "run.json")["cycles"] is None
    succeed(tenon, "report", tmp_path / "out", "--html", tmp_path / "report.html", "--trace", tmp_path / "trace.json")
    assert_no_overlap(slices_of(tmp_path / "trace.json"))


def test_lifetimes_lie_in_their_memories(kept):
    timeline = read(kept / "timeline.json")
    assert any(memory["lifetimes"] for memory in timeline["memories"])
    peaks = {memory["name"]: memory["peak_bytes"] for memory in read(kept / "run.json")["memory"]}
    for memory in timeline["memories"]:
        ends = [life["address"] + life["bytes"] for life in memory["lifetimes"]]
        assert max(ends, default=0) <= peaks[memory["name"]] <= memory["bytes"]
        for life in memory["lifetimes"]:
            assert 0 <= life["begin"] <= life["end"] <= timeline["end"]
            assert life["layer"] is None or life["layer"] < len(timeline["layers"])


def test_roofs_are_above_every_command(kept):
    timeline, run = read(kept / "timeline.json"), read(kept / "run.json")
    roofs = timeline["roofs"]
    assert roofs["macs"]["per_cycle"] > 0 and roofs["bytes_per_cycle"] > 0
    for row in run["layers"]:
        if row["macs"] and row["bound_cycles"]:
            assert row["macs"] / row["bound_cycles"] <= roofs["macs"]["per_cycle"] * 1.0001


def test_native_code_is_seconds_by_layer(tenon, tmp_path):
    succeed(tenon, "run", GRAPH, "--target", "cpu", "--report-dir", tmp_path / "out", "--quiet")
    run, timeline = read(tmp_path / "out" / "run.json"), read(tmp_path / "out" / "timeline.json")
    assert timeline["unit"] == "seconds" and len(timeline["layers"]) == len(run["layers"])
    assert timeline["end"] == pytest.approx(sum(row.get("seconds", 0) for row in run["layers"]))
    succeed(tenon, "report", tmp_path / "out", "--html", tmp_path / "report.html", "--trace", tmp_path / "trace.json")
    assert_no_overlap(slices_of(tmp_path / "trace.json"))


@pytest.fixture(name="native", scope="module")
def native_run(tenon, tmp_path_factory):
    """What a run of native code keeps, and the plan that it ran."""
    folder = tmp_path_factory.mktemp("native")
    succeed(tenon, "run", GRAPH, "--target", "cpu", "--report-dir", folder / "out", "--dump-plan",
            folder / "plan.json", "--quiet")
    return read(folder / "out" / "timeline.json"), read(folder / "plan.json"), read(folder / "out" / "run.json")


def test_every_kernel_has_its_time_within_its_layer(native):
    timeline, plan, run = native
    kernels = [command for command in timeline["commands"] if command["queue"] == "kernels"]
    layers = {command["layer"]: command for command in timeline["commands"] if command["queue"] == "layers"}
    assert len(kernels) == sum(len(layer["kernels"]) for layer in plan["layers"])
    assert kernels[0]["begin"] == 0 and kernels[-1]["end"] == timeline["end"]
    for first, second in zip(kernels, kernels[1:]):
        assert first["end"] == second["begin"]
    for number, layer in layers.items():
        own = [command for command in kernels if command["layer"] == number]
        assert (own[0]["begin"], own[-1]["end"]) == (layer["begin"], layer["end"])
        assert layer["end"] - layer["begin"] == pytest.approx(run["layers"][number]["seconds"])
        assert [command["what"] for command in own] == [kernel["what"] for kernel in plan["layers"][number]["kernels"]]


def test_the_arena_is_the_plans(native):
    timeline, plan, _ = native
    (arena,) = timeline["memories"]
    reserved = 64  # the run's status
    assert arena["name"] == "arena" and arena["bytes"] == plan["arena_bytes"]
    assert max(moment["bytes"] for moment in arena["live"]) + reserved == plan["arena_least_bytes"]
    for life in arena["lifetimes"]:
        assert reserved <= life["address"] < life["address"] + life["bytes"] <= arena["bytes"]
        assert 0 <= life["begin"] < life["end"] <= timeline["end"]
    for number, first in enumerate(arena["lifetimes"]):
        for second in arena["lifetimes"][:number]:
            above = first["address"] >= second["address"] + second["bytes"]
            below = second["address"] >= first["address"] + first["bytes"]
            assert above or below or first["begin"] >= second["end"] or second["begin"] >= first["end"]
    assert {"input", "output", "temporary"} <= {life["what"] for life in arena["lifetimes"]}


def test_native_roofs_are_the_descriptions(native):
    timeline, _, run = native
    roofs = timeline["roofs"]
    assert roofs["macs"]["per_cycle"] == max(one["per_cycle"] for one in roofs["each"]) > 0
    assert roofs["bytes_per_cycle"] == sum(one["per_cycle"] for one in roofs["bytes"]) > 0
    rated = {one["intrinsic"] for one in roofs["each"]}
    for row, layer in zip(run["layers"], timeline["layers"]):
        if row["macs"] and row["intrinsics"]:
            assert rated & {name.partition("{")[0] for name in row["intrinsics"]}
            assert layer["read_bytes"] > 0 and layer["written_bytes"] > 0


def test_a_layer_reads_its_tensors_once(tenon, tmp_path):
    succeed(tenon, "run", ONE, "--target", "cpu", "--report-dir", tmp_path / "out", "--quiet")
    (layer,) = read(tmp_path / "out" / "timeline.json")["layers"]
    model = read_inspection(tenon, ONE, tmp_path)
    assert layer["read_bytes"] == sum(bytes_of(tensor) for tensor in model["inputs"]) + model["constant_bytes"]
    assert layer["written_bytes"] == sum(bytes_of(tensor) for tensor in model["outputs"])


def read_inspection(tenon, model, folder):
    succeed(tenon, "inspect", model, "--json", folder / "model.json", "--quiet")
    return read(folder / "model.json")


def bytes_of(tensor):
    assert tensor["type"] == "f32"
    return 4 * math.prod(tensor["shape"])


def test_the_reference_is_drawn_too(tenon, tmp_path):
    succeed(tenon, "run", GRAPH, "--report-dir", tmp_path / "out", "--quiet")
    assert files_in(tmp_path / "out") == ["run.json", "timeline.json"]
    assert "page: " in succeed(tenon, "report", tmp_path / "out", "--html", tmp_path / "report.html").stdout


def test_files_of_single_commands_are_enough(tenon, tmp_path):
    succeed(tenon, "explain", GRAPH, "--target", CHIP, "--json", tmp_path / "why.json", "--quiet")
    done = succeed(tenon, "report", tmp_path / "why.json", "--html", tmp_path / "report.html")
    assert "nothing was measured" in done.stdout and list(data_of(tmp_path / "report.html")) == ["explain"]
    fail(tenon, WRONG_USE, "report", tmp_path / "why.json", "--trace", tmp_path / "trace.json", said=["tenon.timeline/1"])


def test_wrong_use(tenon, kept, tmp_path):
    fail(tenon, WRONG_USE, "report", kept, said=["--html"])
    fail(tenon, WRONG_USE, "report", tmp_path / "missing.json", "--html", tmp_path / "report.html", said=["missing.json"])
    (tmp_path / "empty").mkdir()
    fail(tenon, WRONG_USE, "report", tmp_path / "empty", "--html", tmp_path / "report.html", said=["nothing to report"])
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("change, said", [
    (lambda value: value.update(schema="tenon.run/2"), "tenon.run/2"),
    (lambda value: value.update(layers=3), "layers"),
    (lambda value: value["layers"][0].pop("stalls"), "stalls is missing"),
    (lambda value: value["layers"][0]["stalls"].update(operand=-1), "stalls"),
])
def test_wrong_files(tenon, kept, tmp_path, change, said):
    value = read(kept / "run.json")
    change(value)
    (tmp_path / "run.json").write_text(json.dumps(value))
    fail(tenon, WRONG_INPUT, "report", tmp_path / "run.json", "--html", tmp_path / "report.html", said=[said, "run.json"])


def test_wrong_timelines(tenon, kept, tmp_path):
    for change, said in [(lambda value: value["commands"][0].update(layer=99), "there are"),
                         (lambda value: value["commands"][0].update(begin=1e9), "ends before it begins"),
                         (lambda value: value["commands"][0].update(end="late"), "must be a number")]:
        value = read(kept / "timeline.json")
        change(value)
        (tmp_path / "timeline.json").write_text(json.dumps(value))
        fail(tenon, WRONG_INPUT, "report", kept / "run.json", tmp_path / "timeline.json", "--html", tmp_path / "r.html",
             said=[said])


def test_files_of_two_runs_do_not_belong_together(tenon, kept, tmp_path):
    value = read(kept / "run.json")
    value["target"] = "another"
    (tmp_path / "run.json").write_text(json.dumps(value))
    fail(tenon, WRONG_INPUT, "report", kept / "explain.json", tmp_path / "run.json", "--html", tmp_path / "r.html",
         said=["another", "explain.json"])
    fail(tenon, WRONG_INPUT, "report", kept / "run.json", kept / "run.json", "--html", tmp_path / "r.html",
         said=["a second tenon.run/1"])


def test_a_folder_that_cannot_be_written_is_refused_before_the_run(tenon, tmp_path):
    (tmp_path / "file").write_text("")
    fail(tenon, 6, "run", GRAPH, "--report-dir", tmp_path / "file", said=["cannot be written"])


@pytest.mark.slow
def test_a_browser_draws_all_of_it(tenon, kept, tmp_path):
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("chromium is not here: what the page draws is not looked at")
    succeed(tenon, "report", kept, "--html", tmp_path / "report.html")
    done = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom",
                           f"--user-data-dir={tmp_path / 'profile'}", f"file://{tmp_path / 'report.html'}"],
                          capture_output=True, encoding="utf-8", timeout=120, check=True)
    body = done.stdout.partition("<body")[2]
    assert 'data-drawn="yes"' in done.stdout, "the page's script did not reach its end"
    layers = len(read(kept / "timeline.json")["layers"])
    assert body.count('<details class="node') == layers
    assert body.count("<canvas") == 3 + sum(bool(memory["lifetimes"]) for memory in read(kept / "timeline.json")["memories"])
