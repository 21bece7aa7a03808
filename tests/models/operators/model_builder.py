"""Writes small TFLite models: a graph of tensors and operators, and its FlatBuffers file."""

import dataclasses

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TENSOR_TYPES = {"float32": schema.TensorType.FLOAT32, "int8": schema.TensorType.INT8, "int32": schema.TensorType.INT32}

# The lowest operator version that takes the operands below; 1 where nothing is said.
# Source: tflite/tools/versioning/op_version.cc of LiteRT.
INT8_VERSIONS = {
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "FULLY_CONNECTED": 4,
    "ADD": 2,
    "SUB": 2,
    "MUL": 2,
    "MINIMUM": 2,
    "MAXIMUM": 2,
    "AVERAGE_POOL_2D": 2,
    "MAX_POOL_2D": 2,
    "MEAN": 2,
    "PAD": 2,
    "PADV2": 2,
    "TRANSPOSE": 2,
    "SOFTMAX": 2,
    "LOGISTIC": 2,
    "TANH": 2,
    "RELU": 2,
    "RELU6": 2,
    "LEAKY_RELU": 2,
    "CONCATENATION": 2,
    "DEQUANTIZE": 2,
}


@dataclasses.dataclass
class Tensor:
    """One tensor. `scale` is None, a number, or one number for each slice along `axis`; `data` makes it constant."""

    index: int
    name: str
    shape: tuple
    dtype: str
    scale: object = None
    zero_point: int = 0
    axis: int = 0
    data: object = None

    def scales(self):
        """The scales as the file stores them, in float32."""
        return [] if self.scale is None else [float(np.float32(s)) for s in np.atleast_1d(self.scale)]


class Graph:
    """Tensors and operators in the order in which they are added; that order is the file's."""

    def __init__(self):
        self.tensors = []
        self.operators = []
        self.inputs = []
        self.outputs = []

    def tensor(self, shape, dtype="int8", scale=None, zero_point=0, axis=0, name=None):
        index = len(self.tensors)
        self.tensors.append(Tensor(index, name or f"tensor{index}", tuple(shape), dtype, scale, zero_point, axis))
        return self.tensors[-1]

    def constant(self, data, scale=None, zero_point=0, axis=0, name=None):
        data = np.ascontiguousarray(data)
        made = self.tensor(data.shape, data.dtype.name, scale, zero_point, axis, name)
        made.data = data
        return made

    def input(self, shape, dtype="int8", scale=None, zero_point=0):
        made = self.tensor(shape, dtype, scale, zero_point, name=f"input{len(self.inputs)}")
        self.inputs.append(made)
        return made

    def output(self, tensor):
        tensor.name = f"output{len(self.outputs)}"
        self.outputs.append(tensor)
        return tensor

    def operator(self, code, inputs, outputs, options=None, version=None, **values):
        """`options` names the options table, `values` are its fields; an input of None is an omitted one."""
        if version is None:
            quantised = any(t is not None and t.dtype == "int8" for t in [*inputs, *outputs])
            version = INT8_VERSIONS.get(code, 1) if quantised else 1
        self.operators.append((code, version, list(inputs), list(outputs), options, values))

    def serialise(self):
        model = schema.ModelT()
        model.version = 3
        model.description = ""
        model.buffers = [schema.BufferT()]  # buffer 0 is the empty one of the tensors that are computed
        model.operatorCodes = []
        model.subgraphs = [self._subgraph(model)]
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _subgraph(self, model):
        subgraph = schema.SubGraphT()
        subgraph.name = "main"
        subgraph.tensors = [_pack_tensor(t, model.buffers) for t in self.tensors]
        subgraph.inputs = np.array([t.index for t in self.inputs], np.int32)
        subgraph.outputs = np.array([t.index for t in self.outputs], np.int32)
        codes = []
        subgraph.operators = [_pack_operator(o, codes) for o in self.operators]
        for name, version in codes:
            code = schema.OperatorCodeT()
            value = getattr(schema.BuiltinOperator, name)
            code.builtinCode = value
            code.deprecatedBuiltinCode = min(value, 127)  # readers take the larger of the two fields
            code.version = version
            model.operatorCodes.append(code)
        return subgraph


def _pack_tensor(tensor, buffers):
    packed = schema.TensorT()
    packed.name = tensor.name
    packed.shape = np.array(tensor.shape, np.int32)
    packed.type = TENSOR_TYPES[tensor.dtype]
    packed.buffer = 0
    if tensor.data is not None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(tensor.data.tobytes(), np.uint8)
        packed.buffer = len(buffers)
        buffers.append(buffer)
    scales = tensor.scales()
    if scales:
        quantization = schema.QuantizationParametersT()
        quantization.scale = np.array(scales, np.float32)
        quantization.zeroPoint = np.full(len(scales), tensor.zero_point, np.int64)
        quantization.quantizedDimension = tensor.axis
        packed.quantization = quantization
    return packed


def _pack_operator(operator, codes):
    name, version, inputs, outputs, options, values = operator
    if (name, version) not in codes:
        codes.append((name, version))
    packed = schema.OperatorT()
    packed.opcodeIndex = codes.index((name, version))
    packed.inputs = np.array([-1 if t is None else t.index for t in inputs], np.int32)
    packed.outputs = np.array([t.index for t in outputs], np.int32)
    if options is not None:
        table = getattr(schema, f"{options}T")()
        for field, value in values.items():
            if not hasattr(table, field):
                raise ValueError(f"{options} has no field {field}")
            setattr(table, field, value)
        packed.builtinOptionsType = getattr(schema.BuiltinOptions, options)
        packed.builtinOptions = table
    elif values:
        raise ValueError(f"{name} has no options table, so it takes no {sorted(values)}")
    return packed
