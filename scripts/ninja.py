"""What Ninja knows about a build folder: which files each object was made from, and which commands it runs."""

import pathlib
import subprocess


def ask(build, *arguments):
    return subprocess.run(
        ["ninja", "-C", str(build), *arguments], capture_output=True, text=True, check=True).stdout


def dependencies(build):
    """{object: the absolute paths that its compiler read, in no order to rely on: a precompiled header comes first}."""
    return parse_dependencies(ask(build, "-t", "deps"), pathlib.Path(build))


def parse_dependencies(text, build):
    """`ninja -t deps` prints "OBJECT: #deps N, ... (VALID)", then the paths, each indented, then an empty line."""
    found, current = {}, None
    for line in text.splitlines():
        if line.startswith("    "):
            if current is not None:
                current.append((build / line.strip()).resolve())
        elif line.strip():
            name, _, rest = line.partition(": #deps ")
            current = found.setdefault(name, []) if rest.endswith("(VALID)") else None
    return found


def sources_that_read(build, header):
    if not (pathlib.Path(build) / "build.ninja").exists():
        return []
    return sources_among(dependencies(build), header)


def sources_among(found, header):
    """The sources of the objects that were made from the header too."""
    return [path for paths in found.values() if header in paths for path in paths if path.suffix == ".cpp"]


def commands(build):
    """Every command line that a whole build runs."""
    return ask(build, "-t", "commands").splitlines()
