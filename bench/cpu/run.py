#!/usr/bin/env python3
"""How fast code for this processor is, as ratios measured in one run: matrix products against the peak of its
multiply-adds and against oneDNN, models against LiteRT with XNNPACK. All on one thread, in turns, so that whatever
else the machine does meets all of them alike.

    apt-get install libdnnl-dev
    cmake -B build -D TENON_BENCH_ONEDNN=ON && ninja -C build bench_processor tenon tenon-codegen && bench/cpu/run.py

LiteRT comes from PyPI (requirements.txt) into build/bench-venv.
"""

import argparse
import ctypes
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

FOLDER = pathlib.Path(__file__).resolve().parent
REPOSITORY = FOLDER.parent.parent
BUILD = REPOSITORY / "build"
ENVIRONMENT = BUILD / "bench-venv"
LIBRARY = BUILD / "bench" / "cpu" / "libbench_processor.so"
SIZE = 1024
SECONDS_OF_A_TURN = 0.05


class BenchError(Exception):
    """What a person has to repair."""


def enter_environment():
    """Runs this script again with the packages of requirements.txt."""
    python = ENVIRONMENT / "bin" / "python"
    if pathlib.Path(sys.prefix) == ENVIRONMENT:
        return
    if not (ENVIRONMENT / "ready").exists():
        print(f"installing LiteRT into {ENVIRONMENT}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        subprocess.run([ENVIRONMENT / "bin" / "pip", "install", "--quiet", "--no-deps", "-r",
                        FOLDER / "requirements.txt"], check=True)
        (ENVIRONMENT / "ready").touch()
    os.execv(python, [python, __file__, *sys.argv[1:]])


def aligned(size):
    """A block of zeros at a multiple of 64, and what owns it."""
    owner = ctypes.create_string_buffer(size + 64)
    return (ctypes.addressof(owner) + 63) // 64 * 64, owner


class Bundle:
    """A compiled model, called in this process."""

    def __init__(self, folder):
        manifest = json.loads((folder / "manifest.json").read_text())
        self.inputs, self.outputs = manifest["inputs"], manifest["outputs"]
        self.library = ctypes.CDLL(str(folder / manifest["code"]))
        self.run_model = getattr(self.library, manifest["name"] + "_run")
        self.run_model.restype = ctypes.c_int32
        self.run_model.argtypes = [ctypes.c_void_p] * 5
        self.arena, self.arena_owner = aligned(manifest["arenaBytes"])
        content = (folder / "weights.bin").read_bytes()
        self.weights, self.weights_owner = aligned(len(content))
        ctypes.memmove(self.weights, content, len(content))

    def bind(self, inputs):
        """Inputs as bytes; gives the outputs' buffers."""
        self.kept = [ctypes.create_string_buffer(data, len(data)) for data in inputs]
        results = [ctypes.create_string_buffer(tensor["bytes"]) for tensor in self.outputs]
        self.input_pointers = (ctypes.c_void_p * len(inputs))(*[ctypes.addressof(data) for data in self.kept])
        self.output_pointers = (ctypes.c_void_p * len(results))(*[ctypes.addressof(data) for data in results])
        return results

    def run(self):
        status = self.run_model(self.weights, self.arena, self.input_pointers, self.output_pointers, None)
        if status != 0:
            raise BenchError(f"the model returned {status}, 0 is done")


def compile_model(model, target, folder):
    """The bundle that tenon makes of the model."""
    done = subprocess.run([BUILD / "bin" / "tenon", "compile", model, "--target", target, "-o", folder, "--quiet"],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"tenon compile {model} --target {target} gave {done.returncode}:\n{done.stderr}")
    return Bundle(folder)


def product_text(kind, weights):
    """c = a b with constant b, as linalg on tensors."""
    left, right, result = ("f32", "f32", "f32") if kind == "f32" else ("i8", "i8", "i32")
    data = weights.tobytes().hex().upper()
    if kind == "f32":
        body = ("      %p = arith.mulf %x, %y : f32\n      %s = arith.addf %z, %p : f32\n"
                "      linalg.yield %s : f32\n")
        zero = "0.0 : f32"
    else:
        body = ("      %u = arith.extui %x : i8 to i32\n      %v = arith.extsi %y : i8 to i32\n"
                "      %p = arith.muli %u, %v : i32\n      %s = arith.addi %z, %p : i32\n"
                "      linalg.yield %s : i32\n")
        zero = "0 : i32"
    shape = f"{SIZE}x{SIZE}x"
    return (f"func.func @main(%a: tensor<{shape}{left}>) -> tensor<{shape}{result}> {{\n"
            f"  %b = arith.constant dense<\"0x{data}\"> : tensor<{shape}{right}>\n"
            f"  %zero = arith.constant {zero}\n"
            f"  %empty = tensor.empty() : tensor<{shape}{result}>\n"
            f"  %start = linalg.fill ins(%zero : {result}) outs(%empty : tensor<{shape}{result}>)"
            f" -> tensor<{shape}{result}>\n"
            "  %c = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, "
            "affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], "
            "iterator_types = [\"parallel\", \"parallel\", \"reduction\"]}\n"
            f"      ins(%a, %b : tensor<{shape}{left}>, tensor<{shape}{right}>) outs(%start : tensor<{shape}{result}>) {{\n"
            f"    ^bb0(%x: {left}, %y: {right}, %z: {result}):\n{body}"
            f"  }} -> tensor<{shape}{result}>\n"
            f"  return %c : tensor<{shape}{result}>\n}}\n")


def turn(work):
    """Runs `work` for a while; seconds of one run."""
    runs, begin = 0, time.perf_counter()
    while True:
        work()
        runs += 1
        passed = time.perf_counter() - begin
        if passed >= SECONDS_OF_A_TURN:
            return passed / runs


def in_turns(works, rounds):
    """For each of the works, the seconds of each round; the works take turns."""
    for work in works.values():
        work()
    seconds = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            seconds[name].append(turn(work))
    return seconds


def spread(ratios):
    """Median, and the middle half's ends."""
    ordered = sorted(ratios)
    return statistics.median(ordered), ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]


def show(ratios, percent=False):
    middle, low, high = (100 * value if percent else value for value in spread(ratios))
    return f"{middle:.0f} % ({low:.0f} to {high:.0f})" if percent else f"{middle:.2f} ({low:.2f} to {high:.2f})"


def load_library():
    if not LIBRARY.exists():
        raise BenchError(f"there is no {LIBRARY}: see bench/cpu/run.py --help")
    library = ctypes.CDLL(str(LIBRARY))
    for name in ("benchPeakFma", "benchPeakVnni"):
        getattr(library, name).restype = ctypes.c_int64
        getattr(library, name).argtypes = [ctypes.c_int64]
    for name in ("benchProductF32", "benchProductU8S8"):
        getattr(library, name).restype = ctypes.c_void_p
        getattr(library, name).argtypes = [ctypes.c_int64] * 3 + [ctypes.c_void_p]
    library.benchProductRun.restype = None
    library.benchProductRun.argtypes = [ctypes.c_void_p] * 3
    library.benchProductKernel.restype = ctypes.c_char_p
    library.benchProductKernel.argtypes = [ctypes.c_void_p]
    return library


def products(library, target, rounds, folder):
    """Rows of the table of matrix products."""
    import numpy
    random = numpy.random.default_rng(1)
    rows = []
    for kind, peak, prepare in (("f32", library.benchPeakFma, library.benchProductF32),
                                ("u8 x s8", library.benchPeakVnni, library.benchProductU8S8)):
        if kind == "f32":
            left, right = (random.standard_normal((SIZE, SIZE), dtype=numpy.float32) for _ in range(2))
        else:
            left = random.integers(0, 256, (SIZE, SIZE), dtype=numpy.uint8)
            right = random.integers(-128, 128, (SIZE, SIZE), dtype=numpy.int8)
        text = folder / f"{kind[:3].strip()}.mlir"
        text.write_text(product_text(kind.split()[0], right))
        ours = compile_model(text, target, folder / f"{text.stem}.bundle")
        result = ours.bind([left.tobytes()])[0]
        theirs = prepare(SIZE, SIZE, SIZE, right.ctypes.data)
        if not theirs:
            raise BenchError(f"oneDNN has no {kind} product for this processor")
        other = numpy.zeros((SIZE, SIZE), numpy.float32 if kind == "f32" else numpy.int32)
        steps = 200000
        per_call = peak(steps)
        works = {"tenon": ours.run,
                 "onednn": lambda t=theirs, a=left, c=other: library.benchProductRun(t, a.ctypes.data, c.ctypes.data)}
        if per_call:
            works["peak"] = lambda p=peak: p(steps)
        seconds = in_turns(works, rounds)
        got = numpy.frombuffer(result, other.dtype).reshape(other.shape)
        largest = numpy.abs(got - other).max()
        if largest > (1e-3 if kind == "f32" else 0):
            raise BenchError(f"the {kind} products differ by {largest}")
        macs = SIZE ** 3
        shares = {name: [macs / own / (per_call / best) for own, best in zip(seconds[name], seconds["peak"])]
                  for name in ("tenon", "onednn")} if per_call else {}
        rows.append([f"{kind} {SIZE}^3", show(shares["tenon"], True) if shares else "no such unit",
                     show(shares["onednn"], True) if shares else "no such unit",
                     show([b / a for a, b in zip(seconds["tenon"], seconds["onednn"])]),
                     library.benchProductKernel(theirs).decode()])
    return rows


def model_rows(target, rounds, folder):
    """Rows of the table of models: LiteRT's seconds by ours."""
    sys.path.insert(0, str(REPOSITORY / "scripts"))
    import models
    import numpy
    from ai_edge_litert.interpreter import Interpreter
    place = models.models_folder()
    if place is None:
        print("models are left out: set TENON_MODELS to the folder that has them", file=sys.stderr)
        return []
    rows = []
    for path in sorted(place.glob("*.tflite")):
        interpreter = Interpreter(str(path), num_threads=1)
        interpreter.allocate_tensors()
        wanted = interpreter.get_input_details()[0]
        data = numpy.random.default_rng(1).integers(-128, 128, wanted["shape"], dtype=numpy.int8)
        interpreter.set_tensor(wanted["index"], data)
        ours = compile_model(path, target, folder / f"{path.stem}.bundle")
        ours.bind([data.tobytes()])
        seconds = in_turns({"tenon": ours.run, "litert": interpreter.invoke}, rounds)
        rows.append([path.stem, f"{1e6 * statistics.median(seconds['tenon']):.0f}",
                     show([b / a for a, b in zip(seconds["tenon"], seconds["litert"])])])
    return rows


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="cpu", help="a processor's target (cpu)")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each (15)")
    arguments = parser.parse_args()
    enter_environment()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            print(table(["product", "Tenon, of the peak", "oneDNN, of the peak", "oneDNN's time / Tenon's", "oneDNN's kernel"],
                        products(load_library(), arguments.target, arguments.rounds, folder)), flush=True)
            rows = model_rows(arguments.target, arguments.rounds, folder)
            if rows:
                print()
                print(table(["model", "Tenon, microseconds", "LiteRT's time / Tenon's"], rows))
    except BenchError as error:
        print(f"bench/cpu: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
