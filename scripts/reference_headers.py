"""A C header as a section of Markdown: its first comment as text, then every declaration with the comment above it.

clang says where declarations and their comments are; what a reader sees is the header's own text.
"""

import json
import re
import subprocess
import textwrap


def declarations(repository, header):
    """[(begin, end, comment or "")] of what the header itself declares; headers are ASCII, so bytes are characters."""
    result = subprocess.run(
        ["clang-19", "-x", "c", "-std=c11", "-I", str(repository), "-fparse-all-comments", "-fsyntax-only", "-Xclang",
         "-ast-dump=json", str(repository / header)], capture_output=True, encoding="utf-8", check=True)
    found = []
    for one in json.loads(result.stdout)["inner"]:
        place = one.get("range", {}).get("begin", {})
        is_own = "offset" in place and "includedFrom" not in one.get("loc", {})
        if not is_own or not one.get("name", "").lower().startswith("tenon"):
            continue
        end = one["range"]["end"]
        found.append((place["offset"], end["offset"] + end["tokLen"], comment_in(one)))
    return found


def comment_in(declaration):
    lines = []

    def walk(node):
        if node["kind"] == "TextComment":
            lines.append(node["text"].strip())
        for inner in node.get("inner", []):
            if inner["kind"].endswith("Comment"):
                walk(inner)

    for inner in declaration.get("inner", []):
        if inner["kind"] == "FullComment":
            walk(inner)
    return " ".join(line for line in lines if line)


def whole(found):
    """A structure and the typedef around it are one: the outermost of those that lie in one another."""
    result = []
    for begin, end, comment in sorted(found, key=lambda one: (one[0], -one[1])):
        if result and end <= result[-1][1]:
            result[-1] = (*result[-1][:2], result[-1][2] or comment)
        else:
            result.append((begin, end, comment))
    return result


def macros(text):
    """[(begin, end, comment)] of constants; what a header defines to be read once is none."""
    found = re.finditer(r"(?:^/\* ([^*]*) \*/\n)?^(#define TENON_\w+ [^\n]+)$", text, re.M)
    return [(one.start(2), one.end(2), one[1] or "") for one in found]


def blocks(text, found):
    """Declarations that no empty line parts stand together, with what is written beside them, to the line's end."""
    result = []
    for begin, end, comment in sorted(found):
        end = text.index("\n", end)
        if result and "\n\n" not in text[result[-1][1]:begin]:
            result[-1] = (result[-1][0], end, result[-1][2])
        else:
            result.append((begin, end, comment))
    return result


def prose(comment):
    """The header's first comment: its paragraphs; lines that are set in further are a table of their own."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", comment):
        run, table = [], []
        for line in paragraph.splitlines():
            if line.startswith("  "):
                if run:
                    parts.append("\n".join(run))
                    run = []
                table.append(line)
                continue
            if table:
                parts.append("```text\n" + textwrap.dedent("\n".join(table)) + "\n```")
                table = []
            run.append(line)
        if table:
            parts.append("```text\n" + textwrap.dedent("\n".join(table)) + "\n```")
        if run:
            parts.append("\n".join(run))
    text = "\n\n".join(part for part in parts if part.strip())
    return re.sub(r"(?m)(?:^|(?<=\n\n))([A-Z][a-z]+)\. ", r"**\1.** ", text)


def section(repository, header):
    text = (repository / header).read_text(encoding="ascii")
    title = re.match(r"// ([^\n]*)\n", text)
    first = re.search(r"/\*\n(.*?)\n \*/", text, re.S)
    lead = "\n".join(re.sub(r"^ \* ?", "", line) for line in first[1].splitlines()) if first else ""
    parts = [f"## {header.rpartition('/')[2]}\n\n{title[1]} `#include \"{header}\"`", prose(lead)]
    for begin, end, comment in blocks(text, whole(declarations(repository, header)) + macros(text)):
        note = "" if comment.startswith("NOLINT") else comment
        parts.append((f"{note}\n\n" if note else "") + f"```c\n{text[begin:end]}\n```")
    return "\n\n".join(part for part in parts if part) + "\n\n"
