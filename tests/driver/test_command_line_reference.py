"""--help, man pages and completion say the same as what is parsed: they are made from the same objects."""

import re
import shutil
import subprocess

import pytest

from command import WRONG_USE, fail, files_in, succeed

NESTED = {"target"}


def headings(text):
    return [line[:-1] for line in text.splitlines() if re.fullmatch(r"[A-Z][A-Za-z ]*:", line)]


def commands_in(text):
    """The commands that a help lists, under which heading."""
    found, heading = {}, None
    for line in text.splitlines():
        if re.fullmatch(r"[A-Z][A-Za-z ]*:", line):
            heading = line[:-1]
        elif heading and heading not in ("Options", "Positionals", "Machine", "Report", "Vectors") and (name := re.match(r"  ([a-z][\w-]*)", line)):
            found[name[1]] = heading
    return found


def options_in(text):
    return set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", text, re.M))


@pytest.fixture(name="helps", scope="module")
def help_of_every_command(tenon):
    """The words of each command and its help."""
    helps = {(): succeed(tenon, "--help").stdout}
    for name in commands_in(helps[()]):
        helps[(name,)] = succeed(tenon, name, "--help").stdout
        if name in NESTED:
            for action in commands_in(helps[(name,)]):
                helps[(name, action)] = succeed(tenon, name, action, "--help").stdout
    return helps


def test_every_command_is_in_a_group(helps):
    groups = commands_in(helps[()])
    assert [heading for heading in headings(helps[()]) if heading != "Options"] == [
        "Daily commands", "Describing a chip", "Tools"]
    assert groups["run"] == groups["explain"] == groups["report"] == "Daily commands"
    assert groups["target"] == groups["check"] == "Describing a chip"
    assert len(helps[()].splitlines()) < 40, "a command is listed by one line"
    assert groups["man"] == groups["completion"] == "Tools"


def test_a_man_page_for_every_command(tenon, helps, tmp_path):
    succeed(tenon, "man", tmp_path / "man")
    assert files_in(tmp_path / "man") == sorted("-".join(("tenon", *words)) + ".1" for words in helps)
    for words, text in helps.items():
        page = (tmp_path / "man" / ("-".join(("tenon", *words)) + ".1")).read_text()
        plain = re.sub(r"\\f.", "", page).replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")
        assert page.startswith(".TH TENON") and ".SH NAME\n" in page and ".SH SYNOPSIS\n" in page
        for option in options_in(text):
            assert re.search(rf"(^|, ){re.escape(option)}\b", plain, re.M), f"{words}: {option} is in no title"
        # Only known requests begin a line.
        assert {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))} <= {
            ".TH", ".SH", ".TP", ".PP"}


def test_man_pages_are_read_without_a_warning(tenon, tmp_path):
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not here: the man pages are not set")
    succeed(tenon, "man", tmp_path)
    for page in tmp_path.iterdir():
        done = subprocess.run([groff, "-man", "-Tutf8", "-P-bcou", "-ww", page], capture_output=True, encoding="utf-8", check=True)
        assert not done.stderr and "NAME" in done.stdout


def complete(script, *words):
    """What bash offers for the last word."""
    line = " ".join(f"'{word}'" for word in ("tenon", *words))
    program = f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _tenon; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "--norc", "-c", program], capture_output=True, encoding="utf-8", check=True, cwd=script.parent)
    return set(done.stdout.split())


@pytest.fixture(name="script")
def bash_script(tenon, tmp_path):
    script = tmp_path / "tenon.bash"
    script.write_text(succeed(tenon, "completion", "bash").stdout)
    return script


def test_bash_completes_what_help_lists(helps, script):
    assert complete(script, "") == set(commands_in(helps[()]))
    assert complete(script, "exp") == {"explain"}
    for words, text in helps.items():
        assert options_in(text) <= complete(script, *words, "--"), words
    assert complete(script, "target", "") == set(commands_in(helps[("target",)]))
    assert complete(script, "run", "--report") == {"--report-dir"}


def test_bash_completes_files_and_choices(script):
    (script.parent / "model.tflite").touch()
    assert complete(script, "run", "mod") == {"model.tflite"}
    assert complete(script, "run", "model.tflite", "--input", "mod") == {"model.tflite"}
    assert complete(script, "run", "--seed", "mod") == set()
    assert complete(script, "completion", "") == {"bash", "zsh"}


def test_zsh_completion_parses(tenon, tmp_path):
    text = succeed(tenon, "completion", "zsh").stdout
    assert text.startswith("#compdef tenon\n") and "'*--input[" in text
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("zsh is not here: the script is not parsed")
    (tmp_path / "_tenon").write_text(text)
    subprocess.run([zsh, "-n", tmp_path / "_tenon"], check=True)


def test_wrong_use(tenon, tmp_path):
    fail(tenon, WRONG_USE, "completion", "fish", said=["fish"])
    (tmp_path / "file").touch()
    fail(tenon, 6, "man", tmp_path / "file", said=["cannot be written"])


def test_the_page_of_all_commands(tenon, helps, tmp_path):
    succeed(tenon, "man", tmp_path / "page", "--markdown")
    assert files_in(tmp_path / "page") == ["command-line.md"]
    text = (tmp_path / "page" / "command-line.md").read_text()
    assert text.isprintable() or not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text), "a control character"
    sections = dict(re.findall(r"^##+ (tenon[\w -]*)\n(.*?)(?=^##|\Z)", text, re.M | re.S))
    for words, helped in helps.items():
        if not words:
            continue
        for option in options_in(helped):
            assert option in sections[" ".join(("tenon", *words))], (words, option)
