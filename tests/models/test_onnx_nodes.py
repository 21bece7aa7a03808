"""Some of ONNX's own node tests (libonnx-testdata) the way a user would run them: .pb inputs by name and by position,
every output. All of them run in tests/import/OnnxNodeTest.cpp."""

import json
import pathlib
import subprocess

import numpy
import onnx
import pytest
from onnx import numpy_helper

NODES = pathlib.Path("/usr/share/libonnx-testdata/data/node")
CASES = """abs add add_bcast add_uint8 and3d argmax_default_axis_example averagepool_2d_pads averagepool_2d_ceil
    basic_conv_with_padding batchnorm_epsilon cast_FLOAT_to_DOUBLE cast_FLOAT16_to_FLOAT clip_example
    concat_2d_axis_1 conv_with_strides_and_asymmetric_padding convtranspose depthtospace_example dequantizelinear
    div_uint8 dynamicquantizelinear equal flatten_axis1 gather_0 gemm_all_attributes greater_equal isnan
    layer_normalization_3d_axis1_epsilon less log logsoftmax_axis_1 matmul_3d max_float64 max_int8
    maxpool_2d_dilations maxpool_with_argmax_2d_precomputed_pads mean_example min_uint64 or4d prelu_broadcast
    quantizelinear quantizelinear_axis relu sign softmax_axis_2 sub_uint8 transpose_all_permutations_3 where_example
    xor2d""".split()


@pytest.mark.skipif(not NODES.is_dir(), reason=f"libonnx-testdata is not installed: no {NODES}")
@pytest.mark.parametrize("number, case", enumerate(CASES), ids=CASES)
def test_node(tenon, tmp_path, number, case):
    folder = NODES / f"test_{case}"
    model = onnx.load(folder / "model.onnx")
    arguments, data = [], folder / "test_data_set_0"
    for place, value in enumerate(model.graph.input):
        path = data / f"input_{place}.pb"
        arguments += ["--input", f"{value.name}={path}" if number % 2 else path]
    done = subprocess.run([tenon, "run", folder / "model.onnx", "--quiet", "--output-dir", tmp_path / "out",
                           *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    outputs = json.loads((tmp_path / "out" / "outputs.json").read_text())["outputs"]
    assert [each["name"] for each in outputs] == [value.name for value in model.graph.output]
    for place, each in enumerate(outputs):
        got = numpy.load(tmp_path / "out" / each["file"])
        want = numpy_helper.to_array(onnx.load_tensor(str(data / f"output_{place}.pb")))
        assert got.dtype == want.dtype and got.shape == want.shape
        if want.dtype.kind == "f":
            assert numpy.allclose(got, want, rtol=1e-5, atol=1e-5, equal_nan=True)
        else:
            assert numpy.array_equal(got, want)
