"""Checks of our C++ source text: clang-format on all of it, clang-tidy on what changed."""

import json
import pathlib
import re
import subprocess
import time

import ninja
import runners
import steps
import summary

SOURCES = (".cpp", ".c", ".h", ".def")


def git(*arguments, may_fail=False):
    """The lines that git prints; none where it fails and may."""
    result = subprocess.run(["git", *arguments], cwd=steps.REPOSITORY, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return result.stdout.splitlines()
    if may_fail:
        return []
    raise RuntimeError(f"git {' '.join(arguments)}: {result.stderr.strip()}")


def our_files():
    """Committed and new, without what git ignores."""
    listed = git("ls-files", "--cached", "--others", "--exclude-standard")
    return [path for path in (steps.REPOSITORY / name for name in sorted(set(listed))) if path.is_file()]


def check_format(slice_name):
    """One case: every file is as clang-format writes it."""
    files, started = [path for path in our_files() if path.suffix in SOURCES], time.monotonic()
    if not files:
        return [summary.Case(slice_name, "clang-format", summary.FAILED, "found no C++ file")]
    result = subprocess.run(
        ["clang-format-19", "--dry-run", "-Werror", "--style=file", *map(str, files)],
        cwd=steps.REPOSITORY, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    if result.returncode == 0:
        return [summary.Case(slice_name, "clang-format", summary.PASSED, "", seconds)]
    wrong = sorted(set(re.findall(r"^(/[^:\n]+):\d+:\d+: error: ", result.stderr, re.MULTILINE)))
    shown = " ".join(steps.shown_path(path) for path in wrong)
    reason = f"{len(wrong)} files are not formatted; run: clang-format-19 -i {shown}" if wrong else result.stderr
    return [summary.Case(slice_name, "clang-format", summary.FAILED, reason, seconds)]


def changed_files():
    """(what they are compared with, the changed files). On main itself with nothing changed: the last commit's files."""
    new = git("ls-files", "--others", "--exclude-standard")
    head = git("rev-parse", "--verify", "HEAD", may_fail=True)
    if not head:
        return "nothing: there is no commit yet", new
    base = git("merge-base", "HEAD", "origin/main", may_fail=True)
    if base and base != head:
        return f"origin/main at {base[0][:12]}", git("diff", "--name-only", base[0]) + new
    uncommitted = git("diff", "--name-only", "HEAD") + new
    if uncommitted:
        return "the last commit", uncommitted
    return "the commit before the last", git("diff-tree", "--root", "--no-commit-id", "--name-only", "-r", "-m", "HEAD")


def compiled_by(builds):
    """{source: build folder}: the first of the builds that compiles it."""
    found = {}
    for build in reversed(builds):
        database = build / "compile_commands.json"
        if database.exists():
            found |= {pathlib.Path(entry["file"]).resolve(): build for entry in json.loads(database.read_text())}
    return found


def including(header, builds):
    """A source that includes the header: the one of the same name where there is one."""
    sources = [source for build in builds for source in ninja.sources_that_read(build, header)]
    named_alike = [source for source in sources if source.stem == header.stem]
    return (named_alike or sorted(sources) or [None])[0]


def check_tidy(slice_name, builds):
    """A case for each changed source, and for one that includes each changed header."""
    against, names = changed_files()
    changed = {steps.REPOSITORY / name for name in names}
    changed = sorted(path for path in changed if path.suffix in (".cpp", ".c", ".h") and path.is_file())
    if not changed:
        return [summary.Case(slice_name, "clang-tidy", summary.SKIPPED, f"no C++ file changed against {against}")]
    compiled, cases, wanted = compiled_by(builds), [], set()
    for path in changed:
        source = path if path.suffix in (".cpp", ".c") else including(path, builds)
        if source not in compiled:
            reason = "no build compiles it" if path.suffix in (".cpp", ".c") else "nothing that a build compiles includes it"
            cases.append(summary.Case(slice_name, f"clang-tidy {steps.shown_path(path)}", summary.FAILED, reason))
        else:
            wanted.add(source)
    print(f"clang-tidy on {len(wanted)} files, changed against {against}", flush=True)

    def work(source):
        name = f"clang-tidy {steps.shown_path(source)}"
        outcome = steps.run(name, ["clang-tidy-19", "--quiet", "-p", compiled[source], source], quiet=True,
                            limit_seconds=600)
        result = summary.PASSED if outcome.ok else summary.FAILED
        reason = "" if outcome.ok else f"see {steps.shown_path(outcome.log)}\n{outcome.tail}"
        return summary.Case(slice_name, name, result, reason, outcome.seconds)

    return cases + runners.in_parallel("clang-tidy", work, sorted(wanted))
