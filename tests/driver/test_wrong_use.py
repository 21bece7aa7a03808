"""Wrong options and arguments of tenon: exit code 2, one clear error, and nothing written."""

import json

import numpy
import pytest

import command
from command import MODELS, TWO_INPUTS, TWO_OUTPUTS, WRONG_INPUT, WRONG_USE, fail

# What is wrong, the arguments, and what one error says.
ARGUMENTS = {
    "no_command": ([], ["command"]),
    "command_unknown": (["frobnicate"], ["there is no command 'frobnicate'"]),
    "command_unknown_with_a_model": (["rnu", TWO_OUTPUTS], ["there is no command 'rnu'"]),
    "target_file_unknown": (["run", TWO_OUTPUTS, "--target", "nope.yml"], ["no file 'nope.yml'"]),
    "model_missing": (["run"], ["MODEL is required"]),
    "option_unknown": (["run", TWO_OUTPUTS, "--frobnicate"], ["--frobnicate"]),
    "option_of_another_command": (["inspect", TWO_OUTPUTS, "--seed", "1"], ["--seed"]),
    "argument_too_many": (["run", TWO_OUTPUTS, TWO_OUTPUTS], ["not expected"]),
    "value_missing": (["run", TWO_OUTPUTS, "--seed"], ["--seed"]),
    "seed_no_number": (["run", TWO_OUTPUTS, "--seed", "1x"], ["--seed", "1x"]),
    "seed_negative": (["run", TWO_OUTPUTS, "--seed", "-1"], ["--seed", "-1", "0 to 2^64 - 1"]),
    "seed_past_64_bits": (["run", TWO_OUTPUTS, "--seed", "18446744073709551616"], ["--seed", "0 to 2^64 - 1"]),
    "threads_zero": (["run", TWO_OUTPUTS, "--threads", "0"], ["--threads", "1"]),
    "threads_of_the_reference": (["run", TWO_OUTPUTS, "--threads", "2"], ["runs on 1 thread, --threads is 2"]),
    "memory_unit_unknown": (["run", TWO_OUTPUTS, "--memory-limit", "1QB"], ["--memory-limit"]),
    "memory_negative": (["run", TWO_OUTPUTS, "--memory-limit", "-1"], ["--memory-limit", "-1"]),
    "target_unknown": (["run", TWO_OUTPUTS, "--target", "nope"], ["no target 'nope'", "known: ", "reference"]),
    "engine_of_the_reference": (["run", TWO_OUTPUTS, "--engine", "rtl"], ["has no engines", "--engine rtl"]),
    "bind_without_symbols": (["run", TWO_OUTPUTS, "--bind", "N=1"], ["--bind N=1", "the model has none"]),
    "each_without_inputs": (["run", TWO_OUTPUTS, "--each"], ["--each", "none is given"]),
    "pattern_malformed": (["run", TWO_OUTPUTS, "--require-intrinsic", "["], ["--require-intrinsic [ is no pattern"]),
    "pattern_names_nothing": (["run", TWO_OUTPUTS, "--require-intrinsic", "nothing*"], ["nothing* names no operator"]),
    "inputs_too_few": (["run", TWO_INPUTS, "--input", "a.npy"], ["1 inputs are given, the model has 2", "all or none"]),
    "inputs_too_many": (["run", TWO_OUTPUTS, "--input", "a.npy", "--input", "b.npy"],
                        ["--input b.npy is number 2 by position, the model has 1", "input0: i8[1, 6, 6, 3]"]),
    "input_twice": (["run", TWO_INPUTS, "--input", "input0=a.npy", "--input", "b.npy"],
                    ["--input gives input0 twice", "input1"]),
    "outputs_too_many": (["run", TWO_INPUTS, "--output", "a.npy", "--output", "b.npy"],
                         ["--output b.npy is number 2 by position, the model has 1"]),
    "output_twice": (["run", TWO_OUTPUTS, "--output", "output0=a.npy", "--output", "output0=b.npy"],
                     ["--output gives output0 twice"]),
    "output_unnamed_of_two": (["run", TWO_OUTPUTS, "--output", "a.npy"],
                              ["one --output without a name", "has 2 outputs", "output0: i8[1, 6, 6, 2]", "output1: i8[1, 4]"]),
    "output_unnamed_with_an_equals_sign": (["run", TWO_OUTPUTS, "--output", "a=b.npy"],
                                           ["one --output without a name", "output0: i8", "output1: i8"]),
    "output_file_twice": (["run", TWO_OUTPUTS, "--output", "same.npy", "--output", "same.npy"],
                          ["same.npy is given for two results"]),
    "output_and_json_in_one_file": (["run", TWO_INPUTS, "--output", "same", "--json", "same"],
                                    ["same is given for two results"]),
    "model_name_unknown": (["run", "nomodel"], ["there is no file 'nomodel'", "TENON_MODELS"]),
}


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty folder to be in: nothing may be written there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TENON_MODELS", raising=False)
    return tmp_path


@pytest.mark.parametrize("wrong", ARGUMENTS)
def test_wrong_use(tenon, empty, wrong):
    arguments, said = ARGUMENTS[wrong]
    done = fail(tenon, WRONG_USE, *arguments, said=said)
    assert done.stdout == ""
    assert set(command.files_in(empty)) <= {"same"}  # the JSON of the error, where it was asked for


@pytest.mark.parametrize("wrong", [wrong for wrong, (arguments, _) in ARGUMENTS.items()
                                   if arguments and wrong not in ("value_missing", "output_and_json_in_one_file")])
def test_wrong_use_in_json(tenon, empty, wrong):
    arguments, _ = ARGUMENTS[wrong]
    done = fail(tenon, WRONG_USE, *arguments, "--json", "error.json")
    errors = command.check_error(json.loads((empty / "error.json").read_text()), WRONG_USE)
    assert errors[0]["message"] in done.stderr
    assert command.files_in(empty) == ["error.json"]


@pytest.mark.parametrize("json_option", [["--json", "-"], ["--json=-"]])
def test_errors_in_json_on_standard_output(tenon, empty, json_option):
    done = fail(tenon, WRONG_USE, "run", TWO_OUTPUTS, "--seed", "x", *json_option)
    command.check_error(json.loads(done.stdout), WRONG_USE)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_and_version(tenon, arguments):
    assert command.succeed(tenon, *arguments).stdout


def test_a_name_that_several_models_have(tenon, empty, monkeypatch):
    for name in ("net_small.tflite", "net_large.tflite"):
        (empty / name).write_bytes(TWO_OUTPUTS.read_bytes())
    monkeypatch.setenv("TENON_MODELS", str(empty))
    fail(tenon, WRONG_USE, "run", "net", said=["'net' may be any of", "net_small", "net_large", "give the path"])
    fail(tenon, WRONG_USE, "run", "ne", said=["no model of that name", "known: ", "net_small"])


# --- data that does not fit the model

INPUT = numpy.load(MODELS / "graph_two_outputs.npz")["input0"][0]


def npy(array, version=(1, 0)):
    import io
    stream = io.BytesIO()
    numpy.lib.format.write_array(stream, array, version=version)
    return stream.getvalue()


WHOLE = npy(INPUT)
DATA = {
    "type": (npy(INPUT.astype(numpy.uint8)), ["has dtype |u1, input0 needs |i1"]),
    "type_wider": (npy(INPUT.astype(numpy.int16)), ["has dtype <i2, input0 needs |i1"]),
    "type_float": (npy(INPUT.astype(numpy.float32)), ["has dtype <f4, input0 needs |i1"]),
    "big_endian": (npy(INPUT.astype(">i4")), ["has dtype >i4"]),
    "complex": (npy(INPUT.astype(numpy.complex64)), ["has dtype <c8"]),
    "structured": (npy(numpy.zeros(3, [("a", "i1"), ("b", "i1")])), ["not the dictionary", "of a plain type"]),
    "objects": (npy(numpy.array(["a"])), ["has dtype <U1"]),
    "shape": (npy(INPUT[:, :5]), ["has shape [1, 5, 6, 3], input0 needs [1, 6, 6, 3]"]),
    "shape_without_batch": (npy(INPUT[0]), ["has shape [6, 6, 3], input0 needs [1, 6, 6, 3]"]),
    "shape_of_several": (npy(numpy.stack([INPUT, INPUT])), ["has shape [2, 1, 6, 6, 3]", "--each runs along"]),
    "shape_of_a_scalar": (npy(numpy.int8(1)), ["has shape [], input0 needs"]),
    "shape_flat": (npy(INPUT.ravel()), ["has shape [108], input0 needs"]),
    "fortran_order": (npy(numpy.asfortranarray(INPUT)), ["Fortran order", "numpy.ascontiguousarray"]),
    "cut_short": (WHOLE[:-1], ["has 107 bytes of data, its header says 108"]),
    "too_long": (WHOLE + b"x", ["has 109 bytes of data, its header says 108"]),
    "header_cut_short": (WHOLE[:40], ["ends in its header"]),
    "version_unknown": (WHOLE[:6] + b"\x09" + WHOLE[7:], [".npy version 9, 1 to 3 are supported"]),
    "no_npy": (b"not an array", ["does not begin as a .npy file"]),
    "empty": (b"", ["does not begin as a .npy file"]),
}


@pytest.mark.parametrize("wrong", DATA)
def test_input_file(tenon, empty, wrong):
    content, said = DATA[wrong]
    (empty / "in.npy").write_bytes(content)
    fail(tenon, WRONG_INPUT, "run", TWO_OUTPUTS, "--input", "in.npy", "--output-dir", "out", "--json", "e.json",
         said=["in.npy: ", *said])
    errors = command.check_error(json.loads((empty / "e.json").read_text()), WRONG_INPUT)
    assert errors[0]["file"] == "in.npy"
    assert command.files_in(empty / "out") == []


@pytest.mark.parametrize("size", [0, 1, 107, 109])
def test_raw_input_of_another_size(tenon, empty, size):
    (empty / "in.bin").write_bytes(bytes(size))
    fail(tenon, WRONG_INPUT, "run", TWO_OUTPUTS, "--input", "in.bin",
         said=[f"in.bin: the file has {size} bytes, input0 needs 108"])


@pytest.mark.parametrize("size", [0, 109])
def test_raw_inputs_of_no_whole_number(tenon, empty, size):
    (empty / "in.bin").write_bytes(bytes(size))
    fail(tenon, WRONG_INPUT, "run", TWO_OUTPUTS, "--each", "--input", "in.bin", said=["a multiple of 108"])


def test_each_without_a_leading_axis(tenon, empty):
    (empty / "in.npy").write_bytes(npy(INPUT[0]))
    fail(tenon, WRONG_INPUT, "run", TWO_OUTPUTS, "--each", "--input", "in.npy", said=["an extra leading axis before"])


def test_each_of_no_inferences(tenon, empty):
    (empty / "in.npy").write_bytes(npy(INPUT[numpy.newaxis][:0]))
    fail(tenon, WRONG_INPUT, "run", TWO_OUTPUTS, "--each", "--input", "in.npy", said=["in.npy: "])


def test_each_of_unequal_numbers(tenon, empty):
    golden = numpy.load(MODELS / "graph_two_inputs.npz")
    (empty / "a.npy").write_bytes(npy(golden["input0"]))
    (empty / "b.npy").write_bytes(npy(golden["input1"][:1]))
    fail(tenon, WRONG_INPUT, "run", TWO_INPUTS, "--each", "--input", "a.npy", "--input", "b.npy",
         said=["b.npy: the file has 1 inferences, another input has"])


def test_float_io_of_integers(tenon, empty):
    (empty / "in.npy").write_bytes(WHOLE)
    fail(tenon, WRONG_INPUT, "run", TWO_OUTPUTS, "--float-io", "--input", "in.npy",
         said=["has dtype |i1, input0 needs <f4"])


def test_float_io_of_not_a_number(tenon, empty):
    floats = INPUT.astype(numpy.float32)
    floats[0, 0, 0, 2] = numpy.nan
    (empty / "in.npy").write_bytes(npy(floats))
    fail(tenon, WRONG_INPUT, "run", TWO_OUTPUTS, "--float-io", "--input", "in.npy", said=["element 2 is NaN"])


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_npy_is_read(tenon, empty, version):
    (empty / "in.npy").write_bytes(npy(INPUT, version))
    command.succeed(tenon, "run", TWO_OUTPUTS, "--input", "in.npy")


def test_description_in_the_place_of_a_model(tenon, empty):
    (empty / "chip.yaml").write_text("tenon: 1\ntarget: chip\n")
    fail(tenon, WRONG_INPUT, "run", "chip.yaml", said=["chip.yaml: a model is wanted here", "give that to --target"])
