#!/usr/bin/env python3
"""ResNet-50 and an encoder layer of BERT at their published sizes, with random weights: verified against the reference,
then timed against ONNX Runtime, in turns, so that whatever else the machine does meets both alike.

    ninja -C build tenon tenon-codegen tenon-run bench_native && bench/cpu/large.py

ONNX Runtime comes from PyPI (large-requirements.txt) into build/bench-large-venv. `--only bert` takes seconds, all of
it minutes: the reference does 4.1 thousand million multiply-adds for each ResNet-50.
"""

import argparse
import ctypes
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import run

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
GENERATE = REPOSITORY / "tests" / "models" / "large" / "generate.py"
LIBRARY = run.BUILD / "bench" / "cpu" / "libbench_native.so"
CASES = (("resnet50", "float"), ("resnet50", "float-batch-norm"), ("resnet50", "int8"), ("resnet50", "uint8"),
         ("bert", "float"), ("bert", "int8"), ("bert", "uint8"))


class Failure(ctypes.Structure):
    """TenonNativeFailure of core/runtime/native/tenon_native.h."""

    _fields_ = [("status", ctypes.c_int), ("file", ctypes.c_char * 1024), ("message", ctypes.c_char * 2048),
                ("repair", ctypes.c_char * 512)]


class Options(ctypes.Structure):
    """TenonNativeOptions."""

    _fields_ = [("threads", ctypes.c_uint), ("plugin_folders", ctypes.c_char_p)]


class Native:
    """An open bundle, on so many threads."""

    def __init__(self, library, folder, threads, inputs):
        self.library, self.failure, self.handle = library, Failure(), ctypes.c_void_p()
        options = Options(threads, None)
        self.check(library.tenonNativeOpen(str(folder).encode(), ctypes.byref(options), ctypes.byref(self.handle),
                                           ctypes.byref(self.failure)))
        outputs = json.loads((folder / "manifest.json").read_text())["outputs"]
        self.kept = [ctypes.create_string_buffer(data, len(data)) for data in inputs]
        self.results = [ctypes.create_string_buffer(tensor["bytes"]) for tensor in outputs]
        self.inputs = (ctypes.c_void_p * len(self.kept))(*[ctypes.addressof(data) for data in self.kept])
        self.outputs = (ctypes.c_void_p * len(self.results))(*[ctypes.addressof(data) for data in self.results])

    def check(self, status):
        if status != 0:
            raise run.BenchError(f"the runtime says {status}: {self.failure.message.decode()}")

    def run(self):
        self.check(self.library.tenonNativeRun(self.handle, self.inputs, self.outputs, None,
                                               ctypes.byref(self.failure)))


def enter_environment():
    """Runs this script again with the packages of large-requirements.txt."""
    environment = run.BUILD / "bench-large-venv"
    if pathlib.Path(sys.prefix) == environment:
        return
    if not (environment / "ready").exists():
        print(f"installing ONNX Runtime into {environment}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        subprocess.run([environment / "bin" / "pip", "install", "--quiet", "--no-deps", "-r",
                        run.FOLDER / "large-requirements.txt"], check=True)
        (environment / "ready").touch()
    os.execv(environment / "bin" / "python", [environment / "bin" / "python", __file__, *sys.argv[1:]])


def write_model(network, kind, folder):
    """The model's path, and the paths of its inputs by their names."""
    done = subprocess.run([sys.executable, GENERATE, network, "--kind", kind, "-o", folder], check=True,
                          capture_output=True, text=True)
    model = pathlib.Path(done.stdout.strip())
    inputs = {path.stem.split(".")[1]: path for path in folder.glob(f"{model.stem}.*.npy")}
    del inputs["expected"]
    return model, inputs


def verify(model, inputs, target, folder):
    """What `tenon run` says of the model on this processor, against the reference."""
    report = folder / "report.json"
    given = [argument for name, path in inputs.items() for argument in ("--input", f"{name}={path}")]
    done = subprocess.run([run.BUILD / "bin" / "tenon", "run", model, "--target", target, *given, "--quiet", "--json",
                           report], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise run.BenchError(f"tenon run {model} --target {target} gave {done.returncode}:\n{done.stderr}")
    found = json.loads(report.read_text())
    verified = found["verified"]
    told = "bit for bit" if verified["bit_exact"] else \
        f"{100 * verified['most_of_bound']:.0f} % of a bound, {verified['max_abs_error']:.1e} in all"
    return told


def sessions(model, inputs, threads):
    """ONNX Runtime's session, its inputs as it wants them."""
    import numpy
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    given = {name: numpy.load(path) for name, path in inputs.items()}
    return lambda: session.run(None, given), [given[each.name].tobytes() for each in session.get_inputs()]


def row(library, network, kind, arguments, folder):
    model, inputs = write_model(network, kind, folder)
    told, bundle = "not compared", folder / f"{model.stem}.bundle"
    if arguments.verify:
        print(f"{model.stem}: on the reference", file=sys.stderr)
        told = verify(model, inputs, arguments.target, folder)
    run.compile_model(model, arguments.target, bundle)
    cells = [model.stem, told]
    for threads in (1, 2):
        print(f"{model.stem}: {threads} of 2 threads", file=sys.stderr)
        theirs, data = sessions(model, inputs, threads)
        ours = Native(library, bundle, threads, data)
        times = run.in_turns({"tenon": ours.run, "theirs": theirs}, arguments.rounds)
        cells += [f"{1e3 * min(times['tenon']):.1f}", f"{1e3 * min(times['theirs']):.1f}",
                  run.show([b / a for a, b in zip(times["tenon"], times["theirs"])])]
        library.tenonNativeClose(ours.handle)
    return cells


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="cpu", help="a processor's target (cpu)")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each (15)")
    parser.add_argument("--only", default="", help="models whose name begins so")
    parser.add_argument("--no-verify", dest="verify", action="store_false", help="times alone")
    arguments = parser.parse_args()
    enter_environment()
    if not LIBRARY.exists():
        print(f"bench/cpu: there is no {LIBRARY}: see bench/cpu/large.py --help", file=sys.stderr)
        return 1
    library = ctypes.CDLL(str(LIBRARY))
    library.tenonNativeOpen.argtypes = [ctypes.c_char_p] + [ctypes.c_void_p] * 3
    library.tenonNativeRun.argtypes = [ctypes.c_void_p] * 5
    library.tenonNativeClose.argtypes = [ctypes.c_void_p]
    try:
        with tempfile.TemporaryDirectory() as name:
            rows = [row(library, network, kind, arguments, pathlib.Path(name)) for network, kind in CASES
                    if f"{network}_{kind}".startswith(arguments.only)]
    except run.BenchError as error:
        print(f"bench/cpu: {error}", file=sys.stderr)
        return 1
    print(run.table(["model", "against the reference", "Tenon, ms", "ONNX Runtime, ms", "its time / Tenon's",
                     "2 threads: Tenon, ms", "ONNX Runtime, ms", "its time / Tenon's"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
