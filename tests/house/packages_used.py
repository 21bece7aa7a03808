"""Finds the Debian packages that a build really uses, and those that the listed ones bring in.

A machine that somebody works on has more installed than the list says; a bare one has not.
"""

import ast
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

DPKG = pathlib.Path("/var/lib/dpkg")
MERGED = re.compile(r"^/(bin|sbin|lib|lib32|lib64)/")  # Debian 12 keeps these in /usr; its packages still say both


def normal(path):
    return MERGED.sub(r"/usr/\1/", str(path))


def owners():
    """{path: package} of every installed file."""
    found = {}
    for listing in (DPKG / "info").glob("*.list"):
        package = listing.stem.partition(":")[0]
        for line in listing.read_text().splitlines():
            found.setdefault(normal(line), package)
    return found


def owner_of(path, owned):
    """None where no package owns it. A link may be owned by name, or lead to an owned file."""
    for candidate in (normal(path), normal(pathlib.Path(path).resolve())):
        if candidate in owned:
            return owned[candidate]
    return None


def installed_packages():
    """[{field: value}] of dpkg's list."""
    packages = []
    for paragraph in (DPKG / "status").read_text().split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            packages.append(fields)
    return packages


def names_in(field):
    """[[alternative, ...], ...] of a field such as "a (>= 1), b | c:any"."""
    return [
        [re.split(r"[ (:]", alternative.strip())[0] for alternative in entry.split("|")]
        for entry in field.split(",") if entry.strip()
    ]


def closure(listed, packages):
    """What a bare Debian has plus what installing the listed packages, without recommendations, brings in."""
    by_name, provided = {}, {}
    for fields in packages:
        by_name[fields["Package"]] = fields
        for alternatives in names_in(fields.get("Provides", "")):
            provided.setdefault(alternatives[0], fields["Package"])
    base = [fields["Package"] for fields in packages
            if fields.get("Essential") == "yes" or fields.get("Priority") == "required"]
    found, waiting = set(), [*listed, *base]
    while waiting:
        name = waiting.pop()
        name = name if name in by_name else provided.get(name)
        if name is None or name in found:
            continue
        found.add(name)
        for field in ("Depends", "Pre-Depends"):
            for alternatives in names_in(by_name[name].get(field, "")):
                # The first that is here: what apt takes on a bare machine.
                waiting += [other for other in alternatives if other in by_name or other in provided][:1]
    return found


def undeclared(files, owned, declared):
    """["PATH: of package P, which ..."]: what is used and would be missing on a bare machine."""
    wrong = {}
    for path in sorted(files):
        package = owner_of(path, owned)
        if package not in declared:
            wrong.setdefault(package, []).append(path)
    return [
        f"{paths[0]} and {len(paths) - 1} more: "
        + (f"of package {package}, which no listed package brings in" if package else "of no Debian package")
        for package, paths in wrong.items()
    ]


def outside(paths, folders):
    return {str(path) for path in paths if not any(pathlib.Path(path).is_relative_to(folder) for folder in folders)}


def files_in_commands(commands):
    """Every existing file that a command line spells with its whole path: programs, libraries, generators' inputs."""
    words = {word for command in commands for word in shlex.split(command)}
    return {word for word in words if word.startswith("/") and pathlib.Path(word).is_file()}


def linked_libraries(programs):
    found = set()
    for program in programs:
        result = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
        found.update(re.findall(r"(?:=> )?(/\S+) \(0x", result.stdout))
        if "not found" in result.stdout:
            raise RuntimeError(f"{program} lacks a library:\n{result.stdout}")
    return found


def package_folders(cache):
    """A file of each folder in which CMake found a package: header-only ones leave no other trace in a link."""
    found = set()
    for folder in re.findall(r"^\w+_DIR:PATH=(/.*)$", cache, re.MULTILINE):
        found.update(str(path) for path in sorted(pathlib.Path(folder).glob("*.cmake"))[:1])
    return found


def programs_in_scripts(texts):
    """Programs that a Python script names as the first word of a list, which is how a command is written here. A list
    that something is compared with is no command."""
    words = set()
    for text in texts:
        nodes = list(ast.walk(ast.parse(text)))
        compared = {id(side) for node in nodes if isinstance(node, ast.Compare) for side in node.comparators}
        for node in nodes:
            if id(node) in compared:
                continue
            if isinstance(node, ast.List) and node.elts and isinstance(node.elts[0], ast.Constant):
                words.add(node.elts[0].value)
    # A relative path is a program of ours.
    names = {word for word in words if isinstance(word, str) and (word.startswith("/") or "/" not in word)}
    return {found for name in names if (found := shutil.which(name))}


def programs_in_lit_tests(texts, tools):
    """The first word of each part of a RUN line's pipe, where it is a tool of LLVM or of the system."""
    words = set()
    for text in texts:
        for line in re.findall(r"RUN:(.*)", text):
            words.update(part.split()[0] for part in re.split(r"\|+|&&|;", line) if part.split())
            words.update(word for word in line.split() if word in ("FileCheck", "not"))
    return {found for word in words if (found := shutil.which(word, path=tools))}


def modules_in_scripts(texts, python):
    """The files of the modules that scripts import, less Python's own and the scripts beside them."""
    names = set()
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    names = sorted(names - set(sys.stdlib_module_names))
    code = "import importlib.util, sys\nfor n in sys.argv[1:]:\n  s = importlib.util.find_spec(n)\n  print(s.origin if s else '')"
    result = subprocess.run([python, "-I", "-c", code, *names], capture_output=True, text=True, check=True)
    return {line for line in result.stdout.splitlines() if line}
