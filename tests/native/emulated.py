"""Runs a native bundle's example.c: on this processor, or in an emulator of another one.

The bundle's own C program is what is built, so what an embedder does is what is tested: a C compiler, model.o, libm.
"""

import json
import pathlib
import subprocess

import numpy

CLANG = "clang-19"
# By the architecture of the bundle's triple: clang's name of the machine, and the emulator.
EMULATORS = {"aarch64": ("aarch64-linux-gnu", ["qemu-aarch64", "-cpu", "max"])}
DTYPES = {"f16": "f2", "bf16": "u2", "f32": "f4", "f64": "f8", "i1": "?"}


def manifest_of(bundle):
    return json.loads((pathlib.Path(bundle) / "manifest.json").read_text())


def dtype_of(kind):
    """numpy's dtype for an element type of a manifest; bf16 is its bits."""
    if kind in DTYPES:
        return numpy.dtype("<" + DTYPES[kind]) if DTYPES[kind] != "?" else numpy.dtype("?")
    bits = int(kind[1:])
    size = next(size for size in (1, 2, 4, 8) if size * 8 >= bits)
    return numpy.dtype(f"<{kind[0]}{size}")


def build_example(bundle, program, compiler=None):
    """Builds example.c and model.o of the bundle; gives the command that runs the program."""
    bundle = pathlib.Path(bundle).resolve()
    architecture = manifest_of(bundle)["triple"].partition("-")[0]
    command, runner = [compiler or CLANG], []
    if architecture in EMULATORS:
        machine, runner = EMULATORS[architecture]
        command += [f"--target={machine}", "-static", "-fuse-ld=lld"]
    command += ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "example.c", "model.o", "-lm", "-o", str(program)]
    done = subprocess.run(command, cwd=bundle, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return [*runner, str(program)]


def run_example(bundle, inputs, folder, compiler=None, seconds=600):
    """Outputs of the bundle for these arrays, in the manifest's order; `folder` is for files."""
    bundle, folder = pathlib.Path(bundle).resolve(), pathlib.Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    manifest = manifest_of(bundle)
    command = [*build_example(bundle, folder / "example", compiler), "-o", str(folder)]
    for number, (tensor, array) in enumerate(zip(manifest["inputs"], inputs, strict=True)):
        array = numpy.ascontiguousarray(array)
        assert list(array.shape) == tensor["shape"] and array.nbytes == tensor["bytes"], tensor
        path = folder / f"input_{number}.bin"
        path.write_bytes(array.tobytes())
        command.append(str(path))
    done = subprocess.run(command, cwd=bundle, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\nexit code {done.returncode}\n{done.stderr}"
    outputs = []
    for number, tensor in enumerate(manifest["outputs"]):
        data = (folder / f"output_{number}.bin").read_bytes()
        outputs.append(numpy.frombuffer(data, dtype_of(tensor["type"])).reshape(tensor["shape"]))
    return outputs


def compile_and_run(tenon, model, target, inputs, folder, seconds=600):
    """Compiles a model for a target (a variant of another processor, say) and runs its example."""
    folder = pathlib.Path(folder)
    bundle = folder / "bundle"
    done = subprocess.run([str(tenon), "compile", str(model), "--target", str(target), "-o", str(bundle)],
                          capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stderr
    return run_example(bundle, inputs, folder / "run", seconds=seconds)
