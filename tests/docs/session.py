"""Runs the commands of a page, one after the other, in a scratch copy of the working folder that is thrown away. What a
command leaves behind for the next one: files, the folder it went to, exported variables, its exit status."""

import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

PROGRESS = re.compile(r"\[\d+/\d+\] ")  # comes on standard error where a command is slow: a matter of the machine
LIMIT_SECONDS = 120  # for one command; the guides' take a few seconds, and a busy machine is slower


@dataclasses.dataclass
class Outcome:
    """`exit_code` is None where the command ran past the limit and was killed."""

    exit_code: int | None
    lines: list
    seconds: float


def lines_of(printed):
    """Without those that show progress."""
    return [line for line in printed.splitlines() if not PROGRESS.match(line)]


COPIED = ("docs", "targets")  # what a page may write to; a copy of all takes longer than most pages
LEFT_OUT = (".git", "build", "shared")


def copy_working_folder(repository, build, scratch):
    """Copies what pages write to. The rest, and the parts of the build, are links: pages only read them."""
    (scratch / "build").mkdir(parents=True)
    for part in sorted(build.iterdir()):
        (scratch / "build" / part.name).symlink_to(part)
    for part in sorted(repository.iterdir()):
        if part.name in COPIED:
            shutil.copytree(part, scratch / part.name)
        elif part.name not in LEFT_OUT and not part.name.startswith("build-"):
            (scratch / part.name).symlink_to(part)


class Session:
    """A page's commands see `environment` and begin in `scratch`."""

    def __init__(self, scratch, environment, limit_seconds=LIMIT_SECONDS):
        self.scratch = pathlib.Path(scratch)
        self.folder = str(self.scratch)
        self.limit_seconds = limit_seconds
        self.last_exit_code = 0
        self.state = self.scratch.with_name(self.scratch.name + ".state")
        self.environment = {**os.environ, "LC_ALL": "C.UTF-8", **environment}
        self.state.write_text("")

    def run(self, text):
        script = (f". '{self.state}'\n(exit {self.last_exit_code})\n{text}\n"
                  f"__status=$?; export -p > '{self.state}'; pwd > '{self.state}.folder'; exit $__status\n")
        started = time.monotonic()
        process = subprocess.Popen(["bash", "-c", script], cwd=self.folder, env=self.environment, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   errors="replace", start_new_session=True)
        try:
            printed, _ = process.communicate(timeout=self.limit_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            printed, _ = process.communicate()
            return Outcome(None, lines_of(printed), time.monotonic() - started)
        self.last_exit_code = process.returncode
        folder = pathlib.Path(f"{self.state}.folder")
        self.folder = folder.read_text().rstrip("\n") if folder.exists() else self.folder
        return Outcome(process.returncode, lines_of(printed), time.monotonic() - started)
