"""The files of the design and the packages that are generated for them, for the scripts beside this one."""

import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
RTL = REPOSITORY / "hw" / "rtl"
FILE_LIST = RTL / "npu.f"
TARGET = REPOSITORY / "targets" / "npu-sim" / "target.yaml"
PACKAGE = "npu_sim_pkg.sv"
TOP = "npu_top"


class DesignError(Exception):
    """What a person has to repair; one line or more."""


def source_files():
    """The files of npu.f, in its order, which is that of their dependencies; it names all that hw/rtl holds."""
    lines = (line.split("//")[0].strip() for line in FILE_LIST.read_text().splitlines())
    named = [RTL / line for line in lines if line]
    missing = [str(path.relative_to(REPOSITORY)) for path in named if not path.is_file()]
    unnamed = [str(path.relative_to(REPOSITORY)) for path in sorted(RTL.glob("*.sv")) if path not in named]
    problems = [f"hw/rtl/npu.f names {path}, which is not there" for path in missing]
    problems += [f"hw/rtl/npu.f does not name {path}: add a line" for path in unnamed]
    if problems:
        raise DesignError("\n".join(problems))
    return named


def package_file(tenon, size, folder):
    """Writes the package for an array of `size` rows and columns; the file's path."""
    command = [str(tenon), "target", "package", str(TARGET), "--parameter", f"DIM={size}"]
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise DesignError(f"{tenon}: {error.strerror}; build it with: ninja -C build tenon") from error
    if made.returncode != 0:
        raise DesignError(f"{' '.join(command)} ended with {made.returncode}:\n{made.stderr.strip()}")
    path = pathlib.Path(folder) / f"dim-{size}" / PACKAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made.stdout)
    return path


def add_arguments(parser):
    parser.add_argument("--tenon", type=pathlib.Path, default=REPOSITORY / "build" / "bin" / "tenon",
                        help="the program that generates the packages (%(default)s)")
    parser.add_argument("--packages", type=pathlib.Path, default=REPOSITORY / "build" / "hw",
                        help="the folder for the packages, dim-N/" + PACKAGE + " (%(default)s)")
    parser.add_argument("--ready", action="store_true", help="take the packages as they lie there; generate none")


def package(arguments, size):
    """The package for one size, generated unless --ready says that it is there."""
    if not arguments.ready:
        return package_file(arguments.tenon, size, arguments.packages)
    path = arguments.packages / f"dim-{size}" / PACKAGE
    if not path.is_file():
        raise DesignError(f"{path} is not there: leave out --ready, and it is generated")
    return path
