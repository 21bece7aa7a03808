"""An ONNX graph under construction whose every tensor has a value: what scales and batch norms are taken from.

`Float` writes the graph as it is. `Quantised` writes each operator between DequantizeLinear and QuantizeLinear, with
scales from the values that the floats have.
"""

import numpy
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 8


def range_of(values, kind):
    """Scale and zero point for a range that always has 0 in it, so that 0 is met exactly."""
    limits = numpy.iinfo(kind)
    low, high = min(float(values.min()), 0), max(float(values.max()), 0)
    scale = float(numpy.float32((high - low) / 255)) or 1.0
    return numpy.float32(scale), kind(numpy.clip(numpy.rint(limits.min - low / scale), limits.min, limits.max))


class Float:
    """A graph of floats. Methods take and give names; `values` has what they stand for."""

    def __init__(self, name):
        self.name, self.nodes, self.constants, self.inputs, self.values = name, [], {}, [], {}

    def constant(self, name, value):
        if name not in self.constants:
            value = numpy.ascontiguousarray(value) if numpy.ndim(value) else numpy.asarray(value)
            self.constants[name] = numpy_helper.from_array(value, name)
            self.values[name] = value
        return name

    def input(self, name, value):
        kind = helper.np_dtype_to_tensor_dtype(value.dtype) if hasattr(helper, "np_dtype_to_tensor_dtype") else \
            {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64}[value.dtype.name]
        self.inputs.append(helper.make_tensor_value_info(name, kind, value.shape))
        self.values[name] = value
        return name

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def operator(self, op, inputs, output, value, **attributes):
        """An operator on activations and constants, and the value of its result."""
        assert numpy.isfinite(value).all(), f"{output} is not finite"
        self.values[output] = value
        return self.node(op, inputs, output, **attributes)

    def weights(self, name, value, axis):
        """A constant that the sums of an operator take; `axis` counts its output channels."""
        del axis
        return self.constant(name, value)

    def layer(self, op, operand, weights, bias, output, value, axis, relu=False, **attributes):
        """A sum of products with constant weights and a bias (MatMul has its bias added behind it), then a Relu."""
        inputs = [operand, self.weights(output + "_weight", weights, axis)]
        made = output if not relu else output + "_sums"
        if op == "MatMul":
            product = self.node(op, inputs, made if bias is None else output + "_product", **attributes)
            if bias is not None:
                self.node("Add", [self.constant(output + "_bias", bias), product], made)
        else:
            inputs += [self.constant(output + "_bias", bias)] if bias is not None else []
            self.node(op, inputs, made, **attributes)
        if relu:
            self.node("Relu", [made], output)
            value = numpy.maximum(value, 0)
        assert numpy.isfinite(value).all(), f"{output} is not finite"
        self.values[output] = value
        return output

    def model(self, result):
        shape = self.values[result].shape
        graph = helper.make_graph(self.nodes, self.name, self.inputs,
                                  [helper.make_tensor_value_info(result, TensorProto.FLOAT, shape)],
                                  list(self.constants.values()))
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        made.ir_version = IR_VERSION
        return made


class Quantised(Float):
    """The same calls, in integers of `kind`: every result of `operator` and `layer` is quantised at once, and every
    use of it dequantised. Weights have a scale for each output channel, and biases the scale of the sums."""

    def __init__(self, name, kind):
        super().__init__(name)
        self.kind, self.uses = kind, 0

    def parameters(self, tensor):
        scale, zero = range_of(self.values[tensor], self.kind)
        return [self.constant(tensor + "_scale", scale), self.constant(tensor + "_zero_point", zero)]

    def real(self, tensor):
        if tensor in self.constants or self.values[tensor].dtype != numpy.float32:
            return tensor
        self.uses += 1
        return self.node("DequantizeLinear", [tensor + "_quantised"] + self.parameters(tensor),
                         f"{tensor}_real{self.uses}")

    def quantise(self, real, tensor):
        return self.node("QuantizeLinear", [real] + self.parameters(tensor), tensor + "_quantised")

    def input(self, name, value):
        super().input(name, value)
        if value.dtype == numpy.float32:
            self.quantise(name, name)
        return name

    def operator(self, op, inputs, output, value, **attributes):
        made = super().operator(op, [self.real(each) for each in inputs], output, value, **attributes)
        self.quantise(made, made)
        return made

    def weights(self, name, value, axis):
        others = tuple(i for i in range(value.ndim) if i != axis)
        scales = numpy.float32(numpy.abs(value).max(others) / 127)
        spread = numpy.expand_dims(scales, others).astype(numpy.float64)
        levels = numpy.clip(numpy.rint(value / spread), -127, 127).astype(numpy.int8)
        self.values[name + "_scale"] = scales
        return self.dequantised(name, levels, scales, axis)

    def dequantised(self, name, levels, scales, axis):
        inputs = [self.constant(name + "_levels", levels), self.constant(name + "_scale", scales),
                  self.constant(name + "_zero_point", numpy.zeros(scales.shape, levels.dtype))]
        return self.node("DequantizeLinear", inputs, name, axis=axis)

    def layer(self, op, operand, weights, bias, output, value, axis, relu=False, **attributes):
        sums = self.weights(output + "_weight", weights, axis)
        scales = numpy.float32(range_of(self.values[operand], self.kind)[0] * self.values[sums + "_scale"])
        inputs = [self.real(operand), sums]
        if bias is not None:
            levels = numpy.rint(bias / scales.astype(numpy.float64)).astype(numpy.int32)
        if op == "MatMul":
            made = self.node(op, inputs, output + "_product", **attributes)
            if bias is not None:  # of a MatMul: a float, which the reader takes in steps of the sums
                made = self.node("Add", [self.constant(output + "_bias", bias), made], output + "_sums")
        else:
            inputs += [self.dequantised(output + "_bias", levels, scales, 0)] if bias is not None else []
            made = self.node(op, inputs, output + "_sums", **attributes)
        if relu:
            made = self.node("Relu", [made], output + "_relu")
            value = numpy.maximum(value, 0)
        self.values[output] = value
        self.quantise(made, output)
        return output

    def model(self, result):
        made = self.node("DequantizeLinear", [result + "_quantised"] + self.parameters(result), result + "_result")
        self.values[made] = self.values[result]
        return super().model(made)
