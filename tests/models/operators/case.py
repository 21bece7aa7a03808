"""What a case is, and what its inputs are when it does not bring its own."""

import dataclasses
import itertools
import zlib

import numpy as np

NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3  # schema's ActivationFunctionType
SAME, VALID = 0, 1  # schema's Padding


@dataclasses.dataclass
class Case:
    """`values` bounds the random integers; `inputs` replaces the made ones, each with a leading axis of samples."""

    name: str
    operator: str
    oddity: str
    graph: object
    values: tuple = None
    inputs: list = None


@dataclasses.dataclass
class LeftOut:
    """A model that LiteRT's reference kernels refuse; `message` is a part of what they say."""

    name: str
    operator: str
    oddity: str
    graph: object
    message: str


def random_state(name):
    """The stream of RandomState is frozen across numpy versions, and crc32 is the same on every machine."""
    return np.random.RandomState(zlib.crc32(name.encode()))


def random_bytes(state, shape, low=-128, high=127):
    return state.randint(low, high + 1, shape).astype(np.int8)


def rounded(value):
    """A scale as the file stores it: float32."""
    return float(np.float32(value))


def _random_input(state, tensor, values):
    if tensor.dtype == "float32":
        return (state.standard_normal(tensor.shape) * 3).astype(np.float32)
    default = (-128, 127) if tensor.dtype == "int8" else (-1000, 1000)
    low, high = values or default
    return state.randint(low, high + 1, tensor.shape).astype(tensor.dtype)


def _extremes(tensor):
    if tensor.dtype == "float32":
        return [np.zeros(tensor.shape, np.float32), np.full(tensor.shape, -7.25, np.float32)]
    if tensor.dtype == "int32":
        return [np.full(tensor.shape, v, np.int32) for v in (-1000000, 1000000)]
    return [np.full(tensor.shape, v, np.int8) for v in (-128, 127)]


def _all_values(state, tensor):
    """Every int8 value at least once, in random order."""
    size = int(np.prod(tensor.shape))
    flat = np.resize(np.arange(-128, 128), size).astype(np.int8)
    return state.permutation(flat).reshape(tensor.shape)


def samples(case):
    """One array for each input, with a leading axis of samples: random ones, then the extremes in every combination."""
    tensors = case.graph.inputs
    if case.inputs is not None:
        return [np.ascontiguousarray(x) for x in case.inputs]
    state = random_state(case.name + " inputs")
    rows = [[_random_input(state, t, case.values) for t in tensors] for _ in range(3)]
    if case.values is None:
        if len(tensors) == 1 and tensors[0].dtype == "int8" and np.prod(tensors[0].shape) >= 256:
            rows[0] = [_all_values(state, tensors[0])]
        if len(tensors) <= 2:
            rows += [list(row) for row in itertools.product(*[_extremes(t) for t in tensors])]
        else:
            rows += [list(row) for row in zip(*[_extremes(t) for t in tensors])]
    return [np.stack(column) for column in zip(*rows)]
