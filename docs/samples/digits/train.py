#!/usr/bin/env python3
"""Trains the digit classifier, quantises it, writes it as ONNX QDQ, and measures all three. Same bytes every time.

  python3 -m venv build/sample-venv
  build/sample-venv/bin/pip install -r docs/samples/digits/requirements.txt
  build/sample-venv/bin/python docs/samples/digits/train.py [FOLDER, this one without]
"""

import os
import pathlib
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: threads would share sums out differently

# pylint: disable=wrong-import-position
import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits

import integer
import network

HERE = pathlib.Path(__file__).resolve().parent
SEED, TEST_IMAGES, SAMPLE_IMAGES = 7, 360, 60
PIXEL_SCALE = 1 / 16  # pixels are 0 to 16: they are their own quantised numbers, zero point 0
OPSET, IR_VERSION = 13, 8
BEGIN, END = "<!-- measured by train.py -->", "<!-- end -->"


def data(random):
    """int8 pixels [image, 1, 8, 8] and labels, for training and for the test, in a seeded order."""
    digits = load_digits()
    order = random.permutation(len(digits.target))
    pixels = digits.images[order].astype(numpy.int8)[:, None]
    labels = digits.target[order].astype(numpy.int64)
    return pixels[TEST_IMAGES:], labels[TEST_IMAGES:], pixels[:TEST_IMAGES], labels[:TEST_IMAGES]


def range_of(values):
    """Scale and zero point of int8 for a range that always has 0 in it, so that 0 is met exactly."""
    low, high = min(float(values.min()), 0), max(float(values.max()), 0)
    scale = float(numpy.float32((high - low) / 255))
    return scale, int(numpy.clip(numpy.floor(-128 - low / scale + 0.5), -128, 127))


class Quantised:
    """The network in int8: activations with a scale and a zero point each, weights with a scale a channel."""

    def __init__(self, weights, activations):
        self.scales = {name: range_of(values) for name, values in activations.items()}
        self.scales["image"] = PIXEL_SCALE, 0
        self.scales["largest"] = self.scales["sum"]  # a largest element is one of the elements
        self.scales["flat"] = self.scales["mean"]
        self.weights, self.weight_scales, self.biases = {}, {}, {}
        for name, shape in network.SHAPES.items():
            largest = numpy.abs(weights[name]).reshape(shape[0], -1).max(1)
            scales = (largest / 127).astype(numpy.float32)
            spread = scales.astype(numpy.float64).reshape(-1, *[1] * (len(shape) - 1))
            self.weights[name] = numpy.clip(numpy.rint(weights[name] / spread), -127, 127).astype(numpy.int8)
            self.weight_scales[name] = scales
            # A bias is added to the sums, so its scale is theirs, as a float that the file can hold.
            bias_scales = self.bias_scales(name).astype(numpy.float64)
            self.biases[name] = numpy.rint(weights[name + "_bias"] / bias_scales).astype(numpy.int32)

    def source(self, name):
        return {"stem": "image", "block": "stem", "shortcut": "stem", "head": "largest", "classes": "flat"}[name]

    def bias_scales(self, name):
        return numpy.float32(self.scales[self.source(name)][0]) * self.weight_scales[name]

    def ratios(self, name):
        scale = self.scales[self.source(name)][0]
        return scale * self.weight_scales[name].astype(numpy.float64) / self.scales[name][0]

    def run(self, image):
        """int8 in, int8 out, by integer.py's rules alone."""
        q = {"image": image}

        def convolution(name, relu):
            x = integer.centred(q[self.source(name)], self.scales[self.source(name)][1])
            kernel = self.weights[name].astype(numpy.int32)
            margin = kernel.shape[2] // 2
            sums = integer.convolution(x, kernel, self.biases[name], pads=(margin,) * 4)
            zero = self.scales[name][1]
            q[name] = integer.requantise(sums, self.ratios(name), zero, zero if relu else integer.LOWEST)

        convolution("stem", True)
        convolution("block", False)
        convolution("shortcut", False)
        (scale_a, zero_a), (scale_b, zero_b), (scale, zero) = (self.scales[n] for n in ("block", "shortcut", "sum"))
        q["sum"] = integer.sum_of_two(integer.centred(q["block"], zero_a), integer.centred(q["shortcut"], zero_b),
                                      scale_a, scale_b, scale, zero, zero)
        q["largest"] = network.blocks(q["sum"]).max(-1)
        convolution("head", True)
        (scale_in, zero_in), (scale, zero) = self.scales["head"], self.scales["mean"]
        sums = network.blocks(integer.centred(q["head"], zero_in)).sum(-1, dtype=numpy.int32)
        q["mean"] = integer.requantise(sums, scale_in / (scale * 4), zero)
        x = integer.centred(q["mean"], self.scales["mean"][1]).reshape(len(image), -1)
        sums = x @ self.weights["classes"].astype(numpy.int32).T + self.biases["classes"]
        return integer.requantise(sums, self.ratios("classes"), self.scales["classes"][1])


class Export:
    """Writes the graph: every operator stands between DequantizeLinear and QuantizeLinear."""

    def __init__(self, quantised):
        self.quantised, self.nodes, self.constants = quantised, [], []

    def constant(self, name, value):
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(value), name))
        return name

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def parameters(self, name):
        scale, zero = self.quantised.scales[name]
        if not any(constant.name == name + "_scale" for constant in self.constants):
            self.constant(name + "_scale", numpy.float32(scale))
            self.constant(name + "_zero_point", numpy.int8(zero))
        return [name + "_scale", name + "_zero_point"]

    def real(self, name, user):
        """The float of a quantised activation, for one user."""
        return self.node("DequantizeLinear", [name] + self.parameters(name), f"{name}_real_of_{user}")

    def real_weights(self, name):
        q = self.quantised
        results = []
        for suffix, values, scales in (("weights", q.weights[name], q.weight_scales[name]),
                                       ("bias", q.biases[name], q.bias_scales(name))):
            stem = f"{name}_{suffix}"
            inputs = [self.constant(stem, values), self.constant(stem + "_scale", scales),
                      self.constant(stem + "_zero_point", numpy.zeros(len(scales), values.dtype))]
            results.append(self.node("DequantizeLinear", inputs, stem + "_real", axis=0))
        return results

    def quantise(self, real, name):
        return self.node("QuantizeLinear", [real] + self.parameters(name), name)

    def layer(self, name, op, relu=False, **attributes):
        inputs = [self.real(self.quantised.source(name), name)] + self.real_weights(name)
        real = self.node(op, inputs, name + "_sums", **attributes)
        self.quantise(self.node("Relu", [real], name + "_relu") if relu else real, name)

    def model(self):
        self.layer("stem", "Conv", relu=True, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        self.layer("block", "Conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        self.layer("shortcut", "Conv", kernel_shape=[1, 1])
        total = self.node("Add", [self.real("block", "sum"), self.real("shortcut", "sum")], "sum_sums")
        self.quantise(self.node("Relu", [total], "sum_relu"), "sum")
        pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
        self.quantise(self.node("MaxPool", [self.real("sum", "largest")], "largest_real", **pool), "largest")
        self.layer("head", "Conv", relu=True, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        self.quantise(self.node("AveragePool", [self.real("head", "mean")], "mean_real", **pool), "mean")
        self.quantise(self.node("Flatten", [self.real("mean", "flat")], "flat_real", axis=1), "flat")
        operands = [self.real("flat", "classes")] + self.real_weights("classes")
        self.quantise(self.node("Gemm", operands, "classes_real", transB=1), "classes")
        graph = helper.make_graph(
            self.nodes, "digits", [helper.make_tensor_value_info("image", TensorProto.INT8, [1, 1, 8, 8])],
            [helper.make_tensor_value_info("classes", TensorProto.INT8, [1, 10])], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)


def run_by_onnxruntime(model, images):
    options = onnxruntime.SessionOptions()
    # Each operator as the standard words it, in floats; fused integer kernels round in ways of their own.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return numpy.concatenate([session.run(None, {"image": image[None]})[0] for image in images])


def measure(weights, quantised, model, images, labels):
    """Lines for the README."""
    def correct(scores):
        right = int((scores.argmax(1) == labels).sum())
        return f"{right} of {len(labels)} ({100 * right / len(labels):.1f} %)"
    real, _ = network.forward(weights, images * PIXEL_SCALE)
    whole, other = quantised.run(images), run_by_onnxruntime(model, images)
    apart = numpy.abs(whole.astype(int) - other)
    counts = ", ".join(f"{int((apart == n).sum())} by {n}" for n in range(1, apart.max() + 1)) or "none"
    return [f"- float network on the test split: {correct(real['classes'])}",
            f"- int8, the integer meaning of `integer.py`: {correct(whole)}",
            f"- int8, the floats of ONNX Runtime {onnxruntime.__version__}: {correct(other)}",
            f"- of {apart.size} outputs, units of the last place between the two: {counts}",
            f"- model: {len(model)} bytes"]


def write_readme(path, lines):
    text = path.read_text() if path.exists() else (HERE / "README.md").read_text()
    before, rest = text.split(BEGIN)
    path.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + rest.split(END)[1])


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    random = numpy.random.RandomState(SEED)  # its numbers are the same in every version of numpy
    images, labels, test_images, test_labels = data(random)
    weights = network.train(images * PIXEL_SCALE, labels, random)
    activations, _ = network.forward(weights, images * PIXEL_SCALE)
    quantised = Quantised(weights, activations)
    model = Export(quantised).model()
    (folder / "digits.onnx").write_bytes(model)
    # One inference an image: the leading axis is the one of `tenon run --each`.
    numpy.save(folder / "images.npy", test_images[:SAMPLE_IMAGES, None])
    numpy.save(folder / "labels.npy", test_labels[:SAMPLE_IMAGES].astype(numpy.int8))
    numpy.save(folder / "expected.npy", quantised.run(test_images[:SAMPLE_IMAGES])[:, None])
    lines = measure(weights, quantised, model, test_images, test_labels)
    write_readme(folder / "README.md", lines)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
