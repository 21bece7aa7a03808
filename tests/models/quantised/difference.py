#!/usr/bin/env python3
"""How far results are from ONNX Runtime's, in units of the last place: runs every case of this folder on the reference
and counts the elements that differ from the stored answer. Ends with 1 if any differs by more than one.

    /usr/bin/python3 tests/models/quantised/difference.py [build/bin/tenon]
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy

HERE = pathlib.Path(__file__).resolve().parent


def result_of(tenon, case):
    stored = numpy.load(HERE / f"{case}.npz")
    with tempfile.TemporaryDirectory() as folder:
        folder, inputs = pathlib.Path(folder), []
        for name in sorted(name for name in stored.files if name.startswith("input")):
            numpy.save(folder / f"{name}.npy", stored[name])
            inputs += ["--input", folder / f"{name}.npy"]
        subprocess.run([tenon, "run", HERE / f"{case}.onnx", "--each", *inputs, "--output", folder / "result.npy",
                        "--quiet"], check=True, timeout=120)
        return numpy.load(folder / "result.npy"), stored["float"]


def main():
    tenon = sys.argv[1] if len(sys.argv) > 1 else "build/bin/tenon"
    elements, differing, most = 0, 0, 0
    for path in sorted(HERE.glob("*.onnx")):
        got, wanted = result_of(tenon, path.stem)
        apart = numpy.abs(got.astype(int) - wanted)
        if apart.any():
            print(f"{path.stem:32} {(apart > 0).sum():5} of {apart.size:5} differ, by {apart.max()} at most")
        elements, differing, most = elements + apart.size, differing + (apart > 0).sum(), max(most, apart.max())
    print(f"{'all':32} {differing:5} of {elements:5} differ, by {most} at most")
    return 0 if most <= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
