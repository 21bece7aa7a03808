#!/usr/bin/env python3
"""Writes small networks as ONNX Runtime's own quantizer makes them, with inputs and its answers: what a user's file
looks like, in both of its forms and with its default types.

    build/sample-venv/bin/python tests/models/quantised/generate_networks.py    # docs/samples/digits/requirements.txt

For each network_*.onnx there is a .npz with input0 and float, whose first axis counts the samples.
"""

import pathlib
import tempfile

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import quantization

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES, OPSET, IR_VERSION = 4, 13, 8
SHAPE = (1, 3, 12, 12)


def float_network():
    """A stem, a residual block, a depthwise convolution, two branches, and a classifier."""
    random = numpy.random.RandomState(7)
    nodes, constants = [], []

    def constant(*shape):
        name = f"constant{len(constants)}"
        size = numpy.sqrt(2 / max(1, numpy.prod(shape[1:])))
        constants.append(numpy_helper.from_array(numpy.float32(random.normal(0, size, shape)), name))
        return name

    def node(op, inputs, **attributes):
        name = f"{op.lower()}{len(nodes)}"
        nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def conv(x, outputs, inputs, kernel, **attributes):
        return node("Conv", [x, constant(outputs, inputs, kernel, kernel), constant(outputs)], **attributes)

    x = node("Relu", [conv("image", 8, 3, 3, pads=[1, 1, 1, 1])])
    inner = node("Relu", [conv(x, 8, 8, 3, pads=[1, 1, 1, 1])])
    x = node("Relu", [node("Add", [conv(inner, 8, 8, 1), x])])
    x = node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
    x = node("Clip", [conv(x, 8, 1, 3, group=8, pads=[1, 1, 1, 1]), *bounds(constants)])
    x = node("Concat", [conv(x, 6, 8, 1), node("AveragePool", [x], kernel_shape=[3, 3], pads=[1, 1, 1, 1])], axis=1)
    x = node("Flatten", [node("GlobalAveragePool", [x])])
    x = node("Gemm", [x, constant(10, 14), constant(10)], transB=1)
    nodes[-1].output[0] = "scores"
    graph = helper.make_graph(nodes, "network", [helper.make_tensor_value_info("image", TensorProto.FLOAT, SHAPE)],
                              [helper.make_tensor_value_info("scores", TensorProto.FLOAT, (1, 10))], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    return model


def bounds(constants):
    for name, value in (("zero", 0), ("six", 6)):
        constants.append(numpy_helper.from_array(numpy.float32(value), name))
    return ["zero", "six"]


class Calibration(quantization.CalibrationDataReader):
    def __init__(self, images):
        self.images = iter(images)

    def get_next(self):
        image = next(self.images, None)
        return None if image is None else {"image": image}


def quantised_at_its_edges(model):
    """The same without the QuantizeLinear of the image and the DequantizeLinear of the scores."""
    graph = model.graph
    first = next(node for node in graph.node if node.op_type == "QuantizeLinear" and node.input[0] == "image")
    last = next(node for node in graph.node if node.op_type == "DequantizeLinear" and node.output[0] == "scores")
    kinds = {constant.name: constant.data_type for constant in graph.initializer}
    graph.input[0].name = first.output[0]
    graph.input[0].type.tensor_type.elem_type = kinds[first.input[2]]
    graph.output[0].name = last.input[0]
    graph.output[0].type.tensor_type.elem_type = kinds[last.input[2]]
    parameters = [numpy_helper.to_array(constant) for name in first.input[1:3] for constant in graph.initializer
                  if constant.name == name]
    graph.node.remove(first)
    graph.node.remove(last)
    del graph.value_info[:]
    return model, parameters


def main():
    random = numpy.random.RandomState(11)
    images = numpy.float32(random.normal(0, 1, (SAMPLES + 8, *SHAPE)))
    signed, unsigned = quantization.QuantType.QInt8, quantization.QuantType.QUInt8
    forms = {"qdq": quantization.QuantFormat.QDQ, "qoperator": quantization.QuantFormat.QOperator}
    cases = [("qdq", "unsigned", unsigned, signed, False), ("qdq", "unsigned_channels", unsigned, unsigned, True),
             ("qdq", "signed_channels", signed, signed, True), ("qoperator", "unsigned", unsigned, unsigned, False),
             ("qoperator", "mixed_channels", unsigned, signed, True), ("qoperator", "signed", signed, signed, False)]
    for form, name, activations, weights, per_channel in cases:
        with tempfile.TemporaryDirectory() as folder:
            plain, made = pathlib.Path(folder) / "plain.onnx", pathlib.Path(folder) / "made.onnx"
            onnx.save(float_network(), plain)
            quantization.quantize_static(plain, made, Calibration(images[SAMPLES:]), quant_format=forms[form],
                                         activation_type=activations, weight_type=weights, per_channel=per_channel)
            model, (scale, zero) = quantised_at_its_edges(onnx.load(made))
        model.ir_version = IR_VERSION
        case = f"network_{form}_{name}"
        content = model.SerializeToString(deterministic=True)
        range_ = numpy.iinfo(zero.dtype)
        given = numpy.clip(numpy.round(images[:SAMPLES] / scale) + zero, range_.min, range_.max).astype(zero.dtype)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        answer = numpy.stack([session.run(None, {model.graph.input[0].name: one})[0] for one in given])
        (HERE / f"{case}.onnx").write_bytes(content)
        numpy.savez_compressed(HERE / f"{case}.npz", input0=given, float=answer)
        print(f"{case:36} {len(content):6} bytes, {numpy.unique(answer).size} values, operators "
              f"{sorted(set(node.op_type for node in model.graph.node))}")


if __name__ == "__main__":
    main()
