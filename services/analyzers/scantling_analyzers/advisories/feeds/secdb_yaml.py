"""The subset of YAML in which Alpine's secdb was published until 2020, line by line; pure.

It is a list of packages with mappings and lists by indentation, and nothing else: no anchors, no
tags, no flow collections, no text over several lines. So a reader of lines does, bounded by the
number of lines and with no reference that could be followed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE: Final = 2_000
"""How many characters a line may have."""

_TOP: Final = re.compile(r"([A-Za-z_]{1,40}):(?:\s+(\S.*))?")
_PACKAGE: Final = re.compile(r"\s+- pkg:")
_FIELD: Final = re.compile(r"\s+([A-Za-z_]{1,40}):(?:\s+(\S.*))?")
_VERSION: Final = re.compile(r"\s+(['\"]?)([^\s'\":][^\s'\"]{0,500})\1:(?:\s+(?:\[\]|\{\}))?")
_ITEM: Final = re.compile(r"\s+-\s+(\S.*)")
_NOTHING: Final = re.compile(r"\s*(?:#.*)?|---|\.\.\.")


class YamlLine(NamedTuple):
    """What a line says: a field of the document, or of a package; ``kind`` tells which.

    ``top`` is a field of the document (``key``, ``text``), ``package`` the beginning of one,
    ``name`` its name, ``fixes`` that versions follow, ``version`` one that fixes, ``item`` an id
    fixed in it, ``other`` what is of no use here, ``broken`` what can't be read.
    """

    kind: str
    number: int
    key: str = ""
    text: str = ""


def yaml_lines(text: str) -> Iterator[YamlLine]:
    """Yield what the lines say that are of the subset, and those that are not."""
    inside = fixes = False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip()
        if len(line) > MAX_LINE:
            yield YamlLine("broken", number, text=line[:100])
        elif _NOTHING.fullmatch(line) is None:
            found = _line(line, number, inside=inside, fixes=fixes)
            if found.kind == "top":
                inside = found.key == "packages"
            if found.kind in {"top", "package", "name"}:
                fixes = False
            elif found.kind == "fixes":
                fixes = True
            yield found


def _line(line: str, number: int, *, inside: bool, fixes: bool) -> YamlLine:
    """Return what a line says: ``inside`` of the packages, among the ``fixes`` of one."""
    if (found := _TOP.fullmatch(line)) is not None:
        return YamlLine("top", number, found[1], _plain(found[2] or ""))
    if not inside and _ITEM.fullmatch(line):
        return YamlLine("other", number)
    if _PACKAGE.fullmatch(line):
        return YamlLine("package", number)
    return _of_package(line, number, fixes=fixes)


def _of_package(line: str, number: int, *, fixes: bool) -> YamlLine:
    if (found := _FIELD.fullmatch(line)) is not None and found[1] in {"name", "secfixes"}:
        kind = "fixes" if found[1] == "secfixes" else "name"
        return YamlLine(kind, number, text=_plain(found[2] or ""))
    if fixes and (found := _VERSION.fullmatch(line)) is not None:
        return YamlLine("version", number, text=found[2])
    if fixes and (found := _ITEM.fullmatch(line)) is not None:
        return YamlLine("item", number, text=_plain(found[1]))
    return YamlLine("broken", number, text=line.strip()[:100])


def _plain(text: str) -> str:
    """Return a scalar without its quotes and without the comment after it."""
    text = text.strip()
    if text[:1] in {'"', "'"} and text.find(text[0], 1) > 0:
        return text[1 : text.find(text[0], 1)]
    return text.partition(" #")[0].rstrip()
