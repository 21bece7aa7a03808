"""tenon run and tenon compile on targets of native code: options, reports, refusals, and that a wrong row is found out.

These tests name no processor of targets/: the description is their own."""

import json
import pathlib
import platform
import shutil

import numpy
import pytest

import command
from command import (MODELS, RESULT_DIFFERS, SYSTEM_FAILED, TARGET_CANNOT, TWO_OUTPUTS, WRONG_INPUT, WRONG_USE, fail,
                     succeed)

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the description is of an x86 processor")

DENSE = MODELS / "fully_connected_batch7.tflite"
SOFTMAX = MODELS / "softmax_10_usual.tflite"
CHIP = """
tenon: 1
target: small
doc: a processor with one row for products of floats.
code: {triple: x86_64-unknown-linux-gnu, features: [FEATURES], vector: 16}
levels:
  thread: {kind: threads, most: 4}
memories:
  mem: {kind: global, bytes: 1 GiB}
  xmm: {kind: registers, count: 16, row: [16, i8]}
intrinsics:
  load:
    sizes: {j: 4, k: 1}
    operands:
      src: {type: "f32[j, k]", memory: mem}
      dst: {type: "f32[j, k]", memory: xmm, access: write, holds: "dword l = dst[l, 0]"}
    semantics: dst[j, k] = src[j, k]
    llvm: dst = load <4 x float>, ptr src, align 1
    timing: {latency: 5, busy: {load: 1/2}}
  broadcast:
    sizes: {k: 1}
    operands:
      src: {type: "f32[k]", memory: mem}
      dst: {type: "f32[k]", memory: xmm, access: write, holds: "dword l = dst[0]"}
    semantics: dst[k] = src[k]
    llvm: |
      %one = load float, ptr src, align 1
      %first = insertelement <4 x float> poison, float %one, i64 0
      dst = shufflevector <4 x float> %first, <4 x float> poison, <4 x i32> zeroinitializer
    timing: {latency: 5, busy: {load: 1/2}}
  multiply_add:
    sizes: {j: 4, k: 1}
    operands:
      a: {type: "f32[k]", memory: xmm, holds: "dword l = a[0]"}
      b: {type: "f32[j, k]", memory: xmm, holds: "dword l = b[l, 0]"}
      c: {type: "f32[j]", memory: xmm, access: update, holds: "dword l = c[l]"}
    semantics: c[j] += a[k] * b[j, k]
    llvm: |
      %p = fmul <4 x float> a, b
      c = FINAL <4 x float> c, %p
    timing: {latency: 8, busy: {vector: 1}}
"""
LINEAR = """
func.func @main(%x: tensor<5x40xf32>) -> tensor<5x12xf32> {
  %w = arith.constant dense<0.3> : tensor<40x12xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x12xf32>
  %s = linalg.fill ins(%zero : f32) outs(%e : tensor<5x12xf32>) -> tensor<5x12xf32>
  %y = linalg.matmul ins(%x, %w : tensor<5x40xf32>, tensor<40x12xf32>) outs(%s : tensor<5x12xf32>) -> tensor<5x12xf32>
  return %y : tensor<5x12xf32>
}
"""


@pytest.fixture(name="chip")
def processor(tmp_path):
    path = tmp_path / "target.yaml"
    path.write_text(CHIP.replace("FEATURES", "sse2").replace("FINAL", "fadd"))
    return path


@pytest.fixture(name="linear")
def linear_model(tmp_path):
    path = tmp_path / "linear.mlir"
    path.write_text(LINEAR)
    return path


def report(tenon, *arguments):
    return json.loads(succeed(tenon, "run", *arguments, "--json", "-").stdout)


def test_json(tenon, chip, linear):
    found = report(tenon, linear, "--target", chip, "--threads", "2")
    assert found["schema"] == "tenon.run/1" and found["engine"] is None and found["cycles"] is None
    assert found["verified"]["against"] == "reference" and found["verified"]["bound"] > 0
    assert 0 <= found["verified"]["max_abs_error"] <= found["verified"]["bound"]
    assert found["fallback_macs"] == 0 and found["compile_seconds"] > 0 and found["seconds"] > 0
    (layer,) = found["layers"]
    assert layer["where"] == "target" and layer["intrinsics"][0] == "multiply_add" and layer["macs"] == 2400
    assert layer["cycles"] is None and layer["declared_cycles"] > 0 and layer["seconds"] >= 0 and not layer["reason"]
    assert [row["name"] for row in found["memory"]] == ["arena", "weights"]
    assert all(0 < row["peak_bytes"] <= row["capacity_bytes"] == 2**30 for row in found["memory"])


def test_outputs_that_are_no_numbers_are_counted(tenon, chip, linear, tmp_path):
    values = numpy.ones((5, 40), numpy.float32)
    values[1, 3] = numpy.nan
    numpy.save(tmp_path / "x.npy", values)
    arguments = [linear, "--target", chip, "--input", tmp_path / "x.npy"]
    assert report(tenon, *arguments)["verified"]["nan_elements"] == 12
    assert "12 of 60 elements are NaN" in succeed(tenon, "run", *arguments).stdout
    assert "NaN" not in succeed(tenon, "run", linear, "--target", chip).stdout


def test_what_no_intrinsic_does_is_said(tenon, chip):
    found = report(tenon, DENSE, "--target", chip)
    assert found["verified"] == {"against": "reference", "bit_exact": True, "max_abs_error": 0}
    assert found["fallback_macs"] == sum(layer["macs"] for layer in found["layers"]) > 0
    assert all(layer["intrinsics"] == [] and layer["reason"] for layer in found["layers"])
    text = succeed(tenon, "run", DENSE, "--target", chip).stdout
    assert "portable code" in text and "no declared intrinsic does" in text and "bit for bit" in text


def test_require_intrinsic(tenon, chip, linear):
    succeed(tenon, "run", linear, "--target", chip, "--require-intrinsic", "linalg.matmul*")
    fail(tenon, TARGET_CANNOT, "run", DENSE, "--target", chip, "--require-intrinsic", "FULLY*",
         said=["FULLY_CONNECTED #0"])
    fail(tenon, TARGET_CANNOT, "run", SOFTMAX, "--target", chip, "--require-intrinsic", "SOFT*", said=["SOFTMAX #0"])


def test_a_row_that_does_not_do_what_it_says_is_found_out(tenon, chip, linear):
    chip.write_text(chip.read_text().replace("c = fadd", "c = fsub"))
    fail(tenon, RESULT_DIFFERS, "run", linear, "--target", chip, said=["lies beyond its bound"])


def test_a_row_that_llvm_refuses_is_shown(tenon, chip, linear):
    chip.write_text(chip.read_text().replace("c = fadd", "c = fadx"))
    row = next(number for number, line in enumerate(chip.read_text().splitlines(), 1) if "fadx" in line)
    fail(tenon, WRONG_INPUT, "run", linear, "--target", chip, said=[f"target.yaml:{row}:"])


def test_a_host_without_a_feature_refuses_to_run_and_compiles(tenon, chip, tmp_path):
    chip.write_text(chip.read_text().replace("[sse2]", "[sse2, amx-fp16, avx512vp2intersect]"))
    fail(tenon, TARGET_CANNOT, "run", DENSE, "--target", chip, said=["this host cannot run", "amx-fp16"])
    succeed(tenon, "compile", DENSE, "--target", chip, "-o", tmp_path / "out")
    assert "model.o" in command.files_in(tmp_path / "out")


def test_outputs_and_each(tenon, chip, tmp_path):
    golden = numpy.load(MODELS / "graph_two_outputs.npz")
    numpy.save(tmp_path / "in.npy", golden["input0"])
    succeed(tenon, "run", TWO_OUTPUTS, "--target", chip, "--each", "--input", tmp_path / "in.npy", "--output-dir",
            tmp_path / "out")
    for number in range(2):
        assert numpy.array_equal(numpy.load(tmp_path / "out" / f"output_{number}.npy"), golden[f"output{number}"])


def test_float_io(tenon, chip, tmp_path):
    described = command.case("fully_connected_batch7")
    scale, zero_point = numpy.float32(described["inputs"][0]["scale"]), described["inputs"][0]["zero_point"]
    golden = numpy.load(MODELS / "fully_connected_batch7.npz")
    numpy.save(tmp_path / "in.npy", (golden["input0"].astype(numpy.float32) - zero_point) * scale)
    succeed(tenon, "run", DENSE, "--target", chip, "--each", "--float-io", "--input", tmp_path / "in.npy", "--output",
            tmp_path / "out.npy")
    output = described["outputs"][0]
    want = (golden["output0"].astype(numpy.float64) - output["zero_point"]) * output["scale"]
    assert numpy.array_equal(numpy.load(tmp_path / "out.npy"), want.astype(numpy.float32))


@pytest.mark.parametrize("model", [TWO_OUTPUTS, MODELS / "reshape_flatten.tflite"], ids=["two_outputs", "only_views"])
def test_dumped_tensors_are_the_references(tenon, chip, tmp_path, model):
    for name, target in (("a", "reference"), ("b", chip)):
        succeed(tenon, "run", model, "--target", target, "--seed", "7", "--dump-tensors", tmp_path / name)
    assert command.files_in(tmp_path / "a") == command.files_in(tmp_path / "b")
    for file in sorted((tmp_path / "a").glob("*.npy")):
        assert numpy.array_equal(numpy.load(file), numpy.load(tmp_path / "b" / file.name)), file.name


def test_plans(tenon, chip, linear, tmp_path):
    text = succeed(tenon, "run", linear, "--target", chip, "--quiet", "--dump-plan", "-").stdout
    assert "layer 0:" in text and "kernel linear_layer0" in text and "arena:" in text and "weights:" in text
    succeed(tenon, "compile", linear, "--target", chip, "-o", tmp_path / "out", "--dump-plan", tmp_path / "plan.json")
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert plan["schema"] == "tenon.plan/1" and plan["arena_bytes"] >= plan["arena_least_bytes"] > 0
    (layer,) = plan["layers"]
    assert layer["intrinsics"] and layer["kernels"][-1]["what"] and layer["kernels"][-1]["arguments"]


def test_emitted_text(tenon, chip, linear, tmp_path):
    succeed(tenon, "run", linear, "--target", chip, "--emit", "llvm", tmp_path / "m.ll", "--emit", "asm",
            tmp_path / "m.s")
    assert "define void @linear_layer0" in (tmp_path / "m.ll").read_text()
    assert "mulps" in (tmp_path / "m.s").read_text()
    fail(tenon, WRONG_USE, "run", linear, "--target", chip, "--emit", "ptx", tmp_path / "m", said=["ptx"])
    fail(tenon, WRONG_USE, "run", linear, "--emit", "llvm", tmp_path / "m", said=["--emit", "has none"])


def test_a_bundle_runs_without_its_model(tenon, chip, tmp_path):
    golden = numpy.load(MODELS / "fully_connected_batch7.npz")
    numpy.save(tmp_path / "in.npy", golden["input0"])
    succeed(tenon, "compile", DENSE, "--target", chip, "-o", tmp_path / "out")
    done = succeed(tenon, "run", tmp_path / "out", "--each", "--input", tmp_path / "in.npy", "--output",
                   tmp_path / "out.npy", "--threads", "2")
    assert "not verified" in done.stdout
    assert numpy.array_equal(numpy.load(tmp_path / "out.npy"), golden["output0"])
    fail(tenon, WRONG_USE, "run", tmp_path / "out", "--dump-tensors", tmp_path / "t", said=["needs the model"])
    weights = tmp_path / "out" / "weights.bin"
    weights.write_bytes(bytes([weights.read_bytes()[0] ^ 1]) + weights.read_bytes()[1:])
    fail(tenon, WRONG_INPUT, "run", tmp_path / "out", said=["weights.bin"])


WRONG = {
    "engine": (["--engine", "spec"], ["--engine spec"]),
    "device": (["--device", "x.so"], ["--device x.so runs commands"]),
    "bind": (["--bind", "N=1"], ["--bind N=1"]),
    "engine_option": (["--engine-option", "a=1"], ["--engine-option a=1"]),
    "threads": (["--threads", "0"], ["--threads"]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_use(tenon, chip, wrong):
    arguments, said = WRONG[wrong]
    fail(tenon, WRONG_USE, "run", DENSE, "--target", chip, *arguments, said=said)


@pytest.mark.parametrize("missing", ["tenon-run", "tenon-codegen"])
def test_a_program_that_is_not_beside_tenon_is_named(tenon, chip, tmp_path, missing):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in {"tenon", "tenon-run", "tenon-codegen"} - {missing}:
        shutil.copy(pathlib.Path(tenon).parent / name, folder / name)
    fail(folder / "tenon", SYSTEM_FAILED, "run", DENSE, "--target", chip, said=[missing])


DEEP = 30  # layers, each of which may double what came in


@pytest.fixture(name="deep")
def deep_model(tmp_path):
    """Products one after the other, every one with a name; random weights that keep the size of what goes through."""
    size, random = 24, numpy.random.RandomState(3)
    text = (f"func.func @main(%x0: tensor<5x{size}xf32>) -> tensor<5x{size}xf32> {{\n"
            "  %zero = arith.constant 0.0 : f32\n")
    for layer in range(DEEP):
        weights = (random.standard_normal((size, size)) / size ** 0.5).astype("<f4").tobytes().hex().upper()
        text += (f"  %w{layer} = arith.constant dense<\"0x{weights}\"> : tensor<{size}x{size}xf32>\n"
                 f"  %e{layer} = tensor.empty() : tensor<5x{size}xf32>\n"
                 f"  %s{layer} = linalg.fill ins(%zero : f32) outs(%e{layer} : tensor<5x{size}xf32>)"
                 f" -> tensor<5x{size}xf32>\n"
                 f"  %x{layer + 1} = linalg.matmul {{tenon.tensor = #tenon.tensor<{layer}, \"after {layer}\","
                 f" scale = 0.0 : f64, zero_point = 0>}} ins(%x{layer}, %w{layer} : tensor<5x{size}xf32>,"
                 f" tensor<{size}x{size}xf32>) outs(%s{layer} : tensor<5x{size}xf32>) -> tensor<5x{size}xf32>\n")
    path = tmp_path / "deep.mlir"
    path.write_text(text + f"  return %x{DEEP} : tensor<5x{size}xf32>\n}}\n")
    return path


def test_bounds_are_from_one_tensor_to_the_next(tenon, chip, deep):
    found = report(tenon, deep, "--target", chip)["verified"]
    assert found["tensors"] == DEEP - 1 and 0 <= found["most_of_bound"] <= 1
    assert 0 < found["bound"] < 1e-4  # of one layer: of all of them it would be above 1
    assert 0 <= found["max_abs_error"] < 1e-4


def test_a_small_error_in_a_deep_model_is_found_where_it_is(tenon, chip, deep):
    """A row that cuts its products down to 13 bits: far less than what thirty layers together could explain."""
    product = "      %p = fmul <4 x float> a, b\n"
    assert product in chip.read_text()
    chip.write_text(chip.read_text().replace(product, (
        "      %whole = fmul <4 x float> a, b\n      %bits = bitcast <4 x float> %whole to <4 x i32>\n"
        "      %cut = and <4 x i32> %bits, <i32 -2048, i32 -2048, i32 -2048, i32 -2048>\n"
        "      %p = bitcast <4 x i32> %cut to <4 x float>\n")))
    fail(tenon, RESULT_DIFFERS, "run", deep, "--target", chip, "--quiet",
         said=["tensor 0 (after 0) lies beyond its bound", "the first that differs"])
