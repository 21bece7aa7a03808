"""Models of linalg as other exporters write them: every named operation of MLIR 19, and what stands beside linalg. The
named operations give what their generic forms give; the rest is compared with numpy. As bytecode they are the same."""

import subprocess

import numpy
import pytest

from command import succeed
from linalg_cases import NAMED, OTHERS


@pytest.fixture(name="opt", scope="session")
def tenon_opt(build_folder):
    return build_folder / "bin" / "tenon-opt"


def save(tmp_path, name, array):
    numpy.save(tmp_path / name, array)
    return tmp_path / name


def outputs(tenon, tmp_path, model, *arguments):
    succeed(tenon, "run", model, *arguments, "--output", tmp_path / "out.npy", "--quiet")
    return numpy.load(tmp_path / "out.npy")


@pytest.mark.parametrize("name", NAMED)
def test_named_operation(tenon, opt, tmp_path, name):
    (tmp_path / "named.mlir").write_text(NAMED[name])
    generic = subprocess.run([opt, "--linalg-generalize-named-ops", tmp_path / "named.mlir", "-o",
                              tmp_path / "generic.mlir"], capture_output=True, text=True)
    assert generic.returncode == 0, generic.stderr
    assert "linalg.generic" in (tmp_path / "generic.mlir").read_text()
    want = outputs(tenon, tmp_path, tmp_path / "generic.mlir")
    got = outputs(tenon, tmp_path, tmp_path / "named.mlir")
    assert got.tobytes() == want.tobytes() and got.shape == want.shape
    assert numpy.unique(got).size > 1, "random inputs give more than one number"


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("engine", ["reference", "cpu"])
def test_beside_linalg(tenon, tmp_path, name, engine):
    text, shapes, compute, tolerance = OTHERS[name]
    (tmp_path / "m.mlir").write_text(text)
    random = numpy.random.default_rng(7)
    arrays = [random.standard_normal(shape).astype(numpy.float32) for shape in shapes]
    arguments = []
    for number, array in enumerate(arrays):
        arguments += ["--input", f"input_{number}={save(tmp_path, f'in{number}.npy', array)}"]
    got = outputs(tenon, tmp_path, tmp_path / "m.mlir", *arguments, "--target", engine)
    numpy.testing.assert_allclose(got, compute(*arrays), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ["matmul", "conv_2d_nchw_fchw_i8", "pooling_nhwc_max", "elementwise", "softmax"])
def test_bytecode_is_the_same_program(tenon, opt, repository, tmp_path, name):
    (tmp_path / "m.mlir").write_text(NAMED[name] if name in NAMED else OTHERS[name][0])
    subprocess.run([opt, "--emit-bytecode", tmp_path / "m.mlir", "-o", tmp_path / "m.mlirbc"], check=True)
    assert (tmp_path / "m.mlirbc").read_bytes().startswith(b"ML\xefR")
    chip = repository / "tests" / "isa" / "chips" / "ws-array.yaml"
    for model in ("m.mlir", "m.mlirbc"):
        succeed(tenon, "compile", tmp_path / model, "--target", chip, "-o", tmp_path / f"{model}.out", "--quiet")
    files = sorted(path.name for path in (tmp_path / "m.mlir.out").iterdir())
    assert files and files == sorted(path.name for path in (tmp_path / "m.mlirbc.out").iterdir())
    for file in files:
        assert (tmp_path / "m.mlir.out" / file).read_bytes() == (tmp_path / "m.mlirbc.out" / file).read_bytes(), file
    both = [outputs(tenon, tmp_path, tmp_path / model) for model in ("m.mlir", "m.mlirbc")]
    assert both[0].tobytes() == both[1].tobytes()


def test_torch_mlir_module(tenon, tmp_path):
    """Attributes of other dialects and a global that nobody reads say nothing about the model."""
    (tmp_path / "m.mlir").write_text("""module attributes {torch.debug_module_name = "Net"} {
  ml_program.global private mutable @global_seed(dense<0> : tensor<i64>) : tensor<i64>
  func.func @forward(%a: tensor<4xf32>) -> tensor<4xf32> {
    return %a : tensor<4xf32>
  }
}
""")
    succeed(tenon, "run", tmp_path / "m.mlir", "--quiet")
