r"""What a pattern of Go is looked for by at first: another one that matches at least as much.

It is for bytes, in the syntax of PCRE that hyperscan reads. What may match characters beyond ASCII,
whose bytes are several, matches any number of bytes there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODE: Final = r"\\(?:x\{(?P<long>[0-9A-Fa-f]+)\}|x(?P<short>[0-9A-Fa-f]{2})|(?P<octal>[0-7]{1,3}))"
_PART: Final = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)"
    rf"|{_CODE}"
    r"|(?P<property>\\[pP](?:\{[^}]*\}|.))"
    r"|\\(?P<escape>.)"
    r"|\[(?P<negated>\^?)(?P<members>\]?(?:\[:\^?[a-z]+:\]|\\[pP]\{[^}]*\}|\\.|[^\]\\])*)\]"
    r"|(?P<name>\(\?P?<[^>]*>)"
    r"|\(\?(?P<flags>[a-zA-Z-]*)(?P<after>[:)])"
    r"|(?P<repeat>[*+?]|\{(?P<low>\d+)(?:,\d*)?\})"
    r"|(?P<meaning>[.^$|()])"
    r"|(?P<character>.)",
    re.DOTALL,
)
"""A part of a pattern that RE2 has taken."""

_MEMBER: Final = re.compile(
    rf"{_CODE}|(?P<property>\\[pP])|\\(?P<escape>.)|(?P<named>\[:\^?[a-z]+:\])|(?P<dash>-)"
    r"|(?P<character>.)",
    re.DOTALL,
)
_ANY: Final = r"[\x00-\xff]"
_BEYOND_ASCII: Final = r"[\x80-\xff]"
_LAST_OF_ASCII: Final = 0x7F

_OUTSIDE: Final = {"v": r"\x0b", "S": r"[^\t\n\f\r\x20]", "C": _ANY}
"""Escapes that mean another thing in PCRE, where a vertical tab is a space."""

_INSIDE: Final = {"v": r"\x0b", "s": r"\t\n\f\r\x20", "S": r"\S\x0b"}
_WIDE: Final = frozenset("SWDC")
"""Escapes that match characters beyond ASCII."""


class _Part(NamedTuple):
    """A part of a hint: ``wide`` where it may match bytes of characters beyond ASCII."""

    text: str
    wide: bool = False


def hint(pattern: str) -> str:
    """Return a pattern for bytes that ends wherever a pattern of Go does, and maybe elsewhere."""
    out: list[str] = []
    wide = False
    for found in _PART.finditer(pattern):
        if found["repeat"]:
            out.append(_repeated(found) if wide else found[0])
            wide = False
            continue
        for part in _parts(found):
            out.append("+" * wide + part.text)
            wide = part.wide
    return "".join(out) + "+" * wide


def _repeated(found: re.Match[str]) -> str:
    """Return how often bytes are repeated where characters are as a pattern says."""
    if found["low"]:
        return f"{{{found['low']},}}"
    return "+" if found["repeat"] == "+" else "*"


def _parts(found: re.Match[str]) -> Iterator[_Part]:
    if found["quoted"] is not None:
        yield from map(_character, found["quoted"])
    elif found["members"] is not None:
        yield _class(found["members"], negated=bool(found["negated"]))
    elif found["property"]:
        yield _Part(_ANY, wide=True)
    elif found["name"]:
        yield _Part("(")
    elif found["after"]:
        # Which of several matches is taken is of no matter.
        flags = found["flags"].replace("U", "").rstrip("-")
        yield _Part("" if not flags and found["after"] == ")" else f"(?{flags}{found['after']}")
    elif letter := found["escape"]:
        yield _Part(_OUTSIDE.get(letter, f"\\{letter}"), letter in _WIDE)
    elif found["meaning"]:
        yield _Part(found[0], found[0] == ".")
    else:
        yield _character(found["character"] or _decoded(found))


def _decoded(found: re.Match[str]) -> str:
    octal, digits = found["octal"], found["long"] or found["short"]
    return chr(int(octal, 8) if octal else int(digits, 16))


def _character(character: str) -> _Part:
    if ord(character) > _LAST_OF_ASCII:
        return _Part(_BEYOND_ASCII, wide=True)
    return _Part(character if character.isalnum() else f"\\x{ord(character):02x}")


def _class(members: str, *, negated: bool) -> _Part:
    out, wide = [], negated
    for found in _MEMBER.finditer(members):
        if found["property"]:
            return _Part(_ANY, wide=True)
        if letter := found["escape"]:
            wide |= letter in _WIDE
            out.append(_INSIDE.get(letter, f"\\{letter}"))
        elif found["named"] or found["dash"]:
            wide |= "^" in found[0]
            out.append(found[0])
        else:
            member = _character(found["character"] or _decoded(found))
            if member.wide:
                return _Part(_ANY, wide=True)
            out.append(member.text)
    return _Part(f"[{'^' * negated}{''.join(out)}]", wide)
