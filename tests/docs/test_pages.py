"""Every command of the README and of the pages under docs/ and targets/ is run, and prints what its page shows."""

import json
import pathlib
import subprocess

import console
import listed
import page as page_runner
import pytest
import session

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted([REPOSITORY / "README.md", *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("targets/*/README.md")])
NAMES = [str(path.relative_to(REPOSITORY)) for path in PAGES]


def blocks_of(name, language):
    text = (REPOSITORY / name).read_text()
    return [block for block in console.blocks(name, text) if block.language == language]


@pytest.fixture(scope="session")
def lacking(request, tenon):
    """A function: why this machine lacks what a page needs, or None."""
    done = subprocess.run([tenon, "targets", "--json", "-"], capture_output=True, text=True, check=True, timeout=60)
    targets = json.loads(done.stdout)["targets"]
    runs = {entry["name"] for target in targets for entry in [target, *target["variants"]] if entry["runs_here"]}

    def reason(need):
        if need == "models":
            request.getfixturevalue("models_folder")  # skips by itself
            return None
        return None if need in runs else f"this host cannot run {need}"

    return reason


@pytest.mark.parametrize("name", [name for name in NAMES if blocks_of(name, "console")])
def test_page(name, build_folder, lacking, tmp_path, request):
    needs = listed.NEEDS.get(name, [])
    for reason in filter(None, map(lacking, needs)):
        pytest.skip(reason)
    environment = {"TENON_MODELS": str(request.getfixturevalue("models_folder"))} if "models" in needs else {}
    scratch = tmp_path / "tenon"
    session.copy_working_folder(REPOSITORY, build_folder, scratch)
    steps = page_runner.run_page(name, (REPOSITORY / name).read_text(), scratch, environment)
    for step in steps:
        if step.outcome.seconds > page_runner.SLOW_SECONDS:
            print(f"{name}:{step.command.line}: slow, {step.outcome.seconds:.1f} s")
    wrong = [step.wrong for step in steps if step.wrong]
    assert not wrong, "\n\n".join(wrong)


def test_blocks_that_are_not_run_are_listed_with_the_reason():
    found = {(name, block.lines[0]) for name in NAMES for language in ("sh", "bash", "shell")
             for block in blocks_of(name, language)}
    assert found == set(listed.NOT_RUN), "listed.NOT_RUN and the sh blocks of the pages differ"
    assert all(listed.NOT_RUN.values())


def test_no_block_of_commands_escapes():
    """A block without a mark is for what is no command."""
    escaped = [f"{name}:{block.line}: mark it console" for name in NAMES for block in blocks_of(name, "")
               if any(line.startswith("$ ") for line in block.lines)]
    assert not escaped, "\n".join(escaped)


def test_needs_name_pages_that_there_are():
    assert set(listed.NEEDS) <= {name for name in NAMES if blocks_of(name, "console")}
