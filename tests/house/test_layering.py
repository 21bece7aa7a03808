"""Holds the tree to its rules (rules.py). Each rule is also run on a made-up tree that breaks it."""

import check
import pytest
import rules
import sources

TARGETS = sorted(path.name for path in (sources.steps.REPOSITORY / "targets").iterdir() if path.is_dir())


@pytest.fixture(scope="module", name="files")
def our_files():
    return sources.our_files()


def nothing(wrong):
    assert not wrong, "\n".join(wrong)


def tree(root, contents):
    """Writes {path: text}; gives the files."""
    for name, text in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_core_names_no_target(repository, files):
    nothing(rules.targets_named_in_core(repository, files, TARGETS))


@pytest.mark.parametrize(
    "line", ["if (name == \"npu-sim\")", "NPU_SIM", "struct NpuSimDevice;", "cuda_launch()", "// the CPU's caches"])
def test_core_that_names_a_target_is_found(tmp_path, line):
    files = tree(tmp_path, {"core/a.cpp": f"// Why.\n{line}\n", "targets/cpu/a.cpp": "cpu cuda npu-sim"})
    wrong = rules.targets_named_in_core(tmp_path, files, ["cpu", "cuda", "npu-sim"])
    assert len(wrong) == 1 and wrong[0].startswith("core/a.cpp:2: names the target ")


def test_core_file_named_after_a_target_is_found(tmp_path):
    files = tree(tmp_path, {"core/CudaEmission.cpp": "// Why.\n"})
    assert rules.targets_named_in_core(tmp_path, files, ["cuda"]) == [
        "core/CudaEmission.cpp: its path names the target cuda"]


def test_words_that_only_contain_a_target_are_not_meant(tmp_path):
    files = tree(tmp_path, {"core/a.cpp": "// Why.\nint cpuset = barracuda;\n"})
    nothing(rules.targets_named_in_core(tmp_path, files, ["cpu", "cuda", "npu-sim"]))


@pytest.mark.parametrize("target", TARGETS)
def test_target_folder_can_be_deleted(repository, files, tmp_path, target):
    nothing(rules.broken_without(repository, files, target, tmp_path))


PRESETS = """{"version": 4, "configurePresets": [
  {"name": "default", "generator": "Ninja", "binaryDir": "${sourceDir}/build"}]}"""


def test_target_folder_that_cannot_be_deleted_is_found(tmp_path):
    project = "cmake_minimum_required(VERSION 3.25)\nproject(Example LANGUAGES NONE)\n"
    needs = "add_custom_target(all_of_it ALL DEPENDS ${CMAKE_SOURCE_DIR}/targets/chip/table.txt)\n"
    contents = {"CMakePresets.json": PRESETS, "targets/chip/table.txt": "", "targets/other/table.txt": ""}
    files = tree(tmp_path / "tree", {**contents, "CMakeLists.txt": project + needs})
    nothing(rules.broken_without(tmp_path / "tree", files, "other", tmp_path / "without-other"))
    wrong = rules.broken_without(tmp_path / "tree", files, "chip", tmp_path / "without-chip")
    assert len(wrong) == 1 and "without targets/chip" in wrong[0] and "table.txt" in wrong[0]


def test_no_machine_path_and_no_registry_host(repository, files):
    nothing(rules.machine_paths_and_hosts(repository, files))


@pytest.mark.parametrize(
    "parts", [("see /wo", "rk/x"), ("\"/ro", "ot/.cache\""), ("(/tm", "p/a)"), ("/ho", "me/me/x"), ("https://py", "pi.org"),
              ("http://deb.deb", "ian.org/debian")])
def test_machine_path_or_registry_host_is_found(tmp_path, parts):
    files = tree(tmp_path, {"a.md": "fine\n" + "".join(parts) + "\n"})
    wrong = rules.machine_paths_and_hosts(tmp_path, files)
    assert len(wrong) == 1 and wrong[0].startswith("a.md:2: ")


def test_paths_of_the_system_are_fine(tmp_path):
    files = tree(tmp_path, {"a.md": "/usr/lib/llvm-19 a/work/b ${folder}/tmp/x https://github.com/llvm/tmp/x\n"})
    nothing(rules.machine_paths_and_hosts(tmp_path, files))


def test_tests_mirror_core(repository, files):
    nothing(rules.unmirrored_test_folders(repository, files))


def test_folder_of_tests_beside_core_is_found(tmp_path):
    files = tree(tmp_path, {
        "core/ir/nest/a.cpp": "", "tests/ir/nest/a.cpp": "", "tests/ir/Inputs/b.mlir": "", "tests/models/test_a.py": "",
        "tests/nest/a.mlir": "", "tests/test_b.py": ""})
    assert rules.unmirrored_test_folders(tmp_path, files) == [
        "tests/.: core/. is no folder", "tests/nest: core/nest is no folder"]


def test_every_test_is_in_a_slice(repository, files):
    nothing(rules.tests_that_no_slice_runs(repository, files, check.folders_of_slices()))


def test_test_in_no_slice_is_found(tmp_path):
    files = tree(tmp_path, {"tests/ir/a.mlir": "", "tests/lost/test_a.py": "", "tests/ir/Inputs/a.mlir": ""})
    assert rules.tests_that_no_slice_runs(tmp_path, files, ["ir"]) == [
        "tests/lost/test_a.py: no slice of ./check runs tests/lost"]


def test_every_source_says_why_it_exists(repository, files):
    nothing(rules.files_without_purpose(repository, files))


@pytest.mark.parametrize("first", ["#pragma once", "//===----------===//", "// a.h", "", "int x; // why it is so"])
def test_source_without_a_purpose_is_found(tmp_path, first):
    files = tree(tmp_path, {"a.h": f"{first}\n// A late word on why.\n", "b.h": "// Why this file exists.\n"})
    assert rules.files_without_purpose(tmp_path, files) == ["a.h: its first line does not say why it exists"]


def test_nothing_generated_is_committed():
    nothing(rules.generated_files(sources.git("ls-files", "--cached")))


def test_generated_file_is_found():
    names = ["core/a.cpp", "build/x", "build-sanitize/y.cpp", "tests/__pycache__/a.pyc", "core/builder/a.cpp", "lib/a.so"]
    assert [line.partition(":")[0] for line in rules.generated_files(names)] == [
        "build/x", "build-sanitize/y.cpp", "tests/__pycache__/a.pyc", "lib/a.so"]
