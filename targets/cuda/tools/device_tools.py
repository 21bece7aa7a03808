#!/usr/bin/env python3
"""Finds ptxas and nvdisasm: from PyPI (installed once under build/), the machine's own, or those of a folder.

Prints where a tool is: `device_tools.py ptxas`. $TENON_CUDA_TOOLS, or --tools, says which source: `pypi` (the default),
`machine` (PATH, $CUDA_HOME and /usr/local/cuda), or a folder that holds both. One source is never taken for another.
"""

import argparse
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
REQUIREMENTS = pathlib.Path(__file__).resolve().parent / "requirements.txt"
ENVIRONMENT = REPOSITORY / "build" / "cuda-tools"
VARIABLE = "TENON_CUDA_TOOLS"
NAMES = ("ptxas", "nvdisasm")
INSTALL_SECONDS = 900


class ToolError(Exception):
    """A tool that is not there, or that refuses its input."""


def find(name, source=None):
    """The path of a tool, by source (none: $TENON_CUDA_TOOLS, else PyPI)."""
    if name not in NAMES:
        raise ToolError(f"no device tool is called {name}; there are: {', '.join(NAMES)}")
    source = source or os.environ.get(VARIABLE) or "pypi"
    if source == "pypi":
        return from_pypi(name)
    if source == "machine":
        return from_folders(name, machine_folders(), "this machine")
    return from_folders(name, [pathlib.Path(source), pathlib.Path(source) / "bin"], f"the folder {source}")


def machine_folders():
    folders = [pathlib.Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    home = os.environ.get("CUDA_HOME")
    return folders + ([pathlib.Path(home) / "bin"] if home else []) + [pathlib.Path("/usr/local/cuda/bin")]


def from_folders(name, folders, where):
    found = shutil.which(name, path=os.pathsep.join(str(folder) for folder in folders))
    if found:
        return pathlib.Path(found)
    searched = ", ".join(str(folder) for folder in folders)
    raise ToolError(f"{name} is not in {where} (searched: {searched}); set {VARIABLE} to pypi, or to a folder that has "
                    "it")


def from_pypi(name, environment=None, requirements=None):
    environment, requirements = environment or ENVIRONMENT, requirements or REQUIREMENTS
    install(environment, requirements)
    found = sorted(environment.glob(f"lib/python3*/site-packages/nvidia/**/bin/{name}"))
    if not found:
        raise ToolError(f"{name} is in none of the packages of {requirements.name} under {environment}")
    found[0].chmod(found[0].stat().st_mode | 0o111)
    return found[0]


def install(environment, requirements):
    """Once for a list of packages; several tests may want it at the same time."""
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = environment / "requirements.sha256"
    environment.parent.mkdir(parents=True, exist_ok=True)
    with open(environment.with_suffix(".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        shutil.rmtree(environment, ignore_errors=True)
        python = environment / "bin" / "python"
        call(["/usr/bin/python3", "-m", "venv", environment])
        call([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
              "--only-binary=:all:", "--require-hashes", "-r", requirements])
        stamp.write_text(wanted)


def call(command):
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False,
                              timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{command[0]} has not ended after {INSTALL_SECONDS} s") from error
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        raise ToolError(f"ptxas and nvdisasm cannot be installed from PyPI; set {VARIABLE} to machine or to a folder "
                        f"that has them:\n{said}")


def add_argument(parser):
    parser.add_argument("--tools", metavar="SOURCE",
                        help=f"pypi, machine, or the folder of ptxas and nvdisasm (${VARIABLE}, else pypi)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=NAMES)
    add_argument(parser)
    arguments = parser.parse_args()
    try:
        print(find(arguments.name, arguments.tools))
    except ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(6)


if __name__ == "__main__":
    main()
