"""Runs the tests of one kind each: GoogleTest programs, libFuzzer programs, lit, pytest. All give summary.Case lists."""

import concurrent.futures
import json
import os
import pathlib
import subprocess

import steps
import summary

LIT = "/usr/lib/llvm-19/build/utils/lit/lit.py"
FUZZ_SECONDS = 20
SANITIZER_OPTIONS = {
    # Debian's libLLVM is built without AddressSanitizer: its allocators poison memory that it then hands out itself.
    "ASAN_OPTIONS": "allow_user_poisoning=0:detect_leaks=1:strict_string_checks=1:check_initialization_order=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def in_parallel(name, work, items):
    """Maps over the items on all cores, showing how many are done."""
    progress, results = steps.Progress(), {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {pool.submit(work, item): item for item in items}
        for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
            results[futures[future]] = future.result()
            progress.show(f"{name}: [{done}/{len(futures)}] {getattr(futures[future], 'name', futures[future])}")
    progress.clear()
    return [results[item] for item in items]


def registered_programs(build, folder):
    """What the build registered with CTest in BUILD/tests/FOLDER: a program that an older build left is not run."""
    listing = subprocess.run(
        ["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True, check=True).stdout
    programs = [pathlib.Path(test["command"][0]) for test in json.loads(listing)["tests"] if test.get("command")]
    return sorted(program for program in programs if program.parent == build / "tests" / folder)


def unit_tests(slice_name, build, results, environment=None, folder="unit"):
    """Every GoogleTest program of this folder of a build's tests."""

    def work(program):
        path = results / f"unit.{program.name}.xml"
        outcome = steps.run(f"{slice_name} unit {program.name}", [program, f"--gtest_output=xml:{path}"],
                            environment=environment, quiet=True, limit_seconds=900)
        cases = summary.read_cases(path, slice_name) if path.exists() else []
        return summary.judge_runner(cases, slice_name, f"unit test {program.name}", outcome.exit_code, outcome.tail)

    return merged(in_parallel("unit tests", work, registered_programs(build, folder)))


def seeds_of(program):
    """tests/fuzz/NAME.seeds lists, a pattern a line, the files that the fuzzer starts from."""
    listing = steps.REPOSITORY / "tests/fuzz" / f"{program.name}.seeds"
    if not listing.exists():
        return []
    seeds = []
    for pattern in listing.read_text().split():
        root = pathlib.Path("/") if pattern.startswith("/") else steps.REPOSITORY
        found = sorted(root.glob(pattern.lstrip("/")))
        if not found:
            raise ValueError(f"{listing.name}: {pattern} matches no file")
        seeds += found
    return seeds


def fuzzers(slice_name, build):
    """Every libFuzzer program, for a bounded time."""

    def work(program):
        findings = build / "fuzz-findings" / program.name
        findings.mkdir(parents=True, exist_ok=True)
        command = [program, f"-max_total_time={FUZZ_SECONDS}", "-seed=1", "-timeout=10", "-rss_limit_mb=4096",
                   "-print_final_stats=1", f"-artifact_prefix={findings}/"]
        name = f"fuzz {program.name}"
        try:
            seeds = seeds_of(program)
        except ValueError as error:
            return [summary.Case(slice_name, name, summary.FAILED, str(error))]
        if seeds:
            command.append("-seed_inputs=" + ",".join(map(str, seeds)))
        outcome = steps.run(f"{slice_name} {name}", command, environment=SANITIZER_OPTIONS, quiet=True,
                            limit_seconds=FUZZ_SECONDS * 10)
        if outcome.ok:
            return [summary.Case(slice_name, name, summary.PASSED, "", outcome.seconds)]
        reason = f"exit code {outcome.exit_code}; the input that did it is in {steps.shown_path(findings)}"
        return [summary.Case(slice_name, name, summary.FAILED, f"{reason}\n{outcome.tail}", outcome.seconds)]

    programs = registered_programs(build, "fuzz")
    if not programs and any((steps.REPOSITORY / "tests/fuzz").glob("*.cpp")):
        return [summary.Case(slice_name, "fuzz", summary.FAILED, "tests/fuzz has sources and the build no fuzzer")]
    return merged(in_parallel("fuzzers", work, programs))


def lit_tests(slice_name, build, folders, results):
    """The .mlir files of these folders of tests/."""
    tests = steps.REPOSITORY / "tests"
    folders = [folder for folder in folders if any((tests / folder).rglob("*.mlir"))]
    if not folders:
        return []
    path = results / "lit.xml"
    outcome = steps.run(
        f"{slice_name} lit",
        ["/usr/bin/python3", LIT, "-v", f"--workers={os.cpu_count()}", f"--xunit-xml-output={path}"]
        + [build / "tests" / folder for folder in folders])
    cases = summary.read_cases(path, slice_name) if path.exists() else []
    return summary.judge_runner(cases, slice_name, "lit", outcome.exit_code, outcome.tail)


def script_tests(slice_name, folders, results, fast, limit_seconds=2400):
    """The test_*.py files of these folders: of tests/, or wherever a path of the repository leads."""
    tests = steps.REPOSITORY / "tests"
    folders = [tests / folder for folder in folders if any((tests / folder).rglob("test_*.py"))]
    if not folders:
        return []
    path = results / "pytest.xml"
    outcome = steps.run(
        f"{slice_name} scripts",
        ["/usr/bin/python3", "-m", "pytest", "-v", "--tb=short", "--durations=5", "-p", "no:cacheprovider", f"--junitxml={path}"]
        + (["--fast"] if fast else []) + folders, limit_seconds=limit_seconds)
    cases = summary.read_cases(path, slice_name) if path.exists() else []
    return summary.judge_runner(cases, slice_name, "pytest", outcome.exit_code, outcome.tail)


def merged(lists):
    return [case for cases in lists for case in cases]
