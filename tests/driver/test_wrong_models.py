"""Files that are no models, or models that cannot be run: exit code 3 (6 where the file cannot be read), the file's
name, and what is wrong; and models of MLIR that are right."""

import json
import os
import subprocess

import numpy
import pytest

import command
from command import DONE, TWO_OUTPUTS, WRONG_INPUT, WRONG_USE, fail, succeed

FLATBUFFER = TWO_OUTPUTS.read_bytes()

ADD = """func.func @main(%a: tensor<4xi8>, %b: tensor<4xi8>) -> tensor<4xi8> {
  %e = tensor.empty() : tensor<4xi8>
  %r = linalg.add ins(%a, %b : tensor<4xi8>, tensor<4xi8>) outs(%e : tensor<4xi8>) -> tensor<4xi8>
  return %r : tensor<4xi8>
}
"""


def identity(kind):
    return f"func.func @main(%a: {kind}) -> {kind} {{\n  return %a : {kind}\n}}\n"


FILES = {
    "empty": ("m.tflite", b"", ["has 0 bytes and is neither TFLite (TFL3 at byte 4), ONNX"]),
    "cut_short": ("m.tflite", FLATBUFFER[:200], ["is not a whole FlatBuffer", "200 bytes"]),
    "identifier_wrong": ("m.tflite", FLATBUFFER[:4] + b"XXXX" + FLATBUFFER[8:], ["is neither TFLite"]),
    "onnx": ("m.onnx", b"\x08\x07\x12\x07pytorch", ["imports no version of ONNX's operator set"]),
    "onnx_by_its_content": ("m.bin", b"\x08\x0a\x12\x07pytorch\x00", ["is not one serialised ONNX ModelProto"]),
    "text": ("m.mlir", b"hello world\n", ["m.mlir:1:1: ", "'hello'"]),
    "text_named_tflite": ("m.tflite", b"hello world\n", ["m.tflite:1:1: "]),
    "picture": ("m.tflite", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ["is neither TFLite"]),
    "bytecode_cut_short": ("m.mlir", b"ML\xefR\r\x01MLIR19.1.7\0", ["m.mlir: "]),
    "brackets_nested": ("m.mlir", b"func.func @main() attributes {a = " + b"[" * 3_000_000, ["nested deeper than 256"]),
    "dynamic_shape": ("m.mlir", identity("tensor<?xi8>").encode(), ["static shape"]),
    "unranked": ("m.mlir", identity("tensor<*xi8>").encode(), ["static shape"]),
    "no_tensor": ("m.mlir", identity("i8").encode(), ["static shape"]),
    "type_unknown": ("m.mlir", identity("tensor<4xf80>").encode(), ["f80", "none of"]),
    "type_too_wide": ("m.mlir", identity("tensor<4xi128>").encode(), ["i128", "none of"]),
    "type_complex": ("m.mlir", identity("tensor<4xcomplex<f32>>").encode(), ["complex<f32>", "none of"]),
    "dimension_zero": ("m.mlir", identity("tensor<0xi8>").encode(), ["m.mlir:1:1: ", "[0] has no elements"]),
    "tensor_of_4_tb": ("m.mlir", identity("tensor<4398046511104xi8>").encode(), ["has too many elements"]),
    "dimensions_overflow": ("m.mlir", identity("tensor<4611686018427387904x4xi8>").encode(), ["has too many elements"]),
    "no_function": ("m.mlir", b"module {}\n", ["0 functions"]),
    "several_functions": ("m.mlir", (ADD.replace("main", "a") + ADD.replace("main", "b")).encode(),
                          ["2 functions and none is called main"]),
    "function_without_body": ("m.mlir", b"func.func private @main(tensor<4xi8>) -> tensor<4xi8>\n", ["has 0 blocks"]),
    "operation_unsupported": (
        "m.mlir", b"func.func @main(%a: tensor<4xi8>, %k: index) -> tensor<4xi8> {\n"
        b"  %r = tensor.extract_slice %a[%k] [4] [1] : tensor<4xi8> to tensor<4xi8>\n  return %r : tensor<4xi8>\n}\n",
        ["m.mlir:2:8: ", "tensor.extract_slice has no nest", "is not a constant"]),
    "scalar_operation_unsupported": (
        "m.mlir", b"func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {\n"
        b"  %r = math.atan %a : tensor<4xf32>\n  return %r : tensor<4xf32>\n}\n",
        ["m.mlir:2:8: ", "the scalar operation math.atan is not one"]),
    "dialect_foreign": ("m.mlir", b'"stablehlo.add"() : () -> ()\n', ["m.mlir:1:16: ", "of a dialect that is not read", "lower it to linalg"]),
    "verification": ("m.mlir", ADD.replace("-> tensor<4xi8> {", "-> tensor<5xi8> {").encode(), ["m.mlir:4:3: "]),
}


@pytest.mark.parametrize("program", ["run", "inspect"])
@pytest.mark.parametrize("wrong", FILES)
def test_wrong_model(tenon, tmp_path, wrong, program):
    name, content, said = FILES[wrong]
    (tmp_path / name).write_bytes(content)
    fail(tenon, WRONG_INPUT, program, tmp_path / name, "--json", tmp_path / "e.json", said=[name, *said], seconds=10)
    errors = command.check_error(json.loads((tmp_path / "e.json").read_text()), WRONG_INPUT)
    assert errors[0]["file"] == str(tmp_path / name)


def test_a_folder(tenon, tmp_path):
    fail(tenon, WRONG_USE, "inspect", tmp_path, said=[str(tmp_path), "cannot be read: Is a directory"])
    fail(tenon, WRONG_INPUT, "run", tmp_path, said=["manifest.json: a bundle has this file, and it is missing"])


def test_a_file_that_is_not_there(tenon, tmp_path):
    fail(tenon, WRONG_USE, "run", tmp_path / "no.tflite", said=["no.tflite: cannot be read: No such file"])


def test_a_file_past_the_limit(tenon, tmp_path):
    with open(tmp_path / "m.tflite", "wb") as file:
        file.truncate(5 << 30)  # sparse
    fail(tenon, WRONG_INPUT, "inspect", tmp_path / "m.tflite", said=["5368709120 bytes, at most 2147483648"], seconds=10)


def test_a_model_from_a_pipe(tenon, tmp_path):
    os.mkfifo(tmp_path / "pipe.tflite")
    with subprocess.Popen(["cp", "/dev/stdin", tmp_path / "pipe.tflite"], stdin=subprocess.PIPE) as writer:
        writer.stdin.write(FLATBUFFER)
        writer.stdin.close()
        assert "CONV_2D" in succeed(tenon, "inspect", tmp_path / "pipe.tflite").stdout


def test_all_mistakes_of_a_model_are_listed(tenon, tmp_path):
    """Both convolutions of the model become operators that are not read; --json has both, by node."""
    content = bytearray(FLATBUFFER)
    codes = [place for place in range(0, len(content) - 4) if content[place:place + 4] == b"\x03\0\0\0"]
    for place in codes:  # CONV_2D is 3 in both of its fields; whichever of these numbers it is, the file stays one
        damaged = bytearray(content)
        damaged[place] = 126
        (tmp_path / "m.tflite").write_bytes(damaged)
        done = command.run(tenon, "inspect", tmp_path / "m.tflite", "--json", tmp_path / "e.json")
        found = json.loads((tmp_path / "e.json").read_text())
        if done.returncode == WRONG_INPUT and "BATCH_MATMUL" in done.stderr:
            assert [error["node"] for error in found["errors"]] == ["BATCH_MATMUL #0 (tensor3)", "BATCH_MATMUL #2 (output0)"]
            return
    raise AssertionError("none of the numbers was the operator's")


def test_names_that_are_not_utf8(tenon, tmp_path):
    (tmp_path / "m.tflite").write_bytes(FLATBUFFER.replace(b"tensor3", b"te\xff\xfeor3").replace(b"input0", b"in\xc3ut0"))
    for program in ("run", "inspect"):
        done = subprocess.run([tenon, program, tmp_path / "m.tflite"], capture_output=True, timeout=60)
        assert done.returncode == DONE and b"CONV_2D" in done.stdout, done.stderr
        found = json.loads(succeed(tenon, program, tmp_path / "m.tflite", "--json", "-").stdout)
        assert any("\ufffd" in entry["name"] for entry in found.get("layers", found.get("nodes")))
    succeed(tenon, "run", tmp_path / "m.tflite", "--quiet", "--dump-tensors", tmp_path / "t", "--output-dir", tmp_path / "o")
    listed = json.loads((tmp_path / "t" / "tensors.json").read_text())
    assert sum("\ufffd" in tensor["name"] for tensor in listed["tensors"]) == 2


def test_mlir_that_is_right(tenon, tmp_path):
    (tmp_path / "add.mlir").write_text(ADD)
    a, b = numpy.array([1, -2, 100, -128], numpy.int8), numpy.array([5, 6, 100, -1], numpy.int8)
    numpy.save(tmp_path / "a.npy", a)
    numpy.save(tmp_path / "b.npy", b)
    succeed(tenon, "run", tmp_path / "add.mlir", "--input", tmp_path / "a.npy", "--input", f"input_1={tmp_path / 'b.npy'}",
            "--output", tmp_path / "c.npy")
    assert numpy.array_equal(numpy.load(tmp_path / "c.npy"), a + b)  # wrapping


def test_main_among_other_functions(tenon, tmp_path):
    other = "func.func @other() -> tensor<2xi8> {\n  %c = arith.constant dense<1> : tensor<2xi8>\n  return %c : tensor<2xi8>\n}\n"
    (tmp_path / "m.mlir").write_text(other + ADD)
    succeed(tenon, "run", tmp_path / "m.mlir", "--dump-tensors", tmp_path / "t", "--output", tmp_path / "c.npy")
    assert numpy.load(tmp_path / "c.npy").shape == (4,)


def test_division_by_zero_at_run_time(tenon, tmp_path):
    (tmp_path / "m.mlir").write_text(ADD.replace("linalg.add", "linalg.div"))
    for name in "ab":
        numpy.save(tmp_path / f"{name}.npy", numpy.zeros(4, numpy.int8))
    fail(tenon, WRONG_INPUT, "run", tmp_path / "m.mlir", "--input", tmp_path / "a.npy", "--input", tmp_path / "b.npy",
         "--output", tmp_path / "c.npy", said=["m.mlir: ", "divi"])
    assert not (tmp_path / "c.npy").exists()
