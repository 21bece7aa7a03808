"""tenon run: what its options promise, on small models."""

import json
import os
import subprocess

import numpy
import pytest

import command
from command import MODELS, ONE, TWO_INPUTS, TWO_OUTPUTS, WRONG_USE, fail, succeed

RUN_KEYS = ["schema", "model", "target", "engine", "cycles", "seconds", "compile_seconds", "verified", "fallback_macs",
            "layers", "memory"]
LAYER_KEYS = ["name", "nodes", "op", "where", "intrinsics", "macs", "cycles", "bound_cycles", "utilisation", "stalls"]


@pytest.fixture
def two(tmp_path):
    """The first sample of the model with two outputs: its input as a file, and its outputs."""
    golden = numpy.load(MODELS / "graph_two_outputs.npz")
    numpy.save(tmp_path / "in.npy", golden["input0"][0])
    return tmp_path / "in.npy", golden["output0"][0], golden["output1"][0]


@pytest.fixture
def two_inputs(tmp_path):
    """The first sample of the model with two inputs: the files, and the output."""
    golden = numpy.load(MODELS / "graph_two_inputs.npz")
    for i in range(2):
        numpy.save(tmp_path / f"in{i}.npy", golden[f"input{i}"][0])
    return tmp_path / "in0.npy", tmp_path / "in1.npy", golden["output0"][0]


def names_of(tenon, model, kind):
    return [tensor["name"] for tensor in json.loads(succeed(tenon, "inspect", model, "--json", "-").stdout)[kind]]


def test_inputs_by_position(tenon, tmp_path, two_inputs):
    first, second, want = two_inputs
    succeed(tenon, "run", TWO_INPUTS, "--input", first, "--input", second, "--output", tmp_path / "out.npy")
    assert numpy.array_equal(numpy.load(tmp_path / "out.npy"), want)


def test_inputs_by_name_in_any_order(tenon, tmp_path, two_inputs):
    first, second, want = two_inputs
    names = names_of(tenon, TWO_INPUTS, "inputs")
    succeed(tenon, "run", TWO_INPUTS, "--input", f"{names[1]}={second}", "--input", f"{names[0]}={first}",
            "--output", tmp_path / "out.npy")
    assert numpy.array_equal(numpy.load(tmp_path / "out.npy"), want)


def test_a_name_takes_no_position(tenon, tmp_path, two_inputs):
    """The unnamed file is the first by position, whatever stands before it."""
    first, second, want = two_inputs
    names = names_of(tenon, TWO_INPUTS, "inputs")
    succeed(tenon, "run", TWO_INPUTS, "--input", f"{names[1]}={second}", "--input", first,
            "--output", tmp_path / "out.npy")
    assert numpy.array_equal(numpy.load(tmp_path / "out.npy"), want)


def test_equals_signs_in_a_path(tenon, tmp_path, two):
    folder = tmp_path / "a=b=c"
    folder.mkdir()
    two[0].rename(folder / "x=y.npy")
    succeed(tenon, "run", TWO_OUTPUTS, "--input", folder / "x=y.npy", "--output-dir", folder)
    assert numpy.array_equal(numpy.load(folder / "output_0.npy"), two[1])


def test_raw_bytes(tenon, tmp_path, two):
    (tmp_path / "in.bin").write_bytes(numpy.load(two[0]).tobytes())
    name = names_of(tenon, TWO_OUTPUTS, "outputs")[1]
    succeed(tenon, "run", TWO_OUTPUTS, "--input", tmp_path / "in.bin", "--output", f"{name}={tmp_path / 'out.bin'}")
    assert (tmp_path / "out.bin").read_bytes() == two[2].tobytes()


def test_outputs_by_name_and_position(tenon, tmp_path, two):
    name = names_of(tenon, TWO_OUTPUTS, "outputs")[1]
    succeed(tenon, "run", TWO_OUTPUTS, "--input", two[0], "--output", f"{name}={tmp_path / 'b.npy'}",
            "--output", tmp_path / "a.npy")
    assert numpy.array_equal(numpy.load(tmp_path / "a.npy"), two[1])
    assert numpy.array_equal(numpy.load(tmp_path / "b.npy"), two[2])


def test_output_folder(tenon, tmp_path, two):
    succeed(tenon, "run", TWO_OUTPUTS, "--input", two[0], "--output-dir", tmp_path / "new" / "out")
    listed = json.loads((tmp_path / "new" / "out" / "outputs.json").read_text())
    assert listed["schema"] == "tenon.outputs/1"
    assert [output["name"] for output in listed["outputs"]] == names_of(tenon, TWO_OUTPUTS, "outputs")
    expected = command.case("graph_two_outputs")["outputs"]
    for output, want, described in zip(listed["outputs"], two[1:], expected, strict=True):
        assert numpy.array_equal(numpy.load(tmp_path / "new" / "out" / output["file"]), want)
        assert output["shape"] == list(want.shape) and output["type"] == "i8"
        assert (output["scale"], output["zero_point"]) == (described["scale"], described["zero_point"])
    assert command.files_in(tmp_path / "new" / "out") == ["output_0.npy", "output_1.npy", "outputs.json"]


def test_each_runs_along_a_leading_axis(tenon, tmp_path):
    golden = numpy.load(MODELS / "graph_two_outputs.npz")
    numpy.save(tmp_path / "in.npy", golden["input0"])
    succeed(tenon, "run", TWO_OUTPUTS, "--each", "--input", tmp_path / "in.npy", "--output-dir", tmp_path)
    assert len(golden["input0"]) > 1
    for i in range(2):
        assert numpy.array_equal(numpy.load(tmp_path / f"output_{i}.npy"), golden[f"output{i}"])


def test_each_of_raw_bytes(tenon, tmp_path):
    golden = numpy.load(MODELS / "graph_two_outputs.npz")
    (tmp_path / "in.bin").write_bytes(golden["input0"].tobytes())
    succeed(tenon, "run", TWO_OUTPUTS, "--each", "--input", tmp_path / "in.bin", "--output-dir", tmp_path)
    assert numpy.array_equal(numpy.load(tmp_path / "output_0.npy"), golden["output0"])


def test_float_io_quantises_in_and_out(tenon, tmp_path, two):
    described = command.case("graph_two_outputs")
    scale, zero_point = numpy.float32(described["inputs"][0]["scale"]), described["inputs"][0]["zero_point"]
    integers = numpy.load(two[0]).astype(numpy.float32)
    numpy.save(tmp_path / "floats.npy", (integers - zero_point) * scale)
    succeed(tenon, "run", TWO_OUTPUTS, "--float-io", "--input", tmp_path / "floats.npy", "--output-dir", tmp_path)
    for i, output in enumerate(described["outputs"]):
        got = numpy.load(tmp_path / f"output_{i}.npy")
        want = (two[1 + i].astype(numpy.float64) - output["zero_point"]) * output["scale"]
        assert got.dtype == numpy.float32
        assert numpy.array_equal(got, want.astype(numpy.float32))


def test_float_io_saturates(tenon, tmp_path, two):
    shape = numpy.load(two[0]).shape
    numpy.save(tmp_path / "low.npy", numpy.full(shape, -128, numpy.int8))
    numpy.save(tmp_path / "lowest.npy", numpy.full(shape, -numpy.inf, numpy.float32))
    succeed(tenon, "run", TWO_OUTPUTS, "--input", tmp_path / "low.npy", "--output-dir", tmp_path / "a")
    succeed(tenon, "run", TWO_OUTPUTS, "--input", tmp_path / "lowest.npy", "--float-io", "--dump-tensors",
            tmp_path / "t", "--output-dir", tmp_path / "b")
    assert numpy.array_equal(numpy.load(tmp_path / "t" / "t0.npy"), numpy.load(tmp_path / "low.npy"))


def outputs_of_seed(tenon, folder, *arguments):
    succeed(tenon, "run", TWO_OUTPUTS, "--output-dir", folder, *arguments)
    return [(folder / f"output_{i}.npy").read_bytes() for i in range(2)]


def test_seed_is_reproducible(tenon, tmp_path):
    first = outputs_of_seed(tenon, tmp_path / "a", "--seed", "1")
    assert first == outputs_of_seed(tenon, tmp_path / "b", "--seed", "1")
    assert first != outputs_of_seed(tenon, tmp_path / "c", "--seed", "2")
    assert outputs_of_seed(tenon, tmp_path / "d") == outputs_of_seed(tenon, tmp_path / "e", "--seed", "0")
    outputs_of_seed(tenon, tmp_path / "f", "--seed", str(2**64 - 1))


def test_dump_tensors(tenon, tmp_path, two):
    succeed(tenon, "run", TWO_OUTPUTS, "--input", two[0], "--dump-tensors", tmp_path / "t")
    listed = json.loads((tmp_path / "t" / "tensors.json").read_text())
    assert listed["schema"] == "tenon.tensors/1"
    by_name = {tensor["name"]: numpy.load(tmp_path / "t" / tensor["file"]) for tensor in listed["tensors"]}
    assert numpy.array_equal(by_name["input0"], numpy.load(two[0]))
    assert numpy.array_equal(by_name["output0"], two[1]) and numpy.array_equal(by_name["output1"], two[2])
    assert len(by_name) == len(listed["tensors"]) == 4  # and the one between
    assert command.files_in(tmp_path / "t") == sorted([t["file"] for t in listed["tensors"]] + ["tensors.json"])


def test_json_has_the_keys_of_the_schema(tenon, tmp_path):
    done = succeed(tenon, "run", TWO_OUTPUTS, "--json", tmp_path / "run.json")
    assert "CONV_2D" in done.stdout  # the table for people comes too
    found = json.loads((tmp_path / "run.json").read_text())
    assert list(found) == RUN_KEYS
    assert found["schema"] == "tenon.run/1" and found["target"] == "reference" and found["engine"] is None
    assert found["cycles"] is None and found["seconds"] > 0 and found["compile_seconds"] > 0
    assert [layer["op"] for layer in found["layers"]] == ["CONV_2D", "MEAN", "CONV_2D"]
    for layer in found["layers"]:
        assert list(layer) == LAYER_KEYS and layer["where"] in ("target", "host")
    assert found["memory"] and all(
        list(memory) == ["name", "capacity_bytes", "peak_bytes"] and memory["peak_bytes"] <= memory["capacity_bytes"]
        for memory in found["memory"])


def test_macs_of_the_layers_add_up(tenon):
    found = json.loads(succeed(tenon, "run", TWO_OUTPUTS, "--json", "-").stdout)
    # 6x6 images: 3x3 kernels over 3 channels to 4, then 1x1 over 4 channels to 2.
    assert [layer["macs"] for layer in found["layers"]] == [6 * 6 * 4 * 3 * 3 * 3, 0, 6 * 6 * 2 * 4]
    assert found["fallback_macs"] == sum(layer["macs"] for layer in found["layers"])


def test_json_on_standard_output_is_alone_there(tenon):
    json.loads(succeed(tenon, "run", TWO_OUTPUTS, "--json", "-").stdout)


def test_quiet_prints_nothing(tenon):
    done = succeed(tenon, "run", TWO_OUTPUTS, "--quiet")
    assert done.stdout == "" and done.stderr == ""


def test_quiet_leaves_the_json(tenon):
    assert json.loads(succeed(tenon, "run", TWO_OUTPUTS, "--quiet", "--json", "-").stdout)["schema"] == "tenon.run/1"


@pytest.mark.parametrize("pattern", ["CONV_2D", "CONV*", "*", "tensor3", "?EAN"])
def test_require_intrinsic(tenon, pattern):
    fail(tenon, command.TARGET_CANNOT, "run", TWO_OUTPUTS, "--require-intrinsic", pattern,
         said=["no declared intrinsic of the target reference", "#"])


def test_require_intrinsic_lists_every_node(tenon, tmp_path):
    fail(tenon, command.TARGET_CANNOT, "run", TWO_OUTPUTS, "--require-intrinsic", "CONV_2D", "--json", tmp_path / "e.json")
    errors = command.check_error(json.loads((tmp_path / "e.json").read_text()), command.TARGET_CANNOT)
    assert [error["node"] for error in errors] == ["CONV_2D #0 (tensor3)", "CONV_2D #2 (output0)"]


def test_no_verify_is_accepted(tenon):
    succeed(tenon, "run", TWO_OUTPUTS, "--no-verify")


def test_a_model_by_its_name(tenon, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "my_small_net_int8.tflite").write_bytes(TWO_OUTPUTS.read_bytes())
    succeed(tenon, "run", "small", env=os.environ | {"TENON_MODELS": str(tmp_path)})


def test_output_into_a_pipe(tenon, tmp_path, two):
    """A pipe is written to as it is: nothing is put aside and renamed."""
    os.mkfifo(tmp_path / "pipe")
    name = names_of(tenon, TWO_OUTPUTS, "outputs")[1]
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        succeed(tenon, "run", TWO_OUTPUTS, "--input", two[0], "--output", f"{name}={tmp_path / 'pipe'}")
        assert reader.stdout.read() == two[2].tobytes()
    assert command.files_in(tmp_path) == ["in.npy", "pipe"]


def test_an_existing_output_is_replaced(tenon, tmp_path, two_inputs):
    (tmp_path / "out.npy").write_text("old")
    succeed(tenon, "run", TWO_INPUTS, "--input", two_inputs[0], "--input", two_inputs[1], "--output", tmp_path / "out.npy")
    assert numpy.array_equal(numpy.load(tmp_path / "out.npy"), two_inputs[2])


def test_float_inputs(tenon, tmp_path):
    values = numpy.linspace(-2, 2, 1000, dtype=numpy.float32)
    shapes = [tensor["shape"] for tensor in command.case("add_f32")["inputs"]]
    a, b = (numpy.resize(values[start:], shape) for start, shape in zip((0, 300), shapes, strict=True))
    numpy.save(tmp_path / "a.npy", a)
    numpy.save(tmp_path / "b.npy", b)
    succeed(tenon, "run", ONE, "--input", tmp_path / "a.npy", "--input", tmp_path / "b.npy", "--output", tmp_path / "c.npy")
    assert numpy.array_equal(numpy.load(tmp_path / "c.npy"), a + b)


def test_wrong_use_of_the_reference(tenon):
    for arguments in (["--engine", "spec"], ["--threads", "2"], ["--bind", "N=1"]):
        fail(tenon, WRONG_USE, "run", TWO_OUTPUTS, *arguments, said=[arguments[0], "leave", "out"])
