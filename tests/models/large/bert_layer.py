"""An encoder layer of BERT with random weights, as PyTorch exports it: masked attention, erf-GELU, layer norms."""

import math

import numpy

LOWEST = numpy.finfo(numpy.float32).min


def erf(x):
    return numpy.vectorize(math.erf, otypes=[numpy.float32])(x)


def softmax(x):
    e = numpy.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class BertLayer:
    """Writes the layer into a graph."""

    def __init__(self, made, heads, random):
        self.graph, self.heads, self.random = made, heads, random

    def dense(self, name, tensor, outputs):
        value = self.graph.values[tensor]
        inputs = value.shape[-1]
        weights = (self.random.standard_normal((inputs, outputs)) / numpy.sqrt(inputs)).astype(numpy.float32)
        bias = self.random.uniform(-0.1, 0.1, outputs).astype(numpy.float32)
        return self.graph.layer("MatMul", tensor, weights, bias, name, value @ weights + bias, 1)

    def split(self, name, tensor):
        """[1, sequence, hidden] to [1, heads, sequence, depth]."""
        g, value = self.graph, self.graph.values[tensor]
        _, sequence, hidden = value.shape
        shape = g.constant("shape_of_heads", numpy.int64([1, sequence, self.heads, hidden // self.heads]))
        parts = g.operator("Reshape", [tensor, shape], name + "_parts", value.reshape(g.values[shape]))
        return g.operator("Transpose", [parts], name + "_heads", g.values[parts].transpose(0, 2, 1, 3),
                          perm=[0, 2, 1, 3])

    def scalar(self, name, value):
        return self.graph.constant(name, numpy.float32(value))

    def norm(self, name, tensor):
        g, value = self.graph, self.graph.values[tensor]
        hidden = value.shape[-1]
        gamma = self.random.uniform(0.5, 1.5, hidden).astype(numpy.float32)
        beta = self.random.uniform(-0.3, 0.3, hidden).astype(numpy.float32)
        centred = value - value.mean(-1, keepdims=True)
        result = centred / numpy.sqrt((centred ** 2).mean(-1, keepdims=True) + numpy.float32(1e-12)) * gamma + beta
        parameters = [g.constant(name + "_gamma", gamma), g.constant(name + "_beta", beta)]
        return g.operator("LayerNormalization", [tensor, *parameters], name, result, axis=-1, epsilon=1e-12)

    def add(self, name, left, right):
        values = self.graph.values
        return self.graph.operator("Add", [left, right], name, values[left] + values[right])

    def mask(self, mask):
        """1 where a token is to be seen becomes 0, and 0 the lowest float. Never quantised: its range is no range."""
        g, value = self.graph, self.graph.values[mask]
        g.node("Unsqueeze", [mask, g.constant("axes_of_mask", numpy.int64([1, 2]))], "mask_4d")
        g.node("Cast", ["mask_4d"], "mask_real", to=1)
        g.node("Sub", [self.scalar("one", 1), "mask_real"], "mask_hidden")
        g.node("Mul", ["mask_hidden", self.scalar("lowest", LOWEST)], "mask_bias")
        return ((1 - value.astype(numpy.float32)) * LOWEST)[:, None, None]

    def probabilities(self, scores, bias):
        """Softmax of scores under the mask, floats from the scores to the probabilities."""
        g = self.graph
        real = g.real(scores) if hasattr(g, "real") else scores
        g.node("Add", [real, "mask_bias"], "scores_masked")
        value = softmax(g.values[scores] + bias)
        made = g.node("Softmax", ["scores_masked"], "probabilities", axis=-1)
        g.values[made] = value
        if hasattr(g, "quantise"):
            g.quantise(made, made)
        return made

    def attention(self, hidden, mask):
        g = self.graph
        query, key, value = (self.split(name, self.dense(name, hidden, g.values[hidden].shape[-1]))
                             for name in ("query", "key", "value"))
        turned = g.operator("Transpose", [key], "key_turned", g.values[key].swapaxes(2, 3), perm=[0, 1, 3, 2])
        scores = g.operator("MatMul", [query, turned], "scores_raw", g.values[query] @ g.values[turned])
        depth = g.values[query].shape[-1]
        scores = g.operator("Div", [scores, self.scalar("root_of_depth", math.sqrt(depth))], "scores",
                            g.values[scores] / numpy.float32(math.sqrt(depth)))
        weights = self.probabilities(scores, self.mask(mask))
        context = g.operator("MatMul", [weights, value], "context", g.values[weights] @ g.values[value])
        context = g.operator("Transpose", [context], "context_turned", g.values[context].transpose(0, 2, 1, 3),
                             perm=[0, 2, 1, 3])
        shape = g.constant("shape_of_hidden", numpy.int64(g.values[hidden].shape))
        context = g.operator("Reshape", [context, shape], "context_joined",
                             g.values[context].reshape(g.values[hidden].shape))
        return self.dense("attention", context, g.values[hidden].shape[-1])

    def gelu(self, tensor):
        """x / 2 (1 + erf(x / sqrt 2)), in the five nodes that PyTorch makes of it."""
        g, x = self.graph, self.graph.values[tensor]
        real = g.real(tensor) if hasattr(g, "real") else tensor
        g.node("Div", [real, self.scalar("root_of_two", math.sqrt(2))], "gelu_divided")
        g.node("Erf", ["gelu_divided"], "gelu_erf")
        g.node("Add", ["gelu_erf", self.scalar("one", 1)], "gelu_risen")
        g.node("Mul", [real, "gelu_risen"], "gelu_product")
        made = g.node("Mul", ["gelu_product", self.scalar("half", 0.5)], "gelu")
        g.values[made] = x * numpy.float32(0.5) * (1 + erf(x / numpy.float32(math.sqrt(2))))
        if hasattr(g, "quantise"):
            g.quantise(made, made)
        return made

    def write(self, hidden, mask, inner):
        g = self.graph
        x = g.input("hidden", hidden)
        mask = g.input("mask", mask)
        attended = self.norm("attention_norm", self.add("attention_sum", self.attention(x, mask), x))
        grown = self.gelu(self.dense("grown", attended, inner))
        shrunk = self.dense("shrunk", grown, hidden.shape[-1])
        return self.norm("layer", self.add("layer_sum", shrunk, attended))
