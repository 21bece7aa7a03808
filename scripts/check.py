#!/usr/bin/env python3
"""The part of ./check after the packages are there: runs the slices that were asked for and sums them up."""

import argparse
import dataclasses
import os
import shutil
import sys
import time

import hardware
import models
import runners
import sources
import steps
import summary

TESTS = steps.REPOSITORY / "tests"
BUILD = steps.REPOSITORY / "build"
BUILD_SANITIZE = steps.REPOSITORY / "build-sanitize"
RESULTS = BUILD / "results"
GOLDEN_MINIMUM = TESTS / "golden_minimum.txt"


@dataclasses.dataclass
class Options:
    """`strict` is set by CI=true: there, what a person's machine may lack has to be there."""

    fast: bool
    strict: bool


NATIVE_FOLDERS = ["codegen", "native"]  # of tests/: their scripts and lit tests are the slice native's


def core_folders():
    """The folders of tests/ that mirror core/."""
    mirrors = [path.name for path in sorted(TESTS.iterdir()) if (steps.REPOSITORY / "core" / path.name).is_dir()]
    return [name for name in mirrors if name not in NATIVE_FOLDERS]


def folders_of_slices():
    """Every folder of tests/ whose lit tests and scripts some slice runs."""
    return core_folders() + NATIVE_FOLDERS + ["models", "docs", "house", "sim"]


def results_of(slice_name):
    folder = RESULTS / slice_name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def check_core(options):
    results = results_of("core")
    return (runners.unit_tests("core", BUILD, results) + runners.lit_tests("core", BUILD, core_folders(), results)
            + runners.script_tests("core", core_folders(), results, options.fast))


def check_models(options):
    results = results_of("models")
    return (data_is_there(options) + runners.lit_tests("models", BUILD, ["models"], results)
            + enough_golden(options, runners.script_tests("models", ["models"], results, options.fast)))


def data_is_there(options):
    """Golden tests skip themselves where there is no data; CI must not lose them that way."""
    try:
        found = models.models_folder() and models.golden_folder()
        reason = "no models or no golden outputs: neither $TENON_MODELS nor ../shared/data has them"
    except ValueError as error:
        return [summary.Case("models", "real models", summary.FAILED, str(error))]
    if options.strict and not found:
        return [summary.Case("models", "real models", summary.FAILED, f"CI=true, and {reason}")]
    return []


def golden_minimum():
    lines = [line.partition("#")[0].strip() for line in GOLDEN_MINIMUM.read_text().splitlines()]
    return int("".join(lines))


def enough_golden(options, cases):
    """Golden tests that vanish would not be missed otherwise."""
    if not options.strict:
        return cases
    passed = sum(case.outcome == summary.PASSED and "golden" in case.marks for case in cases)
    if passed >= golden_minimum():
        return cases
    reason = f"{passed} golden tests passed, tests/golden_minimum.txt wants {golden_minimum()} or more"
    return cases + [summary.Case("models", "number of golden tests", summary.FAILED, reason)]


def check_docs(options):
    return runners.script_tests("docs", ["docs"], results_of("docs"), options.fast)


def check_house(options):
    return sources.check_format("house") + runners.script_tests("house", ["house"], results_of("house"), options.fast)


def check_hw(options):
    results = results_of("hw")
    return (hardware.lint("hw") + hardware.second_front_end("hw", options.strict)
            + hardware.benches("hw", BUILD, results))


def target_tests(native):
    """The folders of tests that targets have: of those whose instructions are native code, or of the others."""
    folders = sorted(path for path in (steps.REPOSITORY / "targets").glob("*/tests") if path.is_dir())
    return [path for path in folders if has_variants(path.parent) == native]


def has_variants(target):
    """Native code has a description for each variant of a processor; a chip has one."""
    description = target / "target.yaml"
    lines = description.read_text().splitlines() if description.is_file() else []
    return any(line.startswith("variants:") for line in lines)


def check_native(options):
    results = results_of("native")
    return (runners.lit_tests("native", BUILD, NATIVE_FOLDERS, results)
            + runners.script_tests("native", [*NATIVE_FOLDERS, *target_tests(native=True)], results, options.fast))


def check_sim(options):
    results = results_of("sim")
    return (runners.unit_tests("sim", BUILD, results, folder="unit-sim")
            + runners.script_tests("sim", ["sim", *target_tests(native=False)], results, options.fast))


def check_sanitize(options):
    failed = build("sanitize", "sanitize")
    if failed:
        return failed
    results = results_of("sanitize")
    return (runners.unit_tests("sanitize", BUILD_SANITIZE, results, runners.SANITIZER_OPTIONS)
            + runners.fuzzers("sanitize", BUILD_SANITIZE))


def check_tidy(options):
    """A fuzzer is compiled by the sanitize build alone."""
    failed = build("tidy", "sanitize") if any((TESTS / "fuzz").glob("*.cpp")) else []
    return failed or sources.check_tidy("tidy", [BUILD, BUILD_SANITIZE])


def build(slice_name, preset):
    """Configures and builds; a failure is a failed case of the slice."""
    for outcome in steps.configure_and_build(preset):
        if not outcome.ok:
            reason = f"{steps.advice_for(outcome)}; see {steps.shown_path(outcome.log)}\n{outcome.tail}"
            return [summary.Case(slice_name, outcome.name, summary.FAILED, reason, outcome.seconds)]
    return []


# In the order in which they run: what fails soonest first.
SLICES = {
    "core": (check_core, "unit tests, lit tests and scripts of tests/, folder by folder as in core/"),
    "models": (check_models, "whole models: tests/models, with the golden outputs of real ones"),
    "native": (check_native, "native code: models, operators, random graphs on what this host runs or emulates"),
    "docs": (check_docs, "every command of the README and the guides is run and prints what its page shows"),
    "house": (check_house, "clang-format, and tests/house: layers, packages, these scripts"),
    "hw": (check_hw, "the RTL: lint, a second front end, a bench for each module, coverage"),
    "sim": (check_sim, "the simulators of tests/sim, and whole models on them: tests of targets"),
    "sanitize": (check_sanitize, "the unit tests and the fuzzers under AddressSanitizer and UndefinedBehaviorSanitizer"),
    "tidy": (check_tidy, "clang-tidy on the changed files"),
}
LEFT_OUT_BY_FAST = ("sanitize", "tidy")


def parse(arguments):
    slices = "\n".join(f"  {name:<10}{text}" for name, (_, text) in SLICES.items())
    parser = argparse.ArgumentParser(
        prog="./check", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Installs what is missing, builds, and runs every test, or those of some slices.",
        epilog=f"slices:\n{slices}\n\nTENON_MODELS=FOLDER names where the real models are (else ../shared/data).\n"
        "CI=true fails where the real models are absent or golden tests are missing.\n"
        "Logs are in build/logs, results as JUnit XML in build/results. Exit code: 0 if nothing failed, else 1.")
    parser.add_argument("slices", nargs="*", metavar="slice", help="which slices to run; none: all of them")
    parser.add_argument(
        "--fast", action="store_true",
        help=f"leave out {' and '.join(LEFT_OUT_BY_FAST)}, and skip the tests marked slow")
    options = parser.parse_args(arguments)
    for name in options.slices:
        if name not in SLICES:
            parser.error(f"no slice is called {name}; there are: {', '.join(SLICES)}")
    return options


def chosen_slices(options):
    chosen = [name for name in SLICES if name in options.slices or not options.slices]
    left_out = [name for name in chosen if options.fast and name in LEFT_OUT_BY_FAST and not options.slices]
    return [name for name in chosen if name not in left_out], left_out


def run_slices(names, options):
    cases = build("build", "default") if names != ["sanitize"] else []
    for name in names:
        if cases and cases[0].slice == "build":
            cases.append(summary.Case(name, name, summary.SKIPPED, "not run: the build failed"))
            continue
        started = time.monotonic()
        own = SLICES[name][0](options) or [summary.Case(name, name, summary.FAILED, "found no test to run")]
        passed, failed, skipped = (
            summary.count(own, outcome) for outcome in (summary.PASSED, summary.FAILED, summary.SKIPPED))
        print(f"slice {name}: {passed} passed, {failed} failed, {skipped} skipped in {time.monotonic() - started:.1f} s",
              flush=True)
        cases += own
    return cases


def main(arguments):
    parsed = parse(arguments)
    names, left_out = chosen_slices(parsed)
    options = Options(fast=parsed.fast, strict=os.environ.get("CI") == "true")
    started = time.monotonic()
    shutil.rmtree(RESULTS, ignore_errors=True)  # an older run's results must not count
    cases = run_slices(names, options)
    summary.write_cases(RESULTS / "junit.xml", cases)
    lines = summary.report(cases)
    notes = [f"left out by --fast: {', '.join(left_out)}"] if left_out else []
    notes.append(f"took {time.monotonic() - started:.0f} s; results: build/results/junit.xml, logs: build/logs")
    print("\n".join(lines[:-1] + notes + lines[-1:]))
    return summary.verdict(cases)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\ninterrupted")
        sys.exit(130)
