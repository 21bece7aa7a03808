"""The generated models of single operators as a list for native_graphs --models, and what it must give back."""

import json
import pathlib

import numpy

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "models" / "operators"
CASES = json.loads((FOLDER / "cases.json").read_text())["cases"]


def write_list(folder, cases):
    """The inputs of the cases as files under `folder`, a folder for the outputs of each; gives the list's path."""
    lines = []
    for case in cases:
        golden = numpy.load(FOLDER / f"{case['name']}.npz")
        inputs, outputs = folder / "in" / case["name"], folder / "out" / case["name"]
        inputs.mkdir(parents=True)
        outputs.mkdir(parents=True)
        for number in range(len(case["inputs"])):
            numpy.save(inputs / f"in{number}.npy", golden[f"input{number}"])
        lines.append(f"{FOLDER / case['name']}.tflite {inputs} {outputs}\n")
    (folder / "list").write_text("".join(lines))
    return folder / "list"


def differences(folder, cases, done):
    """What is wrong with a run of the list, a line each: integers must be the golden bytes."""
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    wrong = [f"{pathlib.Path(row[0]).stem}: {row[3]}" for row in rows if row[3] != "ok"]
    if len(rows) != len(cases):
        wrong.append(f"{len(rows)} of {len(cases)} cases were run: {done.stderr}")
    for case in cases if not wrong else []:
        golden = numpy.load(FOLDER / f"{case['name']}.npz")
        for number in range(len(case["outputs"])):
            want, got = golden[f"output{number}"], numpy.load(folder / "out" / case["name"] / f"out{number}.npy")
            if got.dtype != want.dtype or got.shape != want.shape:
                wrong.append(f"{case['name']}: output {number} is {got.dtype}{got.shape}, not {want.dtype}{want.shape}")
            elif want.dtype.kind != "f" and not numpy.array_equal(got, want):
                wrong.append(f"{case['name']}: output {number} is not the golden one")
    return wrong
