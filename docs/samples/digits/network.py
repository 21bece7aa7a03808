"""A small residual network on 8x8 images with its gradients, in numpy alone, double precision.

Double, so that the last bits, which depend on the machine's BLAS, are far from what int8 weights can see.
"""

import numpy

SHAPES = {"stem": (8, 1, 3, 3), "block": (8, 8, 3, 3), "shortcut": (8, 8, 1, 1), "head": (16, 8, 3, 3),
          "classes": (10, 64)}


def initial(random):
    weights = {}
    for name, shape in SHAPES.items():
        deviation = numpy.sqrt(2 / numpy.prod(shape[1:]))
        weights[name] = random.standard_normal(shape) * deviation
        weights[name + "_bias"] = numpy.zeros(shape[0])
    return weights


def columns(image, kernel):
    """[batch, y, x, channel * kernel * kernel] of an image padded to keep its size."""
    margin = kernel // 2
    padded = numpy.pad(image, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
    view = numpy.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), (2, 3))
    batch, channels, height, width = view.shape[:4]
    return view.transpose(0, 2, 3, 1, 4, 5).reshape(batch, height, width, channels * kernel * kernel)


def convolve(image, weights, bias):
    taken = columns(image, weights.shape[2])
    return (taken @ weights.reshape(len(weights), -1).T + bias).transpose(0, 3, 1, 2), taken


def convolve_back(upstream, taken, weights):
    """The gradients of image, weights and bias."""
    flat = upstream.transpose(0, 2, 3, 1)
    of_weights = (flat.reshape(-1, len(weights)).T @ taken.reshape(-1, taken.shape[-1])).reshape(weights.shape)
    turned = weights[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    of_image, _ = convolve(upstream, turned, 0)
    return of_image, of_weights, flat.sum((0, 1, 2))


def blocks(image):
    """2x2 blocks without overlap: [batch, channel, y, x, 4]."""
    batch, channels, height, width = image.shape
    split = image.reshape(batch, channels, height // 2, 2, width // 2, 2).transpose(0, 1, 2, 4, 3, 5)
    return split.reshape(batch, channels, height // 2, width // 2, 4)


def unblocks(split):
    batch, channels, height, width, _ = split.shape
    image = split.reshape(batch, channels, height, width, 2, 2).transpose(0, 1, 2, 4, 3, 5)
    return image.reshape(batch, channels, 2 * height, 2 * width)


def forward(weights, image):
    """Every activation by name, and what the gradients need."""
    a, kept = {"image": image}, {}
    stem, kept["stem"] = convolve(image, weights["stem"], weights["stem_bias"])
    a["stem"] = numpy.maximum(stem, 0)
    a["block"], kept["block"] = convolve(a["stem"], weights["block"], weights["block_bias"])
    a["shortcut"], kept["shortcut"] = convolve(a["stem"], weights["shortcut"], weights["shortcut_bias"])
    a["sum"] = numpy.maximum(a["block"] + a["shortcut"], 0)
    a["largest"] = blocks(a["sum"]).max(-1)
    head, kept["head"] = convolve(a["largest"], weights["head"], weights["head_bias"])
    a["head"] = numpy.maximum(head, 0)
    a["mean"] = blocks(a["head"]).mean(-1)
    a["classes"] = a["mean"].reshape(len(image), -1) @ weights["classes"].T + weights["classes_bias"]
    return a, kept


def gradients(weights, image, labels):
    a, kept = forward(weights, image)
    g = {}
    shifted = numpy.exp(a["classes"] - a["classes"].max(1, keepdims=True))
    upstream = shifted / shifted.sum(1, keepdims=True)
    upstream[numpy.arange(len(labels)), labels] -= 1
    upstream /= len(labels)
    g["classes"] = upstream.T @ a["mean"].reshape(len(image), -1)
    g["classes_bias"] = upstream.sum(0)
    mean = (upstream @ weights["classes"]).reshape(a["mean"].shape)
    head = unblocks(numpy.repeat(mean[..., None] / 4, 4, -1)) * (a["head"] > 0)
    largest, g["head"], g["head_bias"] = convolve_back(head, kept["head"], weights["head"])
    split = blocks(a["sum"])
    chosen = split.argmax(-1)[..., None] == numpy.arange(4)
    total = unblocks(largest[..., None] * chosen) * (a["sum"] > 0)
    stem = 0
    for name in ("block", "shortcut"):
        part, g[name], g[name + "_bias"] = convolve_back(total, kept[name], weights[name])
        stem = stem + part
    _, g["stem"], g["stem_bias"] = convolve_back(stem * (a["stem"] > 0), kept["stem"], weights["stem"])
    return g


def train(images, labels, random, epochs=24, batch=32, rate=4e-3):
    """Adam with a rate that falls to nothing."""
    weights = initial(random)
    first = {name: numpy.zeros_like(value) for name, value in weights.items()}
    second = {name: numpy.zeros_like(value) for name, value in weights.items()}
    step, steps = 0, epochs * (len(images) // batch)
    for _ in range(epochs):
        order = random.permutation(len(images))
        for start in range(0, len(images) - batch + 1, batch):
            chosen = order[start:start + batch]
            step += 1
            now = rate * (1 - step / (steps + 1))
            for name, gradient in gradients(weights, images[chosen], labels[chosen]).items():
                first[name] = 0.9 * first[name] + 0.1 * gradient
                second[name] = 0.999 * second[name] + 0.001 * gradient ** 2
                mean, spread = first[name] / (1 - 0.9 ** step), second[name] / (1 - 0.999 ** step)
                weights[name] -= now * mean / (numpy.sqrt(spread) + 1e-8)
    return weights
