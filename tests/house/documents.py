"""What Markdown documents say: links, headings, and commands in their fenced blocks."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM: Final = "scantling"
_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
_INLINE: Final = re.compile(rf"`{PROGRAM} ([a-z-]+)")
_TEST: Final = re.compile(r"`(tests/[\w./-]+)`")
_SHELL: Final = frozenset({"sh", "bash", "shell", "console"})
_REDIRECTS: Final = frozenset({">", ">>", "<"})
_OPENERS: Final = frozenset({"do", "then", "else", "if", "while", "exec", "time", "$", "!"})
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=")


def documents(root: Path) -> list[Path]:
    """Return the documents that people write, in order."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def broken_links(document: Path, root: Path) -> Iterator[str]:
    """Give the links to files and headings that are not there, and those that leave the tree."""
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    for link in _LINK.findall(text):
        path, _, heading = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (document.parent / path).resolve() if path else document
        inside = target.is_relative_to(root)
        if not inside or not target.exists() or (heading and heading not in headings(target)):
            yield f"{document.relative_to(root)}: {link}"


def headings(document: Path) -> set[str]:
    """Return the anchors of a document's headings."""
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in _HEADING.findall(text)
    }


def named_tests(text: str) -> list[str]:
    """Return the modules of tests that a document names as its proof."""
    return _TEST.findall(_FENCE.sub("", text))


def named_commands(text: str) -> set[str]:
    """Return the commands of ours that the prose names."""
    return set(_INLINE.findall(_FENCE.sub("", text)))


def commands(text: str) -> Iterator[list[str]]:
    """Give the arguments of each call of our program in the shell blocks of a document."""
    for language, block in _FENCE.findall(text):
        if language in _SHELL:
            for line in block.replace("\\\n", " ").splitlines():
                yield from _calls(line)


def _calls(line: str) -> Iterator[list[str]]:
    """Give the calls of a line; a shell's grammar as far as our documents use it."""
    for words in _simple_commands(line):
        while words and (words[0] in _OPENERS or _ASSIGNMENT.match(words[0])):
            words.pop(0)
        if words and words[0].rpartition("/")[2] == PROGRAM:
            yield words[1:]


def _simple_commands(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.wordchars += "@$:,[]{}%+"
    words: list[str] = []
    skip = False
    for token in lexer:
        if token in _REDIRECTS:
            skip = True
        elif set(token) <= set("();<>|&"):
            yield words
            words = []
        elif skip:
            skip = False
        else:
            words.append(token)
    yield words
