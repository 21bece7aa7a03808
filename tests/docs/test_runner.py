"""The runner of pages finds what is untrue: each rule has a page that breaks it."""

import console
import page as page_runner
import pytest


def run(tmp_path, text, seconds=20):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return page_runner.run_page("page.md", text, scratch, {}, seconds)


def wrong(tmp_path, text, seconds=20):
    return [step.wrong for step in run(tmp_path, text, seconds) if step.wrong]


def test_a_true_page(tmp_path):
    text = """\
Text.

```console
$ cat > numbers <<'EOF'
one
two 2
three
EOF
$ cat numbers
one
two ...
three
$ export WHERE=here && mkdir -p folder && cd folder

$ echo $WHERE \\
    and there; pwd
here and there
.../folder
$ echo '[1/2] on the way' >&2; seq 5
1
...
5
```

```
$ not run
```

```console
$ basename "$PWD"; cat ../missing
folder
cat: ../missing: No such file or ...
$ echo $?
1
```
"""
    assert wrong(tmp_path, text) == []


@pytest.mark.parametrize("shown, at", [("a\nc", "page.md:4"), ("a", "page.md:4"), ("a\nb\nc", "page.md:5"),
                                       ("b", "page.md:3"), ("...\nc", "page.md:4"), ("a\nb...b", "page.md:4")],
                         ids=["another line", "too few", "too many", "other", "not after anything", "not within"])
def test_a_wrong_output(tmp_path, shown, at):
    (message,) = wrong(tmp_path, f"```console\n$ printf 'a\\nb\\n'\n{shown}\n```\n")
    assert message.startswith(f"{at}: the page shows") and "  | a\n  | b" in message


def test_an_unknown_command(tmp_path):
    (message,) = wrong(tmp_path, "```console\n$ no-such-command --at-all\n```\n")
    assert message.startswith("page.md:2: $ no-such-command --at-all\nended with exit code 127")


def test_an_error_that_does_not_come(tmp_path):
    (message,) = wrong(tmp_path, "```console\n$ echo 'error: no'\nerror: no\n```\n")
    assert "ends with exit code 0, and the page shows an error" in message


def test_a_command_that_hangs_ends_the_page(tmp_path):
    steps = run(tmp_path, "```console\n$ echo begun; sleep 60 & sleep 60\n$ echo after\n```\n", seconds=1)
    assert len(steps) == 1 and "still running after 1 s\n  | begun" in steps[0].wrong


@pytest.mark.parametrize("text, said", [
    ("```console\n$ true\n", "page.md:1: a fence is opened here and never closed"),
    ("```console\nno command\n```\n", "page.md:2: a console block begins with a command"),
    ("```console\n$ cat <<'EOF'\ntext\n```\n", "page.md:2: the text after << has no line EOF"),
], ids=["open fence", "no command", "open text"])
def test_a_page_that_breaks_the_form(tmp_path, text, said):
    with pytest.raises(console.PageError, match=said):
        run(tmp_path, text)


def test_what_is_untrue_is_written_into_the_page(tmp_path):
    text = "```console\n$ seq 2\n1\n3\n$ echo yes\nyes\n```\nend\n"
    assert page_runner.written(text, run(tmp_path, text)) == text.replace("3", "2")
