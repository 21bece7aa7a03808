#!/usr/bin/env python3
"""Writes ResNet-50 or an encoder layer of BERT with random weights as ONNX: floats, or QDQ in int8 or uint8.

    /usr/bin/python3 tests/models/large/generate.py resnet50 --kind int8 -o build/large
    /usr/bin/python3 tests/models/large/generate.py bert --kind float -o build/large

Beside MODEL.onnx lie MODEL.NAME.npy for each input, and MODEL.expected.npy: what numpy computes in floats. The same
options give the same models (numpy's BLAS may change the last bits of scales). Nothing of it is committed.
"""

import argparse
import os
import pathlib
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: threads would share sums out differently

# pylint: disable=wrong-import-position
import numpy
import onnx

import bert_layer
import graph
import resnet50

SEED = 20260301


def make_graph(name, kind):
    return graph.Float(name) if kind.startswith("float") else graph.Quantised(name, getattr(numpy, kind))


def write_resnet50(options, made, random):
    image = random.standard_normal((1, 3, options.image, options.image)).astype(numpy.float32)
    network = resnet50.ResNet50(made, options.kind != "float-batch-norm", options.width, random)
    return network.write(image, options.classes)


def write_bert(options, made, random):
    hidden = random.standard_normal((1, options.sequence, options.hidden)).astype(numpy.float32)
    mask = numpy.ones((1, options.sequence), numpy.int64)
    mask[:, options.sequence - options.sequence // 4:] = 0  # a padded sentence
    return bert_layer.BertLayer(made, options.heads, random).write(hidden, mask, options.inner)


def generate(options):
    """Writes the files; the path of the model."""
    name = options.name or f"{options.network}_{options.kind}".replace("-", "_")
    made = make_graph(name, options.kind)
    random = numpy.random.RandomState(SEED)  # its numbers are the same in every version of numpy
    result = {"resnet50": write_resnet50, "bert": write_bert}[options.network](options, made, random)
    model = made.model(result)
    onnx.checker.check_model(model)
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / f"{name}.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    for each in made.inputs:
        numpy.save(options.output / f"{name}.{each.name}.npy", made.values[each.name])
    numpy.save(options.output / f"{name}.expected.npy", made.values[result])
    return path


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=["resnet50", "bert"])
    parser.add_argument("--kind", choices=["float", "float-batch-norm", "int8", "uint8"], default="float")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="the folder to write into")
    parser.add_argument("--name", help="of the model, NETWORK_KIND without")
    sizes = parser.add_argument_group("sizes (those of the published networks without)")
    sizes.add_argument("--image", type=int, default=224, help="resnet50: height and width")
    sizes.add_argument("--width", type=float, default=1.0, help="resnet50: factor of every number of channels")
    sizes.add_argument("--classes", type=int, default=1000)
    sizes.add_argument("--hidden", type=int, default=768)
    sizes.add_argument("--heads", type=int, default=12)
    sizes.add_argument("--inner", type=int, default=3072)
    sizes.add_argument("--sequence", type=int, default=128)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    print(generate(parse(sys.argv[1:])))
