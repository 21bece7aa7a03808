#!/usr/bin/env python3
"""Runs the models of paper.json on the Verilated RTL and prints, layer by layer, the paper design's budget, what the
description declares and what was measured, as Markdown. --write puts the tables into the guide that has them.

    TENON_MODELS=FOLDER bench/npu/cycles.py
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY / "scripts"))

import models  # noqa: E402 (of scripts/)

PAPER = pathlib.Path(__file__).resolve().with_name("paper.json")
GUIDE = REPOSITORY / "docs" / "guides" / "run-on-the-npu.md"
BEGIN, END = "<!-- cycles: made by bench/npu/cycles.py --write -->", "<!-- end of cycles -->"
STALLS_SHOWN = 3


class CyclesError(Exception):
    """What a person has to repair."""


def run(tenon, model, engine):
    """tenon's report of the model on the target."""
    folder = models.models_folder()
    if folder is None:
        raise CyclesError("no real models: set TENON_MODELS to the folder that has them")
    found = [path for path in sorted(folder.glob("*.tflite")) if f"_{model}_" in f"_{path.stem}_"]
    if len(found) != 1:
        raise CyclesError(f"{folder} holds {len(found)} models called {model}, 1 is needed")
    done = subprocess.run([tenon, "run", found[0], "--target", "npu-sim", "--engine", engine, "--json", "-", "--quiet"],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CyclesError(f"{model}: tenon ended with {done.returncode}:\n{done.stderr.strip()}")
    report = json.loads(done.stdout)
    if report["cycles"] is None:
        raise CyclesError(f"the engine {engine} counts no cycles")
    return report


def nodes_of(layer):
    return {int(re.search(r"#(\d+)", node).group(1)) for node in layer["nodes"] if "#" in node}


def gathered(entry, report):
    """[(layer of the paper, rows of the report)], each row of the device's in one of them; then what is of no layer."""
    groups, left = [], [row for row in report["layers"] if row["cycles"] is not None]
    for layer in entry["layers"]:
        own = [row for row in left if row["nodes"] and nodes_of(row) <= set(layer["nodes"])]
        left = [row for row in left if row not in own]
        if own or layer["paper"] is not None:  # the paper has no budget for what a plan may leave to the host
            groups.append((layer, own))
    lost = [row["name"] for row in left if row["nodes"]]
    if lost:
        raise CyclesError(f"{entry['model']}: paper.json has no layer for {', '.join(lost)}")
    for row in left:
        groups.append(({"layer": row["name"], "bound": None, "paper": entry["outside"].get(row["name"])}, [row]))
    return groups


def number(value):
    return "" if value is None else f"{value:,.0f}"


def ratio(value, of):
    return f"{value / of:.3f}" if of else ""


def stalls_of(rows):
    """{cause: cycles} of the layers among them."""
    sums = {}
    for row in rows:
        for cause, cycles in row["stalls"].items() if row["nodes"] else ():
            sums[cause] = sums.get(cause, 0) + cycles
    return sums


def stalls_text(rows):
    """What is missing: the causes that cost most."""
    largest = sorted(stalls_of(rows).items(), key=lambda item: -item[1])[:STALLS_SHOWN]
    return ", ".join(f"{cycles:,} {cause}" for cause, cycles in largest)


def declared(rows):
    known = [row["declared_cycles"] for row in rows if row["declared_cycles"] is not None]
    return sum(known) if known else None


def entry_json(entry, report):
    """The table of a model for scripts."""
    layers = [{"layer": layer["layer"], "bound_cycles": layer["bound"], "paper_cycles": layer["paper"],
               "declared_cycles": declared(rows), "cycles": sum(row["cycles"] for row in rows),
               "stalls": stalls_of(rows)} for layer, rows in gathered(entry, report)]
    return {"model": entry["model"], "total": {**entry["total"], "declared": declared(report["layers"]),
                                               "cycles": report["cycles"]}, "layers": layers}


def markdown_row(*cells):
    return "| " + " | ".join(cells) + " |"


def table(entry, report):
    lines = [f"### {entry['title']}", "",
             markdown_row("layer", "bound", "paper", "declared", "measured", "of bound", "largest stalls"),
             "|---|---:|---:|---:|---:|---:|---|"]
    for layer, rows in gathered(entry, report):
        cycles = sum(row["cycles"] for row in rows)
        lines.append(markdown_row(layer["layer"], number(layer["bound"]), number(layer["paper"]),
                                  number(declared(rows)), number(cycles), ratio(cycles, layer["bound"]), stalls_text(rows)))
    total, cycles, everything = entry["total"], report["cycles"], declared(report["layers"])
    lines.append(markdown_row("**all**", number(total["bound"]), number(total["paper"]), number(everything),
                              number(cycles), ratio(cycles, total["bound"]), ""))
    outside = sum(row["cycles"] for row in report["layers"] if not row["nodes"])
    error = 100 * (everything - cycles) / cycles
    goal = f"; the goal is {number(total['goal'])}." if total["goal"] else "."
    lines += ["", f"{100 * outside / cycles:.2f} % of no layer; declared {error:+.1f} % against the measured{goal}", ""]
    return "\n".join(lines)


def with_tables(text, tables):
    """The page with the tables in their place."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise CyclesError(f"{GUIDE.name} has no line '{BEGIN}' or none '{END}' after it")
    return f"{before}{BEGIN}\n{tables}\n{END}{after}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenon", type=pathlib.Path, default=REPOSITORY / "build" / "bin" / "tenon")
    parser.add_argument("--engine", default="rtl")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="the same for scripts (tenon.cycles/1)")
    parser.add_argument("--write", action="store_true", help=f"into {GUIDE.relative_to(REPOSITORY)}")
    arguments = parser.parse_args()
    try:
        found = [(entry, run(arguments.tenon, entry["model"], arguments.engine))
                 for entry in json.loads(PAPER.read_text())["models"]]
        tables = "\n".join(table(entry, report) for entry, report in found)
        print(tables, end="")
        if arguments.json:
            result = {"schema": "tenon.cycles/1", "models": [entry_json(entry, report) for entry, report in found]}
            arguments.json.write_text(json.dumps(result, indent=2) + "\n")
        if arguments.write:
            GUIDE.write_text(with_tables(GUIDE.read_text(), tables))
    except (CyclesError, OSError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
