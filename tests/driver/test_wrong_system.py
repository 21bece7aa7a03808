"""What the system refuses: folders that cannot be written, a full disk, a closed pipe, no memory. Exit code 6, one clear
error, and no partial file."""

import json
import os
import signal
import subprocess

import pytest

import command
from command import SYSTEM_FAILED, TWO_OUTPUTS, WRONG_USE, fail, files_in, succeed

LARGE = command.MODELS / "softmax_257_usual.tflite"  # its input and output are larger than a block

# The places that an option writes to.
OUTPUTS = {
    "output": lambda place: ["--output", f"output1={place}"],
    "output_folder": lambda place: ["--output-dir", place],
    "tensors": lambda place: ["--dump-tensors", place],
    "json": lambda place: ["--json", place],
}


@pytest.mark.parametrize("kind", OUTPUTS)
@pytest.mark.parametrize("place", ["/proc/nothing/out.npy", "{file}/out.npy", "/dev/null/out.npy"])
def test_a_folder_that_cannot_be_written(tenon, tmp_path, kind, place):
    """Root may write anywhere, so the folder is one that does not take files, or is no folder."""
    (tmp_path / "file").write_text("here is no folder")
    path = place.format(file=tmp_path / "file")
    fail(tenon, SYSTEM_FAILED, "run", TWO_OUTPUTS, *OUTPUTS[kind](path), said=[path, "cannot be written: "])
    assert files_in(tmp_path) == ["file"]


@pytest.mark.parametrize("kind", ["output", "json"])
def test_a_folder_as_the_file(tenon, tmp_path, kind):
    (tmp_path / "folder").mkdir()
    fail(tenon, SYSTEM_FAILED, "run", TWO_OUTPUTS, *OUTPUTS[kind](tmp_path / "folder"),
         said=["folder: cannot be written: Is a directory"])
    assert files_in(tmp_path) == ["folder"]


@pytest.mark.parametrize("kind", ["output_folder", "tensors"])
def test_a_file_as_the_folder(tenon, tmp_path, kind):
    (tmp_path / "file").write_text("x")
    fail(tenon, SYSTEM_FAILED, "run", TWO_OUTPUTS, *OUTPUTS[kind](tmp_path / "file"), said=["file: cannot be written"])
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("arguments", [
    ["run", TWO_OUTPUTS, "--output", "output1=/dev/full"],
    ["run", TWO_OUTPUTS, "--quiet", "--json", "/dev/full"],
    ["inspect", TWO_OUTPUTS, "--quiet", "--json", "/dev/full"],
    ["inspect", TWO_OUTPUTS, "--save-ir", "/dev/full"],
    ["targets", "--json", "/dev/full"],
])
def test_a_full_device(tenon, arguments):
    fail(tenon, SYSTEM_FAILED, *arguments, said=["/dev/full: cannot be written: No space left on device"])


@pytest.mark.parametrize("arguments", [["run", TWO_OUTPUTS], ["run", TWO_OUTPUTS, "--json", "-"], ["inspect", TWO_OUTPUTS],
                                       ["inspect", TWO_OUTPUTS, "--ir"], ["targets"]])
def test_standard_output_is_full(tenon, arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run([tenon, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == SYSTEM_FAILED
    assert done.stderr.startswith("error: standard output cannot be written: No space left on device")


@pytest.mark.parametrize("kind", OUTPUTS)
def test_a_full_disk(tenon, tmp_path, kind):
    """A file may not grow past a few bytes, and the signal for that is not ignored outside."""
    place = tmp_path / ("out" if kind in ("output_folder", "tensors") else "out.npy")
    arguments = OUTPUTS[kind](place)
    if kind == "output":
        arguments = ["--output", place]
    fail(tenon, SYSTEM_FAILED, "run", LARGE, *arguments, said=["cannot be written: File too large"],
         preexec_fn=command.with_file_limit(100))
    assert files_in(tmp_path) in ([], ["out"])  # the folder alone


def test_a_full_disk_keeps_the_old_file(tenon, tmp_path):
    (tmp_path / "out.npy").write_text("old")
    fail(tenon, SYSTEM_FAILED, "run", LARGE, "--output", tmp_path / "out.npy", said=["File too large"],
         preexec_fn=command.with_file_limit(100))
    assert files_in(tmp_path) == ["out.npy"] and (tmp_path / "out.npy").read_text() == "old"


def test_a_full_disk_for_the_error(tenon, tmp_path):
    """The error of a run that failed cannot be written either: both are said."""
    done = fail(tenon, WRONG_USE, "run", tmp_path / "no.tflite", "--json", tmp_path / "e.json",
                said=["no.tflite: cannot be read"], preexec_fn=command.with_file_limit(10))
    assert "e.json: cannot be written: File too large" in done.stderr
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("arguments", [["inspect", TWO_OUTPUTS, "--ir"], ["run", TWO_OUTPUTS], ["run", TWO_OUTPUTS, "--json", "-"]])
def test_a_closed_pipe(tenon, arguments):
    """As in `tenon inspect MODEL | head -0`: an error of the system, never a crash."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([tenon, *arguments], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writer)
    assert done.returncode == SYSTEM_FAILED, done.returncode
    assert "standard output cannot be written: Broken pipe" in done.stderr


def test_head(tenon):
    done = subprocess.run(f"'{tenon}' inspect '{TWO_OUTPUTS}' --ir | head -1", shell=True, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and done.stdout.count("\n") == 1


def test_standard_output_closed(tenon):
    """Closed before the program starts: a file that it opens must not become standard output."""
    done = subprocess.run(f"'{tenon}' inspect '{TWO_OUTPUTS}' >&-", shell=True, capture_output=True, text=True, timeout=60)
    assert done.returncode == SYSTEM_FAILED, done.stderr
    assert "standard output cannot be written" in done.stderr


def test_an_interrupt_ends_the_run(tenon, tmp_path):
    """A model whose loops take long is stopped by the keyboard, at once."""
    (tmp_path / "long.mlir").write_text(LONG)
    with subprocess.Popen([tenon, "run", tmp_path / "long.mlir", "--output", tmp_path / "out.npy"],
                          stderr=subprocess.DEVNULL) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT
    assert files_in(tmp_path) == ["long.mlir"]


LONG = """#x = affine_map<(i, j, k) -> (i, k)>
#y = affine_map<(i, j, k) -> (k, j)>
#z = affine_map<(i, j, k) -> (i, j)>
func.func @main(%a: tensor<8192x8192xf32>, %b: tensor<8192x8192xf32>) -> tensor<8192x8192xf32> {
  %e = arith.constant dense<0.0> : tensor<8192x8192xf32>
  %r = linalg.matmul ins(%a, %b : tensor<8192x8192xf32>, tensor<8192x8192xf32>)
                     outs(%e : tensor<8192x8192xf32>) -> tensor<8192x8192xf32>
  return %r : tensor<8192x8192xf32>
}
"""


def test_more_memory_than_the_limit(tenon, tmp_path):
    fail(tenon, SYSTEM_FAILED, "run", TWO_OUTPUTS, "--memory-limit", "100", "--output-dir", tmp_path / "out",
         said=["graph_two_outputs.tflite: the model needs ", "bytes of memory at once, the limit is 100"])
    assert files_in(tmp_path / "out") == []


def test_less_memory_in_the_system(tenon, tmp_path):
    """Each tensor has 256 MiB, the program may have 640: the system says no, and the program says so."""
    (tmp_path / "large.mlir").write_text(LONG)
    fail(tenon, SYSTEM_FAILED, "run", tmp_path / "large.mlir", "--output", tmp_path / "out.npy", said=["memory"],
         preexec_fn=command.with_memory_limit(640 << 20))
    assert files_in(tmp_path) == ["large.mlir"]


def test_the_report_goes_where_it_is_asked_for_after_a_failure(tenon, tmp_path):
    fail(tenon, SYSTEM_FAILED, "run", TWO_OUTPUTS, "--memory-limit", "100", "--json", tmp_path / "e.json")
    errors = command.check_error(json.loads((tmp_path / "e.json").read_text()), SYSTEM_FAILED)
    assert errors[0]["file"] == str(TWO_OUTPUTS)
    succeed(tenon, "run", TWO_OUTPUTS, "--json", tmp_path / "e.json")
    assert json.loads((tmp_path / "e.json").read_text())["schema"] == "tenon.run/1"
