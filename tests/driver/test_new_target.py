"""tenon new-target: what it makes compiles, runs and says what next; and the files of the tree that it is made of."""

import json
import os
import re
import subprocess

import pytest

from command import SYSTEM_FAILED, WRONG_USE, fail, files_in, succeed

FILES = ["README.md", "check", "target.yaml", "tests/convolution.mlir", "tests/product.mlir"]


@pytest.fixture(name="made")
def made_folder(tenon, tmp_path):
    succeed(tenon, "new-target", "acme-7", "--in", tmp_path)
    return tmp_path / "acme-7"


def test_what_is_written(tenon, tmp_path, repository):
    done = succeed(tenon, "new-target", "acme-7", "--in", tmp_path, "--json", tmp_path / "r.json")
    assert [name for name in files_in(tmp_path / "acme-7") if name != "tests"] == FILES
    assert json.loads((tmp_path / "r.json").read_text()) == {
        "schema": "tenon.new-target/1", "target": "acme-7", "folder": str(tmp_path / "acme-7"), "files": FILES}
    assert all(name in done.stdout for name in FILES)
    for name in FILES:
        source = (repository / "core" / "driver" / "new_target" / name).read_text()
        assert (tmp_path / "acme-7" / name).read_text() == source.replace("mychip", "acme-7")
    assert "target: acme-7" in (tmp_path / "acme-7" / "target.yaml").read_text()


def commands_of(readme):
    """The commands of its console block, as a user types them beside the folder."""
    block = re.search(r"```console\n(.*?)```", readme, re.S)[1]
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def test_what_its_readme_says(tenon, made):
    """Outside the tree, with the program in PATH."""
    commands = commands_of((made / "README.md").read_text())
    assert len(commands) == 4
    environment = {**os.environ, "PATH": f"{tenon.parent}:{os.environ['PATH']}"}
    for command in commands:
        done = subprocess.run(command, shell=True, cwd=made.parent, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    for action in ("manual", "header", "package"):
        assert action in (made / "README.md").read_text()
        succeed(tenon, "target", action, made / "target.yaml")


def test_every_sum_of_the_sample_runs_on_it(tenon, made, repository, tmp_path):
    done = succeed(tenon, "run", repository / "docs" / "samples" / "digits" / "digits.onnx", "--target",
                   made / "target.yaml", "--json", tmp_path / "r.json")
    report = json.loads((tmp_path / "r.json").read_text())
    assert "bit for bit" in done.stdout and report["verified"]["bit_exact"]
    assert all(layer["where"] == "target" for layer in report["layers"] if layer["macs"])
    assert any(layer["macs"] for layer in report["layers"])


def test_check_finds_a_mistake(tenon, made):
    text = (made / "target.yaml").read_text()
    (made / "target.yaml").write_text(text.replace("i32(w[k, n])", "i32(v[k, n])"))
    done = subprocess.run([made / "check"], env={**os.environ, "TENON": str(tenon)}, capture_output=True, text=True)
    assert done.returncode == 3 and "'v'" in done.stderr


@pytest.mark.parametrize("name, said", [
    ("Chip", ["'Chip' begins with 'C'", "a letter from a to z"]), ("7up", ["'7up' begins with '7'"]),
    ("a/b", ["'a/b' has '/'", "digits, - and _"]), ("a b", ["'a b' has ' '"]), ("..", ["begins with '.'"]),
    ("", ["0 characters", "1 to 64"]), ("a" * 65, ["65 characters", "1 to 64"])])
def test_bad_names(tenon, tmp_path, name, said):
    fail(tenon, WRONG_USE, "new-target", name, "--in", tmp_path, said=said)
    assert not files_in(tmp_path)


def test_nothing_is_replaced(tenon, made):
    before = (made / "check").read_bytes()
    fail(tenon, WRONG_USE, "new-target", "acme-7", "--in", made.parent, said=["acme-7 is there already"])
    assert (made / "check").read_bytes() == before and files_in(made.parent)[0] == "acme-7"


def test_no_such_folder(tenon, tmp_path):
    fail(tenon, WRONG_USE, "new-target", "chip", "--in", tmp_path / "none", said=["none is no folder"])


def test_a_folder_that_cannot_be_written(tenon):
    fail(tenon, SYSTEM_FAILED, "new-target", "chip", "--in", "/proc", said=["/proc cannot be written to"])
