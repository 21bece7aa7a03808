#!/usr/bin/env python3
"""Reads the whole design with `verilator -Wall` for each size of the array.

Fails on any warning that verilator.vlt does not explain, and on a command of the description that the dispatcher does
not name.
"""

import argparse
import re
import subprocess
import sys

import design

SIZES = [8, 16, 32]


def lint(package, files):
    """Verilator's exit code and all that it said."""
    waivers = design.REPOSITORY / "hw" / "lint" / "verilator.vlt"
    command = ["verilator", "--lint-only", "-Wall", "-Wno-fatal", "--top-module", design.TOP, waivers, package, *files]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def unknown_commands(package):
    """Opcodes of the package for which npu_dispatch has no line: it would call such a command illegal."""
    dispatcher = (design.RTL / "npu_dispatch.sv").read_text()
    opcodes = re.findall(r"\b(\w+_OP) = ", package.read_text())
    return [opcode for opcode in opcodes if not re.search(rf"\b{opcode}:", dispatcher)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    design.add_arguments(parser)
    parser.add_argument("--size", type=int, action="append", help=f"of the array (without any: {SIZES})")
    arguments = parser.parse_args()
    clean = True
    try:
        files = design.source_files()
        for size in arguments.size or SIZES:
            package = design.package(arguments, size)
            exit_code, said = lint(package, files)
            for opcode in unknown_commands(package):
                said += f"%Error: hw/rtl/npu_dispatch.sv: no line for {opcode} of {package}\n"
            warnings = said.count("%Warning") + said.count("%Error")
            print(f"DIM {size}: " + ("clean" if exit_code == 0 and not said.strip() else f"{warnings} messages"))
            if exit_code != 0 or said.strip():
                clean = False
                print(said)
    except design.DesignError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: verilator: {error.strerror}; scripts/packages.txt names it")
    sys.exit(0 if clean else 1)


if __name__ == "__main__":
    main()
