"""The checks of the RTL: its lint, a second front end, the benches of its modules, and how much of it they reach."""

import collections
import hashlib
import re
import shutil

import runners
import steps
import summary

LINT = steps.REPOSITORY / "hw" / "lint"
REQUIREMENTS = LINT / "requirements.txt"
RTL = steps.REPOSITORY / "hw" / "rtl"
ENVIRONMENT = steps.REPOSITORY / "build" / "venv"


def case_of(slice_name, name, outcome):
    if outcome.ok:
        return summary.Case(slice_name, name, summary.PASSED, "", outcome.seconds)
    reason = f"exit code {outcome.exit_code}; see {steps.shown_path(outcome.log)}\n{outcome.tail}"
    return summary.Case(slice_name, name, summary.FAILED, reason, outcome.seconds)


def lint(slice_name):
    """Verilator's warnings, for every size of the array."""
    name = "lint with verilator"
    return [case_of(slice_name, name, steps.run(f"{slice_name} {name}",
                                                ["/usr/bin/python3", LINT / "verilator_lint.py"], limit_seconds=900))]


def python_environment():
    """(Python with the packages of requirements.txt, None), or (None, the step that failed). Made once for a list."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp, python = ENVIRONMENT / "requirements.sha256", ENVIRONMENT / "bin" / "python"
    if stamp.is_file() and stamp.read_text() == wanted:
        return python, None
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    for name, command in (
            ("hw environment", ["/usr/bin/python3", "-m", "venv", ENVIRONMENT]),
            ("hw packages", [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r",
                             REQUIREMENTS])):
        outcome = steps.run(name, command, limit_seconds=600)
        if not outcome.ok:
            return None, outcome
    stamp.write_text(wanted)
    return python, None


def second_front_end(slice_name, strict):
    """Yosys reads the design too: what only one tool accepts is not SystemVerilog that a team can synthesise."""
    name = "lint with yosys"
    python, failed = python_environment()
    if failed and not strict:
        return [summary.Case(slice_name, name, summary.SKIPPED,
                             f"its packages cannot be installed here; see {steps.shown_path(failed.log)}")]
    if failed:
        return [case_of(slice_name, name, failed)]
    outcome = steps.run(f"{slice_name} {name}", [python, LINT / "yosys_cells.py"], limit_seconds=1800)
    return [case_of(slice_name, name, outcome)]


def benches(slice_name, build, results):
    """The module benches; prints the coverage of the RTL that they reach together."""
    folder = build / "coverage" / "benches"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    cases = runners.unit_tests(slice_name, build, results, {"TENON_COVERAGE_FOLDER": str(folder)}, "unit-hw")
    found = sorted(folder.glob("*.dat"))
    if found:
        text = coverage_table(merged_points(found))
        (build / "coverage" / "benches.txt").write_text(text)
        print(text, end="")
    elif cases:
        cases.append(summary.Case(slice_name, "coverage of the RTL", summary.FAILED,
                                  "the benches ran and wrote no coverage: is the build's TENON_RTL_COVERAGE off?"))
    return cases


POINT = re.compile(r"^C '(.*)' (\d+)$")


def points_of(text):
    """[(kind, file, where, count)] of what Verilator's coverage file has; `where` names the point in its file."""
    found = []
    for line in text.splitlines():
        match = POINT.match(line)
        if not match:
            continue
        fields = dict(part.split("\x02", 1) for part in match.group(1).split("\x01") if "\x02" in part)
        kind = fields.get("page", "").split("/")[0]
        where = (fields.get("l"), fields.get("n"), fields.get("o"))
        found.append((kind, fields.get("f", "").rsplit("/", 1)[-1], where, int(match.group(2))))
    return found


def merged_points(paths):
    """{(kind, file): {where: count}} of all files together: a point is reached where it is in any size of the chip."""
    merged = collections.defaultdict(collections.Counter)
    for path in paths:
        for kind, file, where, count in points_of(path.read_text(errors="replace")):
            merged[kind, file][where] += count
    return merged


KINDS = {"v_line": "lines", "v_toggle": "toggles"}


def coverage_table(merged):
    """For each file of the RTL the points of each kind that were reached, and the sums."""
    files = sorted({file for kind, file in merged if kind in KINDS and (RTL / file).is_file()})
    unreached = sorted(path.name for path in RTL.glob("*.sv")
                       if path.name not in files and not path.stem.endswith("_pkg"))
    lines = [f"{'coverage of hw/rtl':<28}" + "".join(f"{text:>24}" for text in KINDS.values())]
    totals = {kind: [0, 0] for kind in KINDS}
    for file in files:
        row = f"{file:<28}"
        for kind in KINDS:
            points = merged.get((kind, file), {})
            reached = sum(count > 0 for count in points.values())
            totals[kind][0] += reached
            totals[kind][1] += len(points)
            row += f"{share(reached, len(points)):>24}"
        lines.append(row)
    lines.append(f"{'all':<28}" + "".join(f"{share(*totals[kind]):>24}" for kind in KINDS))
    if unreached:
        lines.append("not counted: " + ", ".join(unreached))
    return "\n".join(lines) + "\n"


def share(reached, points):
    return f"{reached:,} of {points:,} {100 * reached / points:5.1f} %" if points else "-"
