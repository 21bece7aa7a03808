#!/usr/bin/env python3
"""Merges the JUnit XML files of a run of ./check into one verdict, whose last line has a fixed form.

    summary.py FOLDER      # FOLDER/SLICE/RUNNER.xml
"""

import collections
import dataclasses
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
REASON_LINES = 12
ERROR_LINES = 4


@dataclasses.dataclass
class Case:
    """One test. `reason` says why it failed or was skipped; `marks` are the property names that its runner wrote."""

    slice: str
    name: str
    outcome: str
    reason: str = ""
    seconds: float = 0.0
    marks: tuple = ()


def case_of(element, slice_name):
    """Reads what GoogleTest, lit and pytest write: each has its own way to say skipped."""
    name = ".".join(filter(None, (element.get("classname"), element.get("name"))))
    seconds = float(element.get("time") or 0)
    marks = tuple(entry.get("name") for entry in element.iter("property"))
    for tag, outcome in (("failure", FAILED), ("error", FAILED), ("skipped", SKIPPED)):
        found = element.find(tag)
        if found is not None:
            return Case(slice_name, name, outcome, reason_of(found, outcome), seconds, marks)
    if element.get("status") == "notrun":
        return Case(slice_name, name, SKIPPED, "disabled in its source", seconds, marks)
    return Case(slice_name, name, PASSED, "", seconds, marks)


def reason_of(element, outcome):
    """The message's first line, then the text: pytest's message is a line of its text, GoogleTest's is all of it."""
    message, text = ((part or "").strip() for part in (element.get("message"), element.text))
    if outcome == SKIPPED:
        return message or text or "no reason given"
    headline = message.partition("\n")[0]
    return text if text.startswith(headline) and text else f"{headline}\n{text}".strip() or "no reason given"


def read_cases(path, slice_name):
    """The cases of one file. A file that is no JUnit XML is a failed case, as its runner died while it wrote."""
    try:
        root = ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, OSError) as error:
        return [Case(slice_name, path.stem, FAILED, f"its runner left no readable results: {error}")]
    return [case_of(element, slice_name) for element in root.iter("testcase")]


def write_cases(path, cases):
    """Writes cases as JUnit XML: how ./check puts down its own steps, and the merged file."""
    root = ElementTree.Element("testsuites")
    slices = collections.defaultdict(list)
    for case in cases:
        slices[case.slice].append(case)
    for slice_name, own in slices.items():
        suite = ElementTree.SubElement(
            root, "testsuite", name=slice_name, tests=str(len(own)), failures=str(count(own, FAILED)),
            skipped=str(count(own, SKIPPED)))
        for case in own:
            element = ElementTree.SubElement(suite, "testcase", name=printable(case.name), time=f"{case.seconds:.3f}")
            if case.outcome != PASSED:
                tag = "failure" if case.outcome == FAILED else "skipped"
                detail = ElementTree.SubElement(element, tag, message=printable(case.reason.partition("\n")[0]))
                detail.text = printable(case.reason)
            if case.marks:
                properties = ElementTree.SubElement(element, "properties")
                for mark in case.marks:
                    ElementTree.SubElement(properties, "property", name=mark, value="yes")
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def printable(text):
    """Without the control characters that XML cannot hold."""
    return "".join(character for character in text if character in "\t\n" or ord(character) >= 32)


def judge_runner(cases, slice_name, runner, exit_code, tail):
    """A runner that ends with an error but wrote no failure is itself a failure, and so is one that wrote nothing."""
    if exit_code != 0 and count(cases, FAILED) == 0:
        reason = f"ended with exit code {exit_code} and wrote no failed test\n{tail}"
        return cases + [Case(slice_name, runner, FAILED, reason)]
    if not cases:
        return [Case(slice_name, runner, FAILED, "found no test to run")]
    return cases


def count(cases, outcome):
    return sum(case.outcome == outcome for case in cases)


def shortened(lines):
    """The end of a long text, and before it the lines that name an error: FileCheck's stand far above its end."""
    end = lines[-REASON_LINES:]
    return [line for line in lines[:-REASON_LINES] if "error:" in line][:ERROR_LINES] + end


def listed(cases, outcome):
    """The cases of one outcome with their reasons, indented."""
    lines = []
    for case in (case for case in cases if case.outcome == outcome):
        reason = case.reason.splitlines() or [""]
        lines.append(f"  {case.slice}: {case.name}: {reason[0]}")
        if outcome == FAILED:
            lines += [f"    | {line}" for line in shortened(reason[1:])]
    return lines


def report(cases):
    """The lines that end ./check."""
    lines = ["", f"{'slice':<12}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}"]
    for name in dict.fromkeys(case.slice for case in cases):
        own = [case for case in cases if case.slice == name]
        seconds = sum(case.seconds for case in own)
        lines.append(f"{name:<12}{count(own, PASSED):>8}{count(own, FAILED):>8}{count(own, SKIPPED):>9}{seconds:>9.1f}")
    for outcome in (SKIPPED, FAILED):
        if count(cases, outcome):
            lines += ["", f"{outcome}:"] + listed(cases, outcome)
    passed, failed, skipped = (count(cases, outcome) for outcome in (PASSED, FAILED, SKIPPED))
    return lines + ["", f"{passed} passed, {failed} failed, {skipped} skipped"]


def read_folder(folder):
    cases = []
    for path in sorted(folder.glob("*/*.xml")):
        cases += read_cases(path, path.parent.name)
    return cases


def verdict(cases):
    """The exit code: nothing failed, and there was something to pass."""
    return 0 if cases and count(cases, FAILED) == 0 else 1


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    cases = read_folder(pathlib.Path(sys.argv[1]))
    print("\n".join(report(cases)))
    return verdict(cases)


if __name__ == "__main__":
    sys.exit(main())
