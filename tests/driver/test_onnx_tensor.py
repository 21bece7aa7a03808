"""ONNX .pb tensors as inputs: one serialised TensorProto, written here field by field (onnx.proto gives the numbers)."""

import json
import pathlib
import struct
import subprocess

import numpy
import pytest

OPERATORS = pathlib.Path(__file__).resolve().parent.parent / "models" / "operators"
FLOAT, INT8, STRING, INT32 = 1, 3, 8, 6


def varint(value):
    value &= (1 << 64) - 1
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes(parts + bytearray([value]))


def field(number, kind, payload):
    return varint(number << 3 | kind) + payload


def tensor(dims, data_type, raw=None, floats=None, int32s=None, location=None):
    text = b"".join(field(1, 0, varint(n)) for n in dims) + field(2, 0, varint(data_type))
    if floats is not None:
        text += field(4, 2, varint(4 * len(floats)) + struct.pack(f"<{len(floats)}f", *floats))
    if int32s is not None:
        packed = b"".join(varint(n) for n in int32s)
        text += field(5, 2, varint(len(packed)) + packed)
    if raw is not None:
        text += field(9, 2, varint(len(raw)) + raw)
    if location is not None:
        text += field(14, 0, varint(location))
    return text


def int8_case():
    cases = json.loads((OPERATORS / "cases.json").read_text())["cases"]
    return next(c for c in cases if c["operator"] == "RELU" and c["inputs"][0]["dtype"] == "int8")


def run(tenon, tmp_path, content, *more):
    (tmp_path / "input.pb").write_bytes(content)
    return subprocess.run([tenon, "run", OPERATORS / f"{int8_case()['name']}.tflite", "--quiet", "--input",
                           tmp_path / "input.pb", "--output", tmp_path / "output.npy", *more],
                          capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("form", ["raw", "int32_data"])
def test_int8(tenon, tmp_path, form):
    golden = numpy.load(OPERATORS / f"{int8_case()['name']}.npz")
    value = golden["input0"][0]
    data = {"raw": value.tobytes()} if form == "raw" else {"int32s": [int(n) for n in value.ravel()]}
    done = run(tenon, tmp_path, tensor(value.shape, INT8, **data))
    assert done.returncode == 0, done.stderr
    assert numpy.array_equal(numpy.load(tmp_path / "output.npy"), golden["output0"][0])


def test_float_io(tenon, tmp_path):
    case = int8_case()
    golden = numpy.load(OPERATORS / f"{case['name']}.npz")
    details = case["inputs"][0]
    real = (golden["input0"][0].astype(numpy.float64) - details["zero_point"]) * details["scale"]
    done = run(tenon, tmp_path, tensor(real.shape, FLOAT, floats=[float(x) for x in real.ravel()]), "--float-io")
    assert done.returncode == 0, done.stderr
    output = case["outputs"][0]
    want = (golden["output0"][0].astype(numpy.float64) - output["zero_point"]) * output["scale"]
    assert numpy.array_equal(numpy.load(tmp_path / "output.npy"), want.astype(numpy.float32))


@pytest.mark.parametrize("content, message", [
    (b"\xff\xff\xff", "not one serialised ONNX TensorProto"),
    (tensor([4], STRING), "ONNX data type 8"),
    (tensor([2, 3], INT8, raw=b"12345"), "5 bytes of data, its type and dimensions need 6"),
    (tensor([-1], INT8, raw=b""), "a dimension of -1"),
    (tensor([1 << 40, 1 << 40], INT8, raw=b""), "its type and dimensions need 18446744073709551615"),
    (tensor([4], INT8, raw=b"1234", location=1), "in another file"),
    (tensor([4], INT32, int32s=[1, 2, 3, 4]), "the file has type i32"),
    (tensor([3, 1], INT8, raw=b"123"), "the file has shape [3, 1]"),
], ids=["not_a_tensor", "type", "cut_short", "negative_dimension", "dimensions_overflow", "external_data", "other_type",
        "other_shape"])
def test_wrong_tensor(tenon, tmp_path, content, message):
    done = run(tenon, tmp_path, content)
    assert done.returncode == 3 and message in done.stderr
    assert "input.pb" in done.stderr and not (tmp_path / "output.npy").exists()
