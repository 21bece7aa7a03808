"""Writes docs/reference: pages that the tools print of themselves, so that none of them can say anything else.

`ninja -C build docs` calls it; tests/docs/test_reference.py holds the committed pages to what it writes.
"""

import argparse
import dataclasses
import pathlib
import re
import shutil
import subprocess
import tempfile

import reference_headers
import reference_json

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
LLVM = pathlib.Path("/usr/lib/llvm-19")
HEADERS = ["core/runtime/tenon_device.h", "core/runtime/native/tenon_launcher.h", "core/runtime/native/tenon_native.h"]


@dataclasses.dataclass
class Page:
    name: str
    answers: str
    made_of: str
    text: str


def printed(*command, takes=(0,)):
    """What a program prints on standard output."""
    result = subprocess.run([str(word) for word in command], capture_output=True, encoding="utf-8", check=False,
                            cwd=REPOSITORY)
    if result.returncode not in takes:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def table_generated(option, source, *more):
    """Markdown of mlir-tblgen, with headings that suit a page of their own."""
    text = printed(LLVM / "bin/mlir-tblgen", option, "-I", LLVM / "include", "-I", (REPOSITORY / source).parent, *more,
                   REPOSITORY / source)
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith("<!--") and line != "[TOC]"]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def language(bin_folder):
    return Page("description-language.md", "every key of a target.yaml: its form, whether it must be there, what "
                "it means", "tenon target doc", printed(bin_folder / "tenon", "target", "doc"))


def dialect(_):
    text = table_generated("-gen-dialect-doc", "core/ir/TenonOps.td", "-dialect=tenon")
    text = text.replace("# 'tenon' Dialect", "# The dialect `tenon`", 1)
    return Page("dialect.md", "operations and attributes of the dialect `tenon`: what a module holds after reading a "
                "model", "mlir-tblgen -gen-dialect-doc core/ir/TenonOps.td", text)


def registered_passes(bin_folder):
    """(name, summary) of every pass that tenon-opt has."""
    text = printed(bin_folder / "tenon-opt", "--help").partition("    Passes:\n")[2].partition("Pass Pipelines:")[0]
    return re.findall(r"^ {6}--(\S+?)(?:=\S+)? +- +(\S.*)$", text, re.M)


def passes(bin_folder):
    own = table_generated("-gen-pass-doc", "core/graph/Passes.td")
    rows = "".join(f"| `--{name}` | {summary} |\n" for name, summary in registered_passes(bin_folder))
    text = ("# Passes\n\n`tenon-opt FILE.mlir --PASS ...` runs them, in the order given.\n\n| pass | |\n|---|---|\n" +
            rows +
            "\n## Passes on a model's graph\n\n" + own)
    return Page("passes.md", "every pass that tenon-opt has, and what those on a model's graph do",
                "tenon-opt --help, mlir-tblgen -gen-pass-doc core/graph/Passes.td", text)


def command_line(bin_folder):
    with tempfile.TemporaryDirectory() as folder:
        printed(bin_folder / "tenon", "man", folder, "--markdown")
        text = (pathlib.Path(folder) / "command-line.md").read_text(encoding="utf-8")
    for tool in ("tenon-run", "tenon-as", "tenon-dis"):
        own = printed(bin_folder / tool, "--help").replace(str(bin_folder) + "/", "").rstrip()
        text += f"\n## {tool}\n\n```\n{own}\n```\n"
    return Page("command-line.md", "every command and option",
                "tenon man --markdown; --help of tenon-run, tenon-as and tenon-dis", text)


def c_interface(_):
    text = "# The C interfaces\n\n" + "".join(reference_headers.section(REPOSITORY, header) for header in HEADERS)
    names = ", ".join(f"`{pathlib.Path(name).name}`" for name in HEADERS)
    return Page("c-interface.md", "how a device or a simulator joins, how a machine that runs kernels does, "
                "how a program runs a bundle", "the headers: " + names, text)


def json_files(_):
    return Page("json.md", "every JSON file that a tool writes or reads, key by key",
                "the JSON Schemas in [schemas](schemas), to which tests hold real files", reference_json.page(SCHEMAS))


SCHEMAS = REPOSITORY / "docs" / "reference" / "schemas"
MAKERS = [command_line, language, json_files, c_interface, dialect, passes]
NOTE = "<!-- Written by `ninja -C build docs` from what the tools say of themselves; do not edit. -->\n\n"


def index(pages):
    rows = "".join(f"| [{page.name}]({page.name}) | {page.answers} | {page.made_of} |\n" for page in pages)
    return ("# Reference\n\nWritten by the tools themselves, never by hand: `ninja -C build docs` writes these pages "
            "again, and `./check docs` fails where one\nis not what it would write. "
            "[Why they are committed](../rationale/reference.md).\n\n"
            "| page | answers | made of |\n|---|---|---|\n" + rows +
            "\n[schemas](schemas) holds a JSON Schema for each of the files that json.md lists, and "
            "`target.schema.json` for target.yaml\n(`tenon target schema`).\n")


def write(bin_folder, output):
    """Writes every page into a folder; gives their names."""
    pages = [make(bin_folder) for make in MAKERS]
    files = {page.name: NOTE + page.text for page in pages}
    files["README.md"] = NOTE + index(pages)
    files["schemas/target.schema.json"] = printed(bin_folder / "tenon", "target", "schema")
    for name, text in files.items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / name).write_text(text, encoding="utf-8")
    return sorted(files)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=REPOSITORY / "build" / "bin", help="where the tools are")
    parser.add_argument("--output", type=pathlib.Path, default=REPOSITORY / "docs" / "reference")
    options = parser.parse_args()
    if shutil.which("clang-19") is None:
        parser.error("clang-19 reads the headers, it is not here")
    write(options.bin.resolve(), options.output)


if __name__ == "__main__":
    main()
