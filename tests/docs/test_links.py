"""Links of the pages lead to files, and to headings, that there are."""

import pathlib
import re

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("targets/*/README.md"),
                *REPOSITORY.glob("[hs]*/README.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def prose(page):
    """The text without what stands in fences or is quoted as code."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S))


def anchors(page):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page):
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        if not file.exists():
            yield f"{page.relative_to(REPOSITORY)}: {target}: no such file"
        elif anchor and anchor not in anchors(file):
            yield f"{page.relative_to(REPOSITORY)}: {target}: no such heading"


def test_links_lead_somewhere():
    dead = [link for page in PAGES for link in dead_links(page)]
    assert not dead, "\n".join(dead)


def test_a_dead_link_is_found(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "REPOSITORY", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("# One Two\n[a](gone.md) [b](page.md#one-two) [c](#three) [d](https://example.org) `[e](code.md)`\n")
    assert list(dead_links(page)) == ["page.md: gone.md: no such file", "page.md: #three: no such heading"]
