"""Runs the steps of ./quickstart and ./check: each with a log, its progress, and on a failure the end of that log."""

import dataclasses
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
LOGS = REPOSITORY / "build" / "logs"
SECONDS_BETWEEN_LINES = 15  # of progress, where there is no terminal
TAIL_LINES = 25
TAIL_WIDTH = 200


@dataclasses.dataclass
class Outcome:
    """`tail` holds the last lines of the log."""

    name: str
    exit_code: int
    seconds: float
    log: pathlib.Path
    tail: str

    @property
    def ok(self):
        return self.exit_code == 0


class Progress:
    """Shows the last line of a running command: on one line of a terminal, else now and then on a line of its own."""

    def __init__(self, stream=sys.stdout):
        self.stream = stream
        self.terminal = stream.isatty()
        self.started = time.monotonic()
        self.shown = self.started

    def show(self, text):
        now = time.monotonic()
        if self.terminal and now - self.shown > 0.05:
            width = shutil.get_terminal_size().columns - 1
            self.stream.write("\r\033[K" + f"  {now - self.started:.0f}s  {text}"[:width])
        elif not self.terminal and now - self.shown >= SECONDS_BETWEEN_LINES:
            self.stream.write(f"  {now - self.started:.0f}s  {text}\n")
        else:
            return
        self.stream.flush()
        self.shown = now

    def clear(self):
        if self.terminal:
            self.stream.write("\r\033[K")
            self.stream.flush()


def shown_path(path):
    """A path as a person in the repository writes it."""
    path = pathlib.Path(path)
    return str(path.relative_to(REPOSITORY)) if path.is_relative_to(REPOSITORY) else str(path)


def tail_of(log):
    """The last lines of a log, or, where Ninja wrote it, those from the first failed command on."""
    lines = log.read_text(errors="replace").splitlines()
    failed = next((number for number, line in enumerate(lines) if line.startswith("FAILED: ")), None)
    lines = lines[-TAIL_LINES:] if failed is None else lines[failed:failed + TAIL_LINES]
    return "\n".join(line if len(line) <= TAIL_WIDTH else line[:TAIL_WIDTH] + " ..." for line in lines)


def run(name, command, *, environment=None, quiet=False, limit_seconds=3600):
    """Runs a command with its output in build/logs/NAME.log. Says its name, its progress and how it ended.

    A command that runs past the limit is killed, and so are its children.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / (re.sub(r"[^A-Za-z0-9.]+", "-", name) + ".log")
    progress = Progress()
    if not quiet and not progress.terminal:
        print(f"step {name}", flush=True)
    with log.open("w") as out:
        out.write("$ " + shlex.join(map(str, command)) + "\n")
        exit_code = run_logged(command, environment, limit_seconds, out,
                               (lambda line: None) if quiet else (lambda line: progress.show(f"{name}: {line}")))
    outcome = Outcome(name, exit_code, time.monotonic() - progress.started, log, tail_of(log))
    if not quiet:
        progress.clear()
        print(f"step {name}: {'done' if outcome.ok else f'FAILED (exit code {exit_code})'} in {outcome.seconds:.1f} s",
              flush=True)
    return outcome


def run_logged(command, environment, limit_seconds, out, show):
    """The exit code of the command, whose output goes line by line into `out` and to `show`."""
    try:
        process = subprocess.Popen(
            list(map(str, command)), cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
            env={**os.environ, **(environment or {})})
    except OSError as error:
        out.write(f"cannot start: {error}\n")
        return 127
    over = threading.Event()
    timer = threading.Timer(limit_seconds, lambda: (over.set(), kill_group(process)))
    timer.start()
    try:
        for line in process.stdout:
            out.write(line)
            if line.strip():
                show(line.strip())
        exit_code = process.wait()
    except BaseException:  # say, a keyboard interrupt, which does not reach the children
        kill_group(process)
        raise
    finally:
        timer.cancel()
    if over.is_set():
        out.write(f"killed: still running after {limit_seconds} s\n")
        return 124
    return exit_code


def kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def explain(outcome, advice):
    """What a person needs after a step failed: the end of its log, where the whole is, and what to do."""
    print("".join(f"  | {line}\n" for line in outcome.tail.splitlines()), end="")
    print(f"step {outcome.name} failed: {advice}; whole log: {shown_path(outcome.log)}", flush=True)


def configure_and_build(preset):
    """Yields the outcome of each step and stops after one that failed."""
    suffix = "" if preset == "default" else f" {preset}"
    outcome = run(f"configure{suffix}", ["cmake", "--preset", preset])
    yield outcome
    if outcome.ok:
        yield run(f"build{suffix}", ["cmake", "--build", "--preset", preset])


ADVICE = {
    "configure": "CMake's first error above names what is missing; if build/ is from another machine, delete it",
    "build": "the first error above is the cause; after `git pull` with odd errors delete the build folder",
}


def advice_for(outcome):
    return ADVICE.get(outcome.name.split()[0], "see the log")
