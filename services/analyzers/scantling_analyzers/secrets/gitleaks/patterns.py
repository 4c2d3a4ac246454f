"""Patterns of Go (RE2) as patterns of Python, or why they can't be taken.

RE2 runs in linear time whatever the pattern, :mod:`re` does not: repetitions within repetitions
are refused, and what may be repeated without end is bounded.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from math import prod
from typing import Final

MAX_PATTERN: Final = 4096
"""Characters of a pattern."""

MAX_REPEAT: Final = 512
"""How often at most something is repeated that a pattern repeats without end."""

MAX_STEPS: Final = 65_536
"""Ways in which repetitions that follow each other may share out a text between them."""

_REFUSED: Final = (
    (re.compile(r"\(\?(?:=|!|<=|<!)"), "looking around is not a part of RE2"),
    (re.compile(r"\(\?>"), "atomic groups are not a part of RE2"),
    (re.compile(r"\\[1-9]"), "references back are not a part of RE2"),
    (re.compile(r"\(\?[a-zA-Z\-]*U"), "the flag U is not supported"),
    (re.compile(r"\\[pP]"), "classes of Unicode are not supported"),
    (re.compile(r"\\C"), "\\C is not supported"),
    (re.compile(r"\[[^\]]*[^\x00-\x7f]"), "characters beyond ASCII in a class are not supported"),
)
_POSIX: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": "\\x00-\\x7f",
    "blank": "\\t ",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\t\\n\\v\\f\\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_SURROGATES: Final = range(0xD800, 0xE000)
_REPEAT: Final = re.compile(r"(?:[*+?]|\{(\d{1,5})(?:(,)(\d{0,5}))?\})(\??)")
_FLAGS: Final = re.compile(r"\(\?(?=[^)])([ims]{0,3}(?:-[ims]{1,3})?)\)")
_DOT_IS_ALL: Final = re.compile(r"\(\?[im]*s[ims-]*[:)]")
_BYTE: Final = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|0[0-7]{0,2})")
_GROUP: Final = re.compile(r"\((?:\?(?:P?<[A-Za-z]\w{0,63}>|[ims]{0,3}(?:-[ims]{1,3})?:))?")
_CODE: Final = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_CLASS_NAME: Final = re.compile(r"\[:(\^?[a-z]{1,10}):\]")
_QUOTED: Final = re.compile(r"\\Q(.*?)(?:\\E|$)", re.DOTALL)


_Repeats = list[tuple[bytes, int]]
"""Repetitions that may still share out a text: what each takes, and how many times."""


class _Alternatives:
    """The branches of one group: each begins with what was open ``before`` the group."""

    def __init__(self, before: _Repeats) -> None:
        self.before = before
        self._ends: list[_Repeats] = []

    def another(self, end: _Repeats) -> _Repeats:
        """Note the end of a branch, and return what the next one begins with."""
        self._ends.append(end)
        return list(self.before)

    def worst(self, end: _Repeats) -> _Repeats:
        """Return what is open behind the group where the branch matched that is the worst."""
        return max((*self._ends, end), key=_ways)


class Refused(Exception):
    """A pattern can't be taken; the text says why."""


def translated(pattern: str) -> str:
    """Return a pattern of Go as one of Python; :class:`Refused` where it can't be taken."""
    if len(pattern) > MAX_PATTERN:
        message = f"it has {len(pattern)} characters, {MAX_PATTERN} are read"
        raise Refused(message)
    plain = re.sub(r"\\Q.*?(?:\\E|$)|\\\\", "", pattern, flags=re.DOTALL)
    for wrong, why in _REFUSED:
        if wrong.search(plain):
            raise Refused(why)
    text = _Translation(pattern).text
    try:
        re.compile(text.encode(), re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"it is not a regular expression: {error}"
        raise Refused(message) from None
    return text


def spans_lines(pattern: str) -> bool:
    """Tell whether what a pattern of Go matches may have line breaks in it.

    :class:`Refused` where the pattern can't be taken.
    """
    return _Translation(pattern).breaks


class _Translation:
    """One pass over a pattern; ``text`` is what comes out.

    ``breaks`` tells whether a part of it matches line breaks.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._out: list[str] = []
        self._flags: list[list[str]] = [[]]
        self._dot_breaks = bool(_DOT_IS_ALL.search(pattern))
        self.breaks = False
        self._repeats = [False]
        self._last = False
        self._atom = ""
        self._open_repeats: _Repeats = []
        self._groups = [_Alternatives([])]
        self._skipped: _Repeats | None = None
        while self._at < len(pattern):
            self._step()
        self._out.append(")" * len(self._flags[0]))
        self.text = "".join(self._out)

    def _step(self) -> None:
        character = self._pattern[self._at]
        if character == "\\":
            self._escape()
        elif character == "[":
            self._class()
        elif character == "(":
            self._open()
        elif character == ")":
            self._close()
        elif character == "|":
            # A flag holds up to the end of the group, in each of the branches.
            opened = self._flags[-1]
            self._put(f"{')' * len(opened)}|{''.join(opened)}", 1)
            self._open_repeats = self._groups[-1].another(self._open_repeats)
        elif found := _REPEAT.match(self._pattern, self._at):
            self._repeat(found)
        else:
            self._put("\\{" if character == "{" else character, 1, atom=character not in "^$")

    def _put(self, text: str, size: int, *, repeats: bool = False, atom: bool = False) -> None:
        self._separate()
        self._out.append(text)
        self._at += size
        self._skipped = None
        self._last = repeats
        self._atom = text if atom else ""
        if atom:
            self.breaks |= self._dot_breaks if text == "." else _matches_break(text)

    def _separate(self) -> None:
        """Close the repetitions that can't take what stood last, which nothing repeats."""
        if self._atom and self._open_repeats:
            taken = _bytes_of(self._atom)
            self._open_repeats = [
                each for each in self._open_repeats if not set(each[0]).isdisjoint(taken)
            ]

    def _escape(self) -> None:
        if found := _QUOTED.match(self._pattern, self._at):
            self.breaks |= "\n" in found[1]
            self._put(re.escape(found[1]), len(found[0]))
        elif found := _CODE.match(self._pattern, self._at):
            self.breaks |= _character(found[1]) == "\n"
            self._put(re.escape(_character(found[1])), len(found[0]))
        elif found := _BYTE.match(self._pattern, self._at):
            self._put(found[0], len(found[0]), atom=True)
        elif self._pattern.startswith("\\z", self._at):
            self._put("\\Z", 2)
        else:
            text = self._pattern[self._at : self._at + 2]
            self._put(text, 2, atom=text[-1] not in "bBAzZ")

    def _class(self) -> None:
        out = ["["]
        self._at += 1
        for lead in ("^", "]"):
            if self._pattern.startswith(lead, self._at):
                out.append("\\]" if lead == "]" else lead)
                self._at += 1
        while self._at < len(self._pattern) and self._pattern[self._at] != "]":
            out.append(self._member())
        self._put("".join(out) + "]", 1, atom=True)

    def _member(self) -> str:
        if found := _CLASS_NAME.match(self._pattern, self._at):
            if found[1] not in _POSIX:
                message = f"the class {found[0]} is not supported"
                raise Refused(message)
            text = _POSIX[found[1]]
        elif found := _CODE.match(self._pattern, self._at):
            text = re.escape(_character(found[1]))
            if not text.isascii():
                message = "characters beyond ASCII in a class are not supported"
                raise Refused(message)
        else:
            size = 2 if self._pattern[self._at] == "\\" else 1
            text = self._pattern[self._at : self._at + size]
            self._at += size
            return "\\[" if text == "[" else text
        self._at += len(found[0])
        return text

    def _open(self) -> None:
        if found := _FLAGS.match(self._pattern, self._at):
            opened = f"(?{found[1]}:"
            self._flags[-1].append(opened)
            self._put(opened, len(found[0]))
            return
        found = _GROUP.match(self._pattern, self._at)
        text = found[0] if found else "("
        self._flags.append([])
        self._repeats.append(False)
        self._separate()
        self._atom = ""
        self._groups.append(_Alternatives(list(self._open_repeats)))
        # Nothing can refer to a name: the group of the secret gets the only one.
        self._put("(" if text.endswith(">") else text, len(text))

    def _close(self) -> None:
        if len(self._flags) == 1:
            message = "it is not a regular expression: unbalanced parenthesis"
            raise Refused(message)
        inner = self._repeats.pop()
        self._put(")" * (len(self._flags.pop()) + 1), 1, repeats=inner)
        self._repeats[-1] |= inner
        group = self._groups.pop()
        self._open_repeats = group.worst(self._open_repeats)
        self._skipped = group.before

    def _repeat(self, found: re.Match[str]) -> None:
        low, high = _bounds(found)
        if low == 0 and self._skipped is not None:
            # What separates in a group does not where the group is left out.
            self._open_repeats = max(self._skipped, self._open_repeats, key=_ways)
        if high - low > 1:
            if self._last:
                message = "it repeats what itself is repeated, which may take endless time"
                raise Refused(message)
            self._repeats[-1] = True
            self._open_repeats.append((_bytes_of(self._atom), high - low + 1))
            if _ways(self._open_repeats) > MAX_STEPS:
                message = "repetitions follow each other that can share out a text in many ways"
                raise Refused(message)
        if low == 0 or high - low > 1:
            self._atom = ""
        self._put(f"{{{low},{high}}}{found[4]}", len(found[0]))


def _ways(repeats: _Repeats) -> int:
    return prod(width for _, width in repeats)


def _bytes_of(atom: str) -> bytes:
    """Return the bytes that an atom may match; without one, as for a group, all."""
    if not atom:
        return bytes(range(256))
    try:
        pattern = re.compile(atom.encode(), re.IGNORECASE | re.DOTALL)
    except (re.error, OverflowError):
        return bytes(range(256))
    return bytes(byte for byte in range(256) if pattern.fullmatch(bytes((byte,))))


@lru_cache(maxsize=1024)
def _matches_break(atom: str) -> bool:
    try:
        return re.compile(atom.encode()).fullmatch(b"\n") is not None
    except (re.error, OverflowError):
        return True


def _bounds(found: re.Match[str]) -> tuple[int, int]:
    sign = found[0][0]
    if sign == "{":
        low = int(found[1])
        high = low if not found[2] else int(found[3]) if found[3] else max(MAX_REPEAT, low)
        return low, high
    return int(sign == "+"), 1 if sign == "?" else MAX_REPEAT


def _character(code: str) -> str:
    number = int(code, 16)
    if number > sys.maxunicode or number in _SURROGATES:
        message = f"\\x{{{code}}} is no character"
        raise Refused(message)
    return chr(number)
