"""Every kind of JSON file that a tool writes, written by the tools: what the schemas of docs/reference are held to."""

import json
import pathlib
import shutil
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
OPERATORS = REPOSITORY / "tests" / "models" / "operators"
MODEL = OPERATORS / "graph_residual_classifier.tflite"  # convolutions, an add, a mean and a softmax
FLOAT_SUMS = REPOSITORY / "tests" / "native" / "linear_relu_f32.mlir"
FLOATS = OPERATORS / "add_f32.tflite"
CHANNELS_FIRST = REPOSITORY / "docs" / "samples" / "digits" / "digits.onnx"
CHIP = REPOSITORY / "tests" / "isa" / "chips" / "outer-product.yaml"

DONE, RESULT_DIFFERS, WRONG_USE, WRONG_INPUT = range(4)


class Writer:
    """Runs tools, each of which must write the JSON files that it is asked for."""

    def __init__(self, build_folder, folder):
        self.tools = build_folder / "bin"
        self.tests = build_folder / "tests"
        self.folder = folder
        self.count = 0

    def run(self, tool, *arguments, ends=DONE):
        done = subprocess.run([self.tools / tool, *map(str, arguments)], capture_output=True, encoding="utf-8",
                              timeout=120, check=False)
        assert done.returncode == ends, f"{tool} {' '.join(map(str, arguments))}: {done.returncode}\n{done.stderr}"

    def tenon(self, *arguments, ends=DONE):
        """With --json, into a file of its own."""
        self.count += 1
        self.run("tenon", *arguments, "--quiet", "--json", self.folder / f"said_{self.count}.json", ends=ends)

    def place(self, name):
        return self.folder / name


def models(write):
    """What commands say of a model, on the reference and on a described chip."""
    write.tenon("run", MODEL, "--output-dir", write.place("outputs"), "--dump-tensors", write.place("tensors"),
                "--report-dir", write.place("reference"))
    write.tenon("run", MODEL, "--target", CHIP, "--report-dir", write.place("chip"), "--dump-plan",
                write.place("plan.json"))
    write.tenon("run", MODEL, "--target", CHIP, "--device", write.tests / "driver" / "libcounting_device.so",
                "--report-dir", write.place("counted"))
    write.tenon("report", write.place("counted"), "--html", write.place("page.html"), "--trace", write.place("trace"))
    write.tenon("inspect", MODEL)
    write.tenon("explain", FLOATS, "--target", CHIP)
    write.tenon("explain", CHANNELS_FIRST, "--target", "cpu")  # which has a layout to choose
    write.tenon("compile", MODEL, "--target", CHIP, "-o", write.place("bundle"))
    write.tenon("compile", MODEL, "--target", CHIP, "-o", write.place("again"), "--vectors", write.place("vectors"))
    write.tenon("run", write.place("bundle"))


def native_code(write):
    write.tenon("run", MODEL, "--target", "cpu", "--report-dir", write.place("native"),
                "--dump-plan", write.place("native_plan.json"))
    write.tenon("run", FLOAT_SUMS, "--target", "cpu")  # has bounds
    write.tenon("compile", MODEL, "--target", "cpu", "-o", write.place("native_bundle"))
    write.tenon("run", write.place("native_bundle"))
    write.run("tenon-run", write.place("native_bundle"), "--quiet", "--json", write.place("times.json"), "--layers",
              "--kernels")
    write.run("tenon-run", write.place("native_bundle"), "--quiet", "--json", write.place("alone.json"), "--output-dir",
              write.place("native_outputs"))
    write.run("tenon-run", write.place("missing"), "--json", write.place("native_error.json"), ends=WRONG_USE)


def descriptions(write):
    write.tenon("targets")
    write.tenon("ops")
    write.tenon("target", "show", CHIP)
    write.tenon("target", "lint", CHIP)
    write.tenon("new-target", "mine", "--in", write.folder)
    wrong = write.place("wrong.yaml")
    wrong.write_text(CHIP.read_text().replace("kind: global", "kind: globe", 1).replace("queue: ", "queueing: ", 1))
    write.tenon("target", "lint", wrong, ends=WRONG_INPUT)
    write.tenon("run", MODEL, "--target", wrong, ends=WRONG_INPUT)
    write.tenon("run", write.place("missing.tflite"), ends=WRONG_USE)


def checks(write):
    """A device that is as described, and one that is not."""
    few = ["--cases", "2", "--sequences", "1"]
    device = write.tests / "check" / "libmutated_device.so"
    folder = write.place("chip_folder")
    folder.mkdir()
    shutil.copy(CHIP, folder / "target.yaml")
    shutil.copy(device, folder / "libchip.so")
    (folder / "device.json").write_text(json.dumps(
        {"schema": "tenon.device/1", "engines": [{"name": "rtl", "plugin": "libchip.so", "sources": ["target.yaml"]}]}))
    write.tenon("check", folder, *few, "--certificate", write.place("certificate.json"))
    write.tenon("check", CHIP, "--device", device, "--engine-option", "replace=round_shift_half_up(",
                "--engine-option", "with=round_shift_half_away(", "--intrinsic", "requantise", "--counterexample",
                write.place("counterexample.json"), ends=RESULT_DIFFERS)


def write_all(build_folder, folder):
    """{schema: [path]} of every JSON file that the tools wrote."""
    write = Writer(build_folder, folder)
    for part in (models, native_code, descriptions, checks):
        part(write)
    found = {}
    for path in [*sorted(folder.rglob("*.json")), *REPOSITORY.glob("targets/*/device.json")]:
        found.setdefault(json.loads(path.read_text())["schema"], []).append(path)
    return found
