"""Every kernel is assembled for every level: ptxas takes it, nothing spills, and what a matrix row stands for is there
as a matrix instruction."""

import json
import pathlib
import re
import subprocess

import assemble
import device_tools
import pytest

LEVELS = ("sm_80", "sm_90")
FOLDER = pathlib.Path(__file__).resolve().parents[1]
MATRIX_OF_ROW = {"mma_s8": "IMMA", "mma_f32": "HMMA"}  # by the beginning of a row's name
INSTRUCTION_OF_MODULE = {"mma_s8_k32": "IMMA", "mma_s8_k16": "IMMA", "mma_f16_k16": "HMMA", "mma_bf16_k16": "HMMA",
                         "mma_f16_k8": "HMMA", "mma_bf16_k8": "HMMA", "dp4a_s8": "IDP", "dp4a_u8": "IDP",
                         "dp4a_row_s8": "IDP", "dp4a_row_u8": "IDP", "mad": "IMAD", "mad_row": "IMAD", "fma": "FFMA",
                         "fma_row": "FFMA"}
LINEAR_RELU = """
func.func @main(%x: tensor<{m}x{k}xf32>, %w: tensor<{k}x{n}xf32>, %b: tensor<{n}xf32>) -> tensor<{m}x{n}xf32> {{
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<{m}x{n}xf32>
  %filled = linalg.fill ins(%zero : f32) outs(%empty : tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>
  %sum = linalg.matmul ins(%x, %w : tensor<{m}x{k}xf32>, tensor<{k}x{n}xf32>)
      outs(%filled : tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>
  %result = linalg.generic {{
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}}
      ins(%sum, %b : tensor<{m}x{n}xf32>, tensor<{n}xf32>) outs(%empty : tensor<{m}x{n}xf32>) {{
    ^bb0(%s: f32, %bias: f32, %out: f32):
      %added = arith.addf %s, %bias : f32
      %clamped = arith.maximumf %added, %zero : f32
      linalg.yield %clamped : f32
  }} -> tensor<{m}x{n}xf32>
  return %result : tensor<{m}x{n}xf32>
}}
"""


@pytest.fixture(scope="module", autouse=True)
def tools():
    """Without an assembler there is nothing to test."""
    try:
        device_tools.find("ptxas")
        device_tools.find("nvdisasm")
    except device_tools.ToolError as error:
        pytest.skip(str(error))


def run(build_folder, program, *arguments, seconds=600):
    path = build_folder / "tests" / "programs" / program
    assert path.is_file(), f"{path} is not there: the build is not whole"
    done = subprocess.run([str(path), *map(str, arguments)], capture_output=True, text=True, check=False, timeout=seconds)
    assert done.returncode == 0, done.stderr
    return done.stderr


def joined(texts):
    """One PTX module of several: the directives at the head stand once."""
    head = re.compile(r"^\.(version|target|address_size) .*$", re.MULTILINE)
    lines = [match[0] for match in head.finditer(texts[0])]
    return "\n".join(lines + [head.sub("", text) for text in texts])


def check(text, level):
    """{name: kernel}; none of them spills."""
    kernels = assemble.assemble(text, level)
    assert kernels
    assert not [f"{kernel.name} on {level}" for kernel in kernels if kernel.spills]
    return {kernel.name: kernel for kernel in kernels}


def check_models(folder, level, models=None):
    """The modules that cuda_model_modules wrote; gives its report and the kernels."""
    report = json.loads((folder / "models.json").read_text())
    wanted = models or sorted(report)
    kernels = check(joined([(folder / f"{name}.ptx").read_text() for name in wanted]), level)
    for name in wanted:
        for layer in report[name]:
            for row in layer["intrinsics"]:
                mnemonic = next((MATRIX_OF_ROW[start] for start in MATRIX_OF_ROW if row.startswith(start)), None)
                last = kernels[layer["kernels"][-1]["name"]]
                assert mnemonic is None or last.instructions[mnemonic], f"{last.name} has no {mnemonic} on {level}"
    return report, kernels


@pytest.fixture(scope="module")
def rows(build_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    run(build_folder, "cuda_kernel_modules", FOLDER / "sm_80.yaml", folder, "few")
    return folder


@pytest.mark.parametrize("row", INSTRUCTION_OF_MODULE)
def test_every_row_assembles(rows, row):
    text = (rows / f"{row}.ptx").read_text()
    names = {case["kernels"][-1]["name"] for case in json.loads((rows / f"{row}.json").read_text())}
    for level in LEVELS:
        kernels = check(text, level)
        mnemonic = INSTRUCTION_OF_MODULE[row]
        without = [name for name in names if not any(one.startswith(mnemonic) for one in kernels[name].instructions)]
        assert not without, f"no {mnemonic} on {level}"


@pytest.mark.parametrize("level", LEVELS)
def test_real_models(build_folder, models_folder, tmp_path, level):
    models = sorted([*models_folder.glob("*.tflite"), *models_folder.glob("*.onnx")])
    run(build_folder, "cuda_model_modules", FOLDER / f"{level}.yaml", tmp_path, *models)
    report, kernels = check_models(tmp_path, level)
    assert len(report) >= 5 and "mnist_cnn_f32" in report
    for layers in report.values():
        assert all(layer["intrinsics"] for layer in layers if layer["macs"])
    assert sum(kernel.instructions["IMMA"] > 0 for kernel in kernels.values()) >= 15


@pytest.mark.slow
def test_operator_models(build_folder, repository, tmp_path):
    models = sorted((repository / "tests" / "models" / "operators").glob("*.tflite"))
    run(build_folder, "cuda_model_modules", FOLDER / "sm_80.yaml", tmp_path, *models)
    report = json.loads((tmp_path / "models.json").read_text())
    assert len(report) == len(models)
    for name, layers in report.items():
        assert all(layer["intrinsics"] for layer in layers if layer["macs"]), name
    for level in LEVELS:
        check_models(tmp_path, level)


@pytest.mark.parametrize(("m", "n", "k"), [(128, 64, 256), (7, 33, 5), (1, 10, 640)])
def test_linear_relu_is_one_kernel(build_folder, tmp_path, m, n, k):
    model = tmp_path / "linear_relu.mlir"
    model.write_text(LINEAR_RELU.format(m=m, n=n, k=k))
    run(build_folder, "cuda_model_modules", FOLDER / "sm_80.yaml", tmp_path, model)
    for level in LEVELS:
        report, kernels = check_models(tmp_path, level)
        assert len(report["linear_relu"]) == 1 and len(kernels) == 1
        kernel = next(iter(kernels.values()))
        assert kernel.instructions["FFMA"] and kernel.instructions["FMNMX"]
