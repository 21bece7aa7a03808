"""The install step: which versions it takes, and what it says when a pin cannot be had. Nothing is installed here."""

import re
import subprocess

import pytest

PINS = "clang-19 1:19.1.7-*\ncmake 3.25.1-*"


def bash(repository, script, environment=None):
    return subprocess.run(
        ["/bin/bash", "-c", f"repository={repository}; . {repository}/scripts/packages.sh; {script}"],
        capture_output=True, text=True, check=False, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **(environment or {})})


def choose(repository, installed, served, any_version=None):
    environment = {"TENON_ANY_VERSION": any_version} if any_version else {}
    return bash(repository, f"choose_versions '{PINS}' '{installed}' '{served}'", environment)


def test_installed_versions_need_nothing(repository):
    result = choose(repository, "clang-19 1:19.1.7-3~deb12u1\ncmake 3.25.1-1", "")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_newest_served_version_that_fits_is_taken(repository):
    served = "clang-19 1:20.1.0-1\nclang-19 1:19.1.7-4~deb12u2\nclang-19 1:19.1.7-3~deb12u1\ncmake 3.25.1-1"
    result = choose(repository, "", served)
    assert result.returncode == 0
    assert result.stdout.split() == ["clang-19=1:19.1.7-4~deb12u2", "cmake=3.25.1-1"]


def test_pin_that_is_not_served_fails_with_both_versions(repository):
    result = choose(repository, "", "clang-19 1:19.1.9-1\ncmake 3.25.1-1")
    assert result.returncode == 1
    assert result.stderr.strip() == "package clang-19: wanted 1:19.1.7-*; installed: none, served: 1:19.1.9-1"


def test_installed_version_beside_the_pin_fails(repository):
    result = choose(repository, "clang-19 1:19.1.7-3\ncmake 3.26.0-1", "cmake 3.26.0-1")
    assert result.returncode == 1
    assert "package cmake: wanted 3.25.1-*; installed: 3.26.0-1" in result.stderr


def test_any_version_is_loud(repository):
    result = choose(repository, "cmake 3.26.0-1", "clang-19 1:19.1.9-1\ncmake 3.26.0-1", any_version="1")
    assert result.returncode == 0
    assert result.stdout.split() == ["clang-19=1:19.1.9-1"]
    assert result.stderr.count("WARNING") == 2


def test_any_version_cannot_make_up_a_package(repository):
    result = choose(repository, "", "cmake 3.25.1-1", any_version="1")
    assert result.returncode == 1
    assert "package clang-19" in result.stderr


@pytest.mark.parametrize("line", ["cmake", "cmake 3.25.1-* and more", "clang 1 # fine\ncmake # no version"])
def test_malformed_list_fails(repository, tmp_path, line):
    path = tmp_path / "packages.txt"
    path.write_text(line + "\n")
    result = bash(repository, f"list_pins {path}")
    assert result.returncode == 1
    assert "is not 'NAME VERSION'" in result.stderr


def test_neither_root_nor_sudo_says_what_to_run(repository):
    shell = f"id() {{ echo 1000; }}; command() {{ false; }}; demand_root '{PINS}'"  # no sudo is found
    result = bash(repository, shell)
    assert result.returncode == 1
    assert "apt-get install --no-install-recommends 'clang-19=1:19.1.7-*' 'cmake=3.25.1-*'" in result.stderr


def test_root_or_sudo_is_enough(repository):
    assert bash(repository, f"id() {{ echo 0; }}; command() {{ false; }}; demand_root '{PINS}'").returncode == 0
    assert bash(repository, f"id() {{ echo 1000; }}; command() {{ true; }}; demand_root '{PINS}'").returncode == 0


def test_every_pin_leaves_debians_revision_open(repository):
    """A security update changes the revision, and then Debian serves the old one no longer."""
    lines = bash(repository, "list_pins $repository/scripts/packages.txt").stdout.splitlines()
    assert len(lines) > 20
    for line in lines:
        assert re.fullmatch(r"\S+ [^*]+-\*", line), line
    names = [line.split()[0] for line in lines]
    assert len(names) == len(set(names))
