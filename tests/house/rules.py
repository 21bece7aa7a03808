"""The rules that hold the tree together. Each takes a tree's root and its files, and gives what is wrong, a line each."""

import os
import re
import shutil
import subprocess

OWN_TEST_FOLDERS = ("conformance", "docs", "fuzz", "house", "hw", "layering", "models", "sim")
TEST_DATA_FOLDERS = ("Inputs", "chips")
COMMENTED = (".cpp", ".c", ".h", ".def", ".td")
BINARY = (".tflite", ".npz", ".npy", ".onnx", ".bin", ".png")
GENERATED = re.compile(r"(^|/)(build(-[^/]+)?|__pycache__|\.pytest_cache|\.venv|\.cache)/|\.(pyc|o|a|so)$")
# Spelled in parts: these patterns must not find themselves.
MACHINE_FOLDERS = "|".join(("work", "root", "tmp", "home", "Users", "mnt"))
MACHINE_PATH = re.compile(r"(?<![\w.})*$~-])/(" + MACHINE_FOLDERS + r")/[\w.]")
REGISTRY_HOST = re.compile(
    "|".join(host.replace("!", r"\.") for host in (
        "deb!debian!org", "(security|snapshot|ftp)!debian!org", "pypi!org", "pythonhosted!org", "registry!npmjs",
        "crates!io", "conda!anaconda", "proxy!golang!org", "rubygems!org", "maven!org", "pkg!dev")))


def lines_of(path):
    return path.read_text(errors="replace").splitlines()


def target_word(name):
    """Matches a target's name as a word: with - or _ or nothing between its parts, also inside CamelCase."""
    parts = re.split(r"[-_]", name)
    word = "[-_]?".join(re.escape(part) for part in parts)
    camel = "".join(part.capitalize() for part in parts)
    return re.compile(rf"(?i:(?<![a-z0-9]){word}(?![a-z0-9]))|{camel}(?![a-z0-9])")


def targets_named_in_core(root, files, targets):
    wrong = []
    patterns = [(name, target_word(name)) for name in targets]
    for path in files:
        if not path.is_relative_to(root / "core"):
            continue
        shown = path.relative_to(root)
        wrong += [f"{shown}: its path names the target {name}" for name, pattern in patterns if pattern.search(str(shown))]
        for number, line in enumerate(lines_of(path), 1):
            wrong += [f"{shown}:{number}: names the target {name}" for name, pattern in patterns if pattern.search(line)]
    return wrong


def machine_paths_and_hosts(root, files):
    wrong = []
    for path in files:
        if path.suffix in BINARY:
            continue
        for number, line in enumerate(lines_of(path), 1):
            for what, pattern in (("a path of one machine", MACHINE_PATH), ("a registry's host", REGISTRY_HOST)):
                found = pattern.search(line)
                if found:
                    wrong.append(f"{path.relative_to(root)}:{number}: {what}: {found.group().lstrip()}")
    return wrong


def is_test(path):
    return path.suffix in (".cpp", ".mlir") or (path.name.startswith("test_") and path.suffix == ".py")


def unmirrored_test_folders(root, files):
    """A test stands where the code that it tests stands in core/, or in one of the folders for whole matters."""
    wrong = set()
    for path in files:
        if not path.is_relative_to(root / "tests") or not is_test(path):
            continue
        folder = path.relative_to(root / "tests").parent
        parts = [part for part in folder.parts if part not in TEST_DATA_FOLDERS]
        if parts and parts[0] in OWN_TEST_FOLDERS:
            continue
        if not parts or not (root / "core").joinpath(*parts).is_dir():
            wrong.add(f"tests/{folder}: core/{folder} is no folder")
    return sorted(wrong)


def tests_that_no_slice_runs(root, files, folders):
    tests = [path.relative_to(root / "tests") for path in files if path.is_relative_to(root / "tests")]
    return [f"tests/{path}: no slice of ./check runs tests/{path.parts[0]}" for path in tests
            if is_test(path) and path.suffix != ".cpp" and path.parts[0] not in folders
            and not set(path.parts) & set(TEST_DATA_FOLDERS)]


def files_without_purpose(root, files):
    """A source's first line is a comment, in words, on why the file exists."""
    wrong = []
    for path in files:
        if path.suffix not in COMMENTED:
            continue
        first = (lines_of(path) or [""])[0]
        if not re.match(r"//\s*\w", first) or len(re.findall(r"[A-Za-z]+", first)) < 3:
            wrong.append(f"{path.relative_to(root)}: its first line does not say why it exists")
    return wrong


def generated_files(names):
    return [f"{name}: is generated, and not to be committed" for name in names if GENERATED.search(name)]


def copy_tree(root, files, copy, without):
    for path in files:
        if path.is_relative_to(without):
            continue
        to = copy / path.relative_to(root)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, to)


def broken_without(root, files, target, copy):
    """Configures a copy without this target's folder, and asks Ninja what it would build. Gives what is wrong."""
    copy_tree(root, files, copy, root / "targets" / target)
    environment = {**os.environ, "CLICOLOR_FORCE": "0"}
    for command in (["cmake", "--preset", "default"], ["ninja", "-C", "build", "-n"]):
        result = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            return [f"without targets/{target}, {' '.join(command)} fails:\n{result.stdout[-2000:]}{result.stderr[-2000:]}"]
    return []
