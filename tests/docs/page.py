#!/usr/bin/env python3
"""Runs the console blocks of a page and lists what is untrue in it. As a program: page.py PAGE... [--write], which puts
what the commands really print into the page; abbreviate that with "..." again by hand."""

import argparse
import dataclasses
import os
import pathlib
import sys
import tempfile

import console
import session

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SLOW_SECONDS = 10


@dataclasses.dataclass
class Step:
    """A command that ran. `wrong` says what differs from the page, None where nothing does."""

    command: console.Command
    outcome: session.Outcome
    wrong: str | None


def asks_for_status(command):
    return command is not None and command.text.strip() == "echo $?"


def judge(page, command, following, outcome, limit_seconds):
    """What the page says wrongly of this command; None if nothing."""
    place = f"{page}:{command.line}: $ {command.text.splitlines()[0]}"
    printed = "".join(f"\n  | {line}" for line in outcome.lines[-40:])
    if outcome.exit_code is None:
        return f"{place}\nwas killed: still running after {limit_seconds} s{printed}"
    if outcome.exit_code != 0 and not command.may_fail and not asks_for_status(following):
        return (f"{place}\nended with exit code {outcome.exit_code}, and the page shows no error and no \"$ echo $?\" "
                f"after it{printed}")
    if not command.shown:
        return None
    if outcome.exit_code == 0 and any(line.startswith("error: ") for line in command.shown):
        return f"{place}\nends with exit code 0, and the page shows an error{printed}"
    at = console.difference(command.shown, outcome.lines)
    if at is None:
        return None
    shown = command.shown[at] if at < len(command.shown) else "(nothing more)"
    return f"{page}:{command.shown_line + at}: the page shows\n  | {shown}\n{place}\nprints{printed or ' nothing'}"


def run_page(page, text, scratch, environment, limit_seconds=session.LIMIT_SECONDS):
    """The steps of a page, up to the first that hangs."""
    found = [command for block in console.blocks(page, text) if block.language == "console"
             for command in console.commands(page, block)]
    shell, steps = session.Session(scratch, environment, limit_seconds), []
    for command, following in zip(found, found[1:] + [None]):
        outcome = shell.run(command.text)
        steps.append(Step(command, outcome, judge(page, command, following, outcome, limit_seconds)))
        if outcome.exit_code is None:
            break
    return steps


def written(text, steps):
    """The page with what was really printed in the place of what is untrue."""
    lines = text.splitlines()
    for step in reversed(steps):
        if step.wrong and step.command.shown:
            first = step.command.shown_line - 1
            lines[first:first + len(step.command.shown)] = [line.rstrip() for line in step.outcome.lines]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    parser.add_argument("--write", action="store_true", help="put what is printed into the page, where it differs")
    parser.add_argument("--show", action="store_true", help="print every command and what it prints")
    options = parser.parse_args()
    wrong = False
    for path in options.pages:
        with tempfile.TemporaryDirectory(prefix="page-") as folder:
            scratch = pathlib.Path(folder) / "tenon"
            session.copy_working_folder(REPOSITORY, REPOSITORY / "build", scratch)
            text = path.read_text()
            steps = run_page(path, text, scratch, dict(os.environ))
        for step in steps:
            if options.show:
                print(f"$ {step.command.text}\n" + "\n".join(step.outcome.lines))
            if step.wrong or step.outcome.seconds > SLOW_SECONDS:
                print(step.wrong or f"{path}:{step.command.line}: takes {step.outcome.seconds:.0f} s")
        wrong = wrong or any(step.wrong for step in steps)
        if options.write:
            path.write_text(written(text, steps))
    return 1 if wrong and not options.write else 0


if __name__ == "__main__":
    sys.exit(main())
