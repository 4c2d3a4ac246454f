"""Secrets that the rules for secrets know by form, place or name, marked to be masked. Pure.

``secret-forms.json`` has what the rules say of it, so that what the engine finds in the
configuration of an image is masked in what is shown of that. Nothing is judged: what has the form
is masked. ``python -m tests.analyzers.secrets.shown_forms`` writes it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_common.telemetry.expression import Expression

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA: Final = "secret-forms.json"
MARK: Final = "\u0378"
"""What stands for a value in a text that is looked at once more: no text has it, for it is no
character (Unicode 15)."""

_BEFORE: Final = 100
"""Characters before and behind a name that are looked at."""

_MAX_INSIDE: Final = 8
"""Names within one value that are looked at: it is masked as a whole."""

_VALUE: Final = Expression(
    r"(?:(?i:bearer|basic|digest|token)[ \t]{1,8})?"
    r"(?:(?:new |&)?(?:\[\])?[A-Za-z_][\w.:]{1,40}[({]|[\[{(][ \t]{0,4}|<\w{1,20}>)?"
    r"(?:[bBuUrRfFL$@#]{0,3}[\"'`\\]{1,6}(?P<text>[^\"'`\n]{3,2048})|(?P<word>(?:[^\s\"'`<>\\]|\\\S){3,2048}))"
)
"""What stands behind a name and what joins both: a text in quotes, or a word."""

_SWITCH: Final = Expression(r"(?i:true|false|yes|none|null|\d{1,5})[\W_]{0,2}\Z")
_ELSEWHERE: Final = Expression(r"\.{0,2}/|\$|%s")
"""A path, a variable, what is printed later: behind a name it is no value."""

_IN_NAME: Final = Expression(r"[\w.\-]", re.ASCII)
_PUBLIC: Final = Expression(r"(?i:recv|pub|public|site|primary|foreign|sort)[\w\-]{0,8}\Z")
"""How names begin of keys that are none to anything."""


class Form(NamedTuple):
    """A pattern, whose group ``value`` is the secret, and words in small letters.

    One of the words is in every text that matches.
    """

    words: tuple[str, ...]
    pattern: str


class Joint(NamedTuple):
    """What joins a name and its value, and what precedes such a name."""

    pattern: str
    before: str


class Forms(NamedTuple):
    """The forms, what is in names of secrets, and what joins such a name and its value."""

    forms: tuple[Form, ...]
    names: str
    joints: tuple[Joint, ...]


def marked(text: str) -> str:
    """Return a text (a build step, a variable, a label) with ``MARK`` for values that have a form.

    What else is masked in it sees a letter there, and goes on to where the value ends by its own.
    """
    end, parts = 0, list[str]()
    for first, last in sorted((*_by_form(text), *_by_name(text))):
        if last <= end or _SWITCH.compiled.match(text[first:last]):
            continue
        if first >= end:
            parts += text[end:first], MARK
        end = last
    return "".join((*parts, text[end:])) if end else text


def _by_form(text: str) -> Iterator[tuple[int, int]]:
    small = text.lower()
    for form in _known().forms:
        if any(word in small for word in form.words):
            yield from (found.span("value") for found in _compiled(form.pattern).finditer(text))


def _by_name(text: str) -> Iterator[tuple[int, int]]:
    end = covered = inside = 0
    for found in _compiled(_known().names).finditer(text):
        inside = inside + 1 if found.start() < covered else 0
        if found.start() < end or inside > _MAX_INSIDE:
            continue
        begin, end = _name_at(text, found)
        if _PUBLIC.compiled.search(text, begin, found.start()):
            continue
        for first, last in _values_of(text, begin, end):
            covered = max(covered, last)
            yield first, last


def _values_of(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the values of a name may stand, by each way of joining both."""
    for joint in _known().joints:
        joined = _compiled(joint.pattern).match(text, end)
        if joined is None or not _is_preceded(text, begin, joint.before):
            continue
        if value := _VALUE.compiled.match(text, joined.end()):
            kind = "text" if value["text"] else "word"
            if not _ELSEWHERE.compiled.match(value[kind]):
                yield value.span(kind)


def _name_at(text: str, found: re.Match[str]) -> tuple[int, int]:
    """Return where the whole name stands, of which a part was found."""
    begin, end = found.span()
    while begin > max(0, found.start() - _BEFORE) and _IN_NAME.compiled.match(text, begin - 1):
        begin -= 1
    while end < min(len(text), found.end() + _BEFORE) and _IN_NAME.compiled.match(text, end):
        end += 1
    return begin, end


def _is_preceded(text: str, begin: int, before: str) -> bool:
    if not before:
        return True
    return _compiled(before).search(text, max(0, begin - _BEFORE), begin) is not None


@cache
def _known() -> Forms:
    # They compile expressions of their own, and not every process needs them.
    import json  # noqa: PLC0415  # as said
    from importlib.resources import files  # noqa: PLC0415  # as said

    forms, names, joints = json.loads(files(__package__).joinpath(DATA).read_text("utf-8"))
    return Forms(
        tuple(Form(tuple(words), pattern) for words, pattern in forms),
        names,
        tuple(Joint(*joint) for joint in joints),
    )


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE | re.ASCII)
