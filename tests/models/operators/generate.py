#!/usr/bin/env python3
"""Writes one small .tflite model for each operator and its odd cases, with inputs and LiteRT's reference outputs.

    pip install ai-edge-litert==2.3.0 numpy==2.4.6 flatbuffers==25.12.19     # Python 3.11, x86-64
    python3 generate.py [--out DIR]

For each case: CASE.tflite, and CASE.npz with input0, input1, ... and output0, ... whose first axis counts the samples
and whose other axes are the tensor's own, its batch included. cases.json lists all cases, and the models that LiteRT
refuses with what it says. A second run writes the same bytes.

Left out, because the reference kernels give no answer that is worth keeping:
- SOFTMAX int8 with a sum of exponentials of 512 or more (say, 512 equal values): a check in the kernel ends the
  process.
- QUANTIZE of floats past the int32 range once divided by the scale, of infinities and NaN: C++ leaves the cast
  undefined.
- MINIMUM, MAXIMUM, AVERAGE_POOL_2D and PAD of operands quantised unlike their result: the kernels take them and work on
  the raw bytes as if they were quantised alike, which is not what such a model means.
"""

import argparse
import importlib.metadata
import json
import pathlib

import numpy as np

WANTED = {"ai-edge-litert": "2.3.0", "numpy": "2.4.6", "flatbuffers": "25.12.19"}


def check_versions():
    """Other versions may compute, or write, other bytes."""
    for package, wanted in WANTED.items():
        found = importlib.metadata.version(package)
        if found != wanted:
            raise SystemExit(f"{package} {found} is installed, these cases are made with {wanted}")


check_versions()

# pylint: disable=wrong-import-position
from ai_edge_litert.interpreter import Interpreter, OpResolverType  # noqa: E402

import cases_convolution  # noqa: E402
import cases_elementwise  # noqa: E402
import cases_fully_connected  # noqa: E402
import cases_graphs  # noqa: E402
import cases_shapes  # noqa: E402
from case import LeftOut, samples  # noqa: E402

FAMILIES = (cases_convolution, cases_fully_connected, cases_elementwise, cases_shapes, cases_graphs)


def reference(content, preserve):
    interpreter = Interpreter(
        model_content=content,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=preserve,
    )
    interpreter.allocate_tensors()
    return interpreter


def run(interpreter, inputs):
    """All outputs of all samples, each with a leading axis of samples."""
    rows = []
    for row in zip(*inputs):
        for detail, value in zip(interpreter.get_input_details(), row):
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
        rows.append([interpreter.get_tensor(d["index"]).copy() for d in interpreter.get_output_details()])
    return [np.stack(column) for column in zip(*rows)]


def check_shapes(case, interpreter):
    """The shapes and types in the file must be those that the kernels arrive at."""
    for kind, tensors, details in (
        ("input", case.graph.inputs, interpreter.get_input_details()),
        ("output", case.graph.outputs, interpreter.get_output_details()),
    ):
        for tensor, detail in zip(tensors, details, strict=True):
            if tensor.shape != tuple(detail["shape"]) or np.dtype(tensor.dtype) != detail["dtype"]:
                raise SystemExit(
                    f"{case.name}: {kind} {tensor.dtype} {tensor.shape} in the file, LiteRT has "
                    f"{np.dtype(detail['dtype']).name} {tuple(detail['shape'])}"
                )


def golden(case, content):
    first, second = reference(content, False), reference(content, True)
    check_shapes(case, first)
    inputs = samples(case)
    outputs, again = run(first, inputs), run(second, inputs)
    for one, other in zip(outputs, again, strict=True):
        if one.tobytes() != other.tobytes():
            raise SystemExit(f"{case.name}: the output depends on whether all tensors are kept")
    return inputs, outputs


def describe(tensor):
    scales = tensor.scales()
    return {
        "dtype": tensor.dtype,
        "shape": list(tensor.shape),
        "scale": scales[0] if scales else None,
        "zero_point": tensor.zero_point if scales else None,
    }


def write_case(case, out):
    content = case.graph.serialise()
    inputs, outputs = golden(case, content)
    (out / f"{case.name}.tflite").write_bytes(content)
    arrays = {f"input{i}": x for i, x in enumerate(inputs)} | {f"output{i}": y for i, y in enumerate(outputs)}
    np.savez_compressed(out / f"{case.name}.npz", **arrays)
    return {
        "name": case.name,
        "operator": case.operator,
        "odd": case.oddity,
        "samples": len(inputs[0]),
        "inputs": [describe(t) for t in case.graph.inputs],
        "outputs": [describe(t) for t in case.graph.outputs],
    }


def refusal(case):
    """What LiteRT says to a model that is left out; it must still refuse it."""
    try:
        run(reference(case.graph.serialise(), False), samples(case))
    except (RuntimeError, ValueError) as error:
        if case.message not in str(error):
            raise SystemExit(f'{case.name}: LiteRT says "{error}", not "{case.message}"') from error
        return {"name": case.name, "operator": case.operator, "odd": case.oddity, "litert_says": case.message}
    raise SystemExit(f"{case.name}: LiteRT takes this model, so it must not be left out")


def listing(written, left_out):
    """JSON with one case a line, so that a change to one case is a change to one line."""

    def lines(rows):
        return "[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n ]"

    return f'{{\n "made_with": {json.dumps(WANTED)},\n "cases": {lines(written)},\n "left_out": {lines(left_out)}\n}}\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    written, left_out = {}, {}
    for family in FAMILIES:
        for case in family.cases():
            kept = left_out if isinstance(case, LeftOut) else written
            if case.name in written or case.name in left_out:
                raise SystemExit(f"two cases are called {case.name}")
            kept[case.name] = refusal(case) if kept is left_out else write_case(case, out)
    (out / "cases.json").write_text(listing(list(written.values()), list(left_out.values())))
    print(f"{len(written)} cases, {len(left_out)} left out")


if __name__ == "__main__":
    main()
