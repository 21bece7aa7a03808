#!/usr/bin/env python3
"""Assembles PTX for levels of the architecture, and says what came out, kernel by kernel: registers, spills, shared
memory, and how often each machine instruction stands in it.

`assemble.py model.ptx --level sm_80 --level sm_90 --no-spills --contains IMMA` prints a table. Exit codes: 0 done;
1 a kernel spills, or no kernel has an instruction that was asked for; 3 ptxas refuses the text; 6 no tools.
"""

import argparse
import collections
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import device_tools

SECONDS = 300
LEVELS = ("sm_80", "sm_90")
# "/*0110*/   @!P0 IMMA.16816.S8.S8 R8, ...": an address, perhaps a predicate, and the mnemonic.
INSTRUCTION = re.compile(r"\s*/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9_]*)")
MATRIX = ("IMMA", "HMMA", "DMMA", "QMMA")


class Refused(Exception):
    """What ptxas says to a text that it does not take."""


@dataclasses.dataclass
class Kernel:
    """What one kernel became on one level."""

    name: str
    level: str
    registers: int = 0
    stack_bytes: int = 0
    spill_store_bytes: int = 0
    spill_load_bytes: int = 0
    shared_bytes: int = 0
    instructions: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # by mnemonic, "IMMA"

    @property
    def spills(self):
        return self.spill_store_bytes > 0 or self.spill_load_bytes > 0


def run(command):
    try:
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False,
                              timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Refused(f"{pathlib.Path(command[0]).name} has not ended after {SECONDS} s") from error


def parse_report(text, level):
    """{kernel: Kernel} from `ptxas -v`."""
    kernels, current = {}, None
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '([^']+)'", line):
            current = kernels.setdefault(match[1], Kernel(match[1], level))
        elif current is None:
            continue
        elif match := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", line):
            current.stack_bytes, current.spill_store_bytes, current.spill_load_bytes = map(int, match.groups())
        elif match := re.search(r"Used (\d+) registers", line):
            current.registers = int(match[1])
            shared = re.search(r"(\d+) bytes smem", line)
            current.shared_bytes = int(shared[1]) if shared else 0
    return kernels


def count_instructions(text, kernels):
    """Adds the machine instructions of a disassembly to the kernels."""
    current = None
    for line in text.splitlines():
        if match := re.match(r"\.text\.([^:\s]+):", line.strip()):
            current = kernels.get(match[1])
        elif line.strip().startswith(".section"):
            current = None
        elif current is not None and (match := INSTRUCTION.match(line)):
            current.instructions[match[1]] += 1


def assemble(text, level, source=None):
    """The kernels of a PTX text on a level, in the order of the text. Refused, or device_tools.ToolError."""
    ptxas, nvdisasm = device_tools.find("ptxas", source), device_tools.find("nvdisasm", source)
    with tempfile.TemporaryDirectory() as folder:
        module, binary = pathlib.Path(folder) / "module.ptx", pathlib.Path(folder) / "module.cubin"
        module.write_text(text)
        done = run([ptxas, f"-arch={level}", "-v", module, "-o", binary])
        said = done.stdout + done.stderr
        if done.returncode != 0:
            raise Refused(f"ptxas refuses the text for {level}:\n{said.replace(str(module), 'module.ptx').strip()}")
        kernels = parse_report(said, level)
        names = re.findall(r"^\s*(?:\.visible\s+)?\.entry\s+([\w$.]+)", text, re.MULTILINE)
        if missing := [name for name in names if name not in kernels]:
            raise Refused(f"ptxas does not report {', '.join(missing)} for {level}:\n{said.strip()}")
        done = run([nvdisasm, "-c", binary])
        if done.returncode != 0:
            raise Refused(f"nvdisasm refuses what ptxas made for {level}:\n{(done.stdout + done.stderr).strip()}")
        count_instructions(done.stdout, kernels)
    return [kernels[name] for name in names]


def problems(kernels, no_spills, contains):
    """What was asked for and is not so, a line each."""
    wrong = [f"{kernel.name} on {kernel.level} spills: {kernel.spill_store_bytes} bytes stored, "
             f"{kernel.spill_load_bytes} loaded" for kernel in kernels if no_spills and kernel.spills]
    for level in dict.fromkeys(kernel.level for kernel in kernels):
        for mnemonic in contains:
            if not any(kernel.instructions[mnemonic] for kernel in kernels if kernel.level == level):
                wrong.append(f"no kernel has {mnemonic} on {level}")
    return wrong


def table(kernels):
    lines = [f"{'kernel':<48} {'level':<7} {'registers':>9} {'spills':>7} {'shared':>7}  matrix instructions"]
    for kernel in kernels:
        matrix = ", ".join(f"{kernel.instructions[name]} {name}" for name in MATRIX if kernel.instructions[name])
        spilled = kernel.spill_store_bytes + kernel.spill_load_bytes
        lines.append(f"{kernel.name:<48} {kernel.level:<7} {kernel.registers:>9} {spilled:>7} "
                     f"{kernel.shared_bytes:>7}  {matrix or '-'}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=pathlib.Path, metavar="FILE.ptx")
    parser.add_argument("--level", action="append", help=f"an architecture level, repeatable ({', '.join(LEVELS)})")
    parser.add_argument("--no-spills", action="store_true", help="a kernel that spills is a failure")
    parser.add_argument("--contains", action="append", default=[], metavar="MNEMONIC",
                        help="some kernel must have it on each level (IMMA, HMMA, ...), repeatable")
    parser.add_argument("--json", metavar="FILE", help="writes the kernels there; - is standard output, and no table")
    device_tools.add_argument(parser)
    arguments = parser.parse_args()
    try:
        kernels = [kernel for file in arguments.files for level in arguments.level or LEVELS
                   for kernel in assemble(file.read_text(), level, arguments.tools)]
    except (OSError, Refused) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(3)
    except device_tools.ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(6)
    if arguments.json:
        text = json.dumps([dataclasses.asdict(kernel) for kernel in kernels], indent=1)
        print(text) if arguments.json == "-" else pathlib.Path(arguments.json).write_text(text + "\n")
    if arguments.json != "-":
        print(table(kernels))
    wrong = problems(kernels, arguments.no_spills, arguments.contains)
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
