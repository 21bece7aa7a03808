"""Runs tenon for the tests of its command line, and holds every failure to the contract: its exit code, an error on
standard error in the house's form, the same in --json, and no partial file."""

import json
import pathlib
import resource
import signal
import subprocess

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models" / "operators"
ONE = MODELS / "add_f32.tflite"  # two float inputs, one output
TWO_OUTPUTS = MODELS / "graph_two_outputs.tflite"  # one int8 input, int8 outputs of two scales
TWO_INPUTS = MODELS / "graph_two_inputs.tflite"

DONE, RESULT_DIFFERS, WRONG_USE, WRONG_INPUT, TARGET_CANNOT, DEVICE_FAILED, SYSTEM_FAILED = range(7)
OWN_FAULT = 70


def case(name):
    """What cases.json says of a model of MODELS."""
    cases = json.loads((MODELS / "cases.json").read_text())["cases"]
    return next(entry for entry in cases if entry["name"] == name)


def run(tenon, *arguments, seconds=60, **options):
    """The finished process; standard output and error are bytes decoded as UTF-8, which they must be."""
    return subprocess.run([tenon, *map(str, arguments)], capture_output=True, encoding="utf-8", timeout=seconds, **options)


def succeed(tenon, *arguments, **options):
    done = run(tenon, *arguments, **options)
    assert done.returncode == DONE, done.stderr
    return done


def fail(tenon, code, *arguments, said=(), **options):
    """Runs what must fail with this exit code, saying every part of `said` in one line of the errors."""
    done = run(tenon, *arguments, **options)
    lines = done.stderr.splitlines()
    assert done.returncode == code, f"exit code {done.returncode}, wanted {code}\n{done.stderr}"
    assert lines and all(line.startswith("error: ") for line in lines), done.stderr
    assert not lines[0].endswith("."), done.stderr
    assert any(all(part in line for part in said) for line in lines), f"{said} are not in one of\n{done.stderr}"
    return done


def check_error(value, code):
    """Holds a tenon.error/1 to its schema."""
    assert set(value) == {"schema", "exit", "errors"}
    assert value["schema"] == "tenon.error/1" and value["exit"] == code and value["errors"]
    for error in value["errors"]:
        assert set(error) == {"message", "file", "line", "column", "node", "repair"}
        assert error["message"]
    return value["errors"]


def with_file_limit(bytes_at_most):
    """For preexec_fn: a file may not grow further, as on a full disk. The signal is left as a shell leaves it."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_at_most, bytes_at_most))

    return limit


def with_memory_limit(bytes_at_most):
    """For preexec_fn: there is no more memory than this."""
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (bytes_at_most, bytes_at_most))


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*"))
