"""Reads the blocks of a page, and says whether what a command printed is what the page shows. A block that is marked
`console` holds commands, each after "$ ", and what each of them prints; "..." stands for anything."""

import dataclasses
import functools
import re

FENCE = re.compile(r"^(\s*)(`{3,})(\S*)\s*$")
HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
ANYTHING = "..."


class PageError(Exception):
    """A page that breaks the rules of console blocks; says where and what would mend it."""


@dataclasses.dataclass
class Block:
    """A fenced block. `line` is the number of its first line within the fence, counted from 1."""

    language: str
    line: int
    lines: list


@dataclasses.dataclass
class Command:
    """`shown` holds the lines that the page says come out; `line` is where the command stands, `shown_line` where these
    begin."""

    line: int
    text: str
    shown_line: int
    shown: list

    @property
    def may_fail(self):
        """A page that shows an error wants one."""
        return any("error" in line for line in self.shown)


def blocks(page, text):
    """The fenced blocks of a page of Markdown."""
    found, inside, fence = [], None, ""
    for number, line in enumerate(text.splitlines(), 1):
        match = FENCE.match(line)
        if inside is None and match:
            inside, fence = Block(match[3], number + 1, []), match[2]
        elif inside is not None and match and match[2] == fence and not match[3]:
            found.append(inside)
            inside = None
        elif inside is not None:
            inside.lines.append(line)
    if inside is not None:
        raise PageError(f"{page}:{inside.line - 1}: a fence is opened here and never closed")
    return found


def commands(page, block):
    """The commands of a console block, in order."""
    found, lines, at = [], block.lines, 0
    while at < len(lines):
        if not lines[at].startswith("$ "):
            if not found:
                raise PageError(f"{page}:{block.line + at}: a console block begins with a command ($ ...), not with "
                                f"\"{lines[at]}\"")
            found[-1].shown.append(lines[at])
            at += 1
            continue
        end = end_of_command(page, block, at)
        text = "\n".join([lines[at][2:], *lines[at + 1:end]])
        found.append(Command(block.line + at, text, block.line + end, []))
        at = end
    for command in found:  # an empty line before the next command is for the eye
        while command.shown and not command.shown[-1].strip():
            command.shown.pop()
    return found


def end_of_command(page, block, at):
    """The index of the line after the command that begins at `at`: past continued lines and texts given with <<."""
    lines, end = block.lines, at + 1
    while lines[end - 1].endswith("\\") and end < len(lines):
        end += 1
    for _, word in HEREDOC.findall("\n".join(lines[at:end])):
        closing = next((number for number in range(end, len(lines)) if lines[number] == word), None)
        if closing is None:
            raise PageError(f"{page}:{block.line + at}: the text after << has no line {word} that ends it")
        end = closing + 1
    return end


def line_pattern(line):
    return re.compile("[^\n]*".join(re.escape(part) for part in line.rstrip().split(ANYTHING)))


def difference(shown, printed):
    """None where the printed lines are what is shown, else the index of the first shown line that has no match."""
    patterns = [None if line.strip() == ANYTHING else line_pattern(line) for line in shown]
    printed = [line.rstrip() for line in printed]
    while printed and not printed[-1]:
        printed.pop()
    furthest = 0

    @functools.lru_cache(maxsize=None)
    def reached(at):
        """The indices of printed lines that the first `at` patterns may end before."""
        if at == 0:
            return frozenset([0])
        before = reached(at - 1)
        if patterns[at - 1] is None:
            return frozenset(range(min(before), len(printed) + 1)) if before else before
        return frozenset(place + 1 for place in before
                         if place < len(printed) and patterns[at - 1].fullmatch(printed[place]))

    for at in range(len(patterns) + 1):
        if not reached(at):
            return furthest
        furthest = at
    return None if len(printed) in reached(len(patterns)) else furthest
