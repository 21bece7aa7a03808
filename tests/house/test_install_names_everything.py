"""The install step names every package that building and testing really use: a warm machine hides the missing ones."""

import os
import pathlib
import subprocess

import ninja
import packages_used as used
import pytest
import sources

LLVM_TOOLS = "/usr/lib/llvm-19/bin"


@pytest.fixture(scope="module", name="declared")
def declared_packages(repository):
    lines = (repository / "scripts/packages.txt").read_text().splitlines()
    listed = [line.split()[0] for line in lines if line.partition("#")[0].strip()]
    return used.closure(listed, used.installed_packages())


@pytest.fixture(scope="module", name="owned")
def owned_files():
    return used.owners()


def built_programs(build_folder):
    folders = [build_folder / "bin", build_folder / "tests" / "unit"]
    found = [path for folder in folders if folder.is_dir() for path in folder.iterdir() if os.access(path, os.X_OK)]
    if not found:
        pytest.skip(f"not built: no program in {folders[0]} or {folders[1]}")
    return found


def assert_declared(files, owned, declared):
    assert files, "found nothing to look at"
    wrong = used.undeclared(files, owned, declared)
    assert not wrong, "scripts/packages.txt lacks a package:\n" + "\n".join(wrong)


def test_headers(build_folder, repository, owned, declared):
    read = {path for paths in ninja.dependencies(build_folder).values() for path in paths}
    if not read:
        pytest.skip(f"not built: Ninja knows no header in {build_folder}")
    assert_declared(used.outside(read, [repository, build_folder]), owned, declared)


def test_libraries(build_folder, repository, owned, declared):
    libraries = used.linked_libraries(built_programs(build_folder))
    assert_declared(used.outside(libraries, [repository, build_folder]), owned, declared)


def test_programs_of_the_build(build_folder, repository, owned, declared):
    files = used.files_in_commands(ninja.commands(build_folder))
    # What the compiler brings to a link by itself, in the sanitize preset too.
    for argument in ("-print-prog-name=ld.lld", "-print-file-name=libclang_rt.asan-x86_64.a",
                     "-print-file-name=libclang_rt.ubsan_standalone-x86_64.a",
                     "-print-file-name=libclang_rt.fuzzer-x86_64.a", "-print-file-name=libstdc++.so"):
        files.add(subprocess.run(["clang++-19", argument], capture_output=True, text=True, check=True).stdout.strip())
    assert any("mlir-tblgen" in path for path in files)
    assert_declared(used.outside(files, [repository, build_folder]), owned, declared)


def test_packages_that_cmake_found(build_folder, owned, declared):
    cache = (build_folder / "CMakeCache.txt").read_text()
    assert_declared(used.package_folders(cache), owned, declared)


def test_programs_and_modules_of_the_tests(repository, owned, declared):
    files = [path for path in sources.our_files()
             if path.relative_to(repository).parts[0] in ("conftest.py", "scripts", "tests", "targets", "hw")]
    # What makes committed data runs by hand, in an environment of its own that it names.
    scripts = [path.read_text() for path in files
               if path.suffix == ".py" and (path.parent.name in ("scripts", "lint") or path.name.startswith(("test_", "conftest")))]
    lit_tests = [path.read_text() for path in files if path.suffix == ".mlir"]
    found = used.programs_in_scripts(scripts) | used.modules_in_scripts(scripts, "/usr/bin/python3")
    found |= used.programs_in_lit_tests(lit_tests, os.pathsep.join([LLVM_TOOLS, os.environ["PATH"]]))
    found |= {"/usr/lib/llvm-19/build/utils/lit/lit.py", f"{LLVM_TOOLS}/FileCheck", f"{LLVM_TOOLS}/not"}
    assert_declared({path for path in found if pathlib.Path(path).exists()}, owned, declared)


# The same functions on made-up machines: each must be able to fail.

PACKAGES = [
    {"Package": "base-files", "Essential": "yes"},
    {"Package": "compiler", "Depends": "library (>= 2), gone | headers:any", "Recommends": "manual"},
    {"Package": "library", "Pre-Depends": "virtual"},
    {"Package": "headers"},
    {"Package": "real", "Provides": "virtual (= 3)"},
    {"Package": "manual"},
    {"Package": "by-hand"},
]


def test_closure_follows_dependencies_and_nothing_else():
    assert used.closure(["compiler"], PACKAGES) == {"base-files", "compiler", "library", "headers", "real"}


def test_undeclared_file_is_found(tmp_path):
    known, stray = tmp_path / "known.h", tmp_path / "stray.h"
    known.touch()
    stray.touch()
    owned = {str(known): "headers", str(tmp_path / "other.h"): "by-hand"}
    declared = used.closure(["compiler"], PACKAGES)
    assert not used.undeclared([str(known)], owned, declared)
    wrong = used.undeclared([str(known), str(stray), str(tmp_path / "other.h")], owned, declared)
    assert len(wrong) == 2
    assert any("other.h" in line and "of package by-hand" in line for line in wrong)
    assert any("stray.h" in line and "of no Debian package" in line for line in wrong)


def test_link_to_an_owned_file_is_owned(tmp_path):
    (tmp_path / "clang").touch()
    (tmp_path / "clang++").symlink_to("clang")
    assert used.owner_of(tmp_path / "clang++", {str(tmp_path / "clang"): "compiler"}) == "compiler"


def test_programs_are_found_where_they_are_run(tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    assert used.files_in_commands([f": && {tool} -c a.cpp && /no/such/file"]) == {str(tool)}
    assert used.programs_in_lit_tests([f"// RUN: tool %s | cat\n"], str(tmp_path)) == {str(tool)}
    assert used.programs_in_scripts([f'run(["{tool}", "-c", "x"]); run(["./tool"])']) == {str(tool)}
    assert used.programs_in_scripts([f'assert names == ["{tool}"]']) == set()


def test_dependencies_of_ninja_are_read():
    text = "a.o: #deps 2, deps mtime 5 (VALID)\n    a.cpp\n    /usr/include/a.h\n\nb.o: #deps 1, deps mtime 5 (STALE)\n    b.cpp\n"
    found = ninja.parse_dependencies(text, pathlib.Path("/nowhere"))
    assert found == {"a.o": [pathlib.Path("/nowhere/a.cpp"), pathlib.Path("/usr/include/a.h")]}


def test_the_source_behind_a_header_is_found():
    """Also where a precompiled header is what the compiler read first."""
    a, b, header, precompiled = (pathlib.Path(f"/nowhere/{name}") for name in ("a.cpp", "b.cpp", "a.h", "pch.hxx.cxx"))
    found = {"a.o": [precompiled, header, a], "b.o": [precompiled, b]}
    assert ninja.sources_among(found, header) == [a]
    assert ninja.sources_among(found, precompiled) == [a, b]
    assert ninja.sources_among(found, pathlib.Path("/nowhere/c.h")) == []
