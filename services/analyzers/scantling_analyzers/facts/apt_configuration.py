"""The syntax of apt.conf(5): what stands in a file as apt understands it; pure, and linear.

Comments are ``//`` and ``#`` to the end of a line and ``/* … */`` over lines, none of them within
quotes; scopes nest by braces or by ``::``. Every statement becomes one line of its own,
``APT::Get::Option "value"``, ``#clear NAME`` or ``#include PATH``, with the number of the line on
which it begins. Where apt gives up, so does this.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_NAME_BYTES: Final = 256
"""The longest name of an option, with the scopes that it is in."""
MAX_STATEMENT_BYTES: Final = 4096
MAX_STATEMENTS: Final = 100_000
MAX_DEPTH: Final = 64

_QUOTE: Final = b'"'
_DIRECTIVES: Final = (b"#clear", b"#include", b"#x-apt-configure-index")
"""What begins with ``#`` and is no comment, whatever follows."""
_TO_COMMENT: Final = re.compile(rb'(?:[^"/]++|"[^"]*+"|/(?!\*))*+')
_PIECE: Final = re.compile(rb'(?:[^"{};]++|"[^"]*+"?)++|[{};]')
_WORD: Final = re.compile(rb'\s*+((?:[^\s"\[]|"[^"]*+"|\[[^\]]*+\])++)\s*+')
_QUOTED: Final = re.compile(rb'\s*+"[^"]*+"(?:\s*+"[^"]*+")*+\s*+')
_QUOTED_PART: Final = re.compile(rb'"([^"]*+)"|\s++')
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


def apt_statements(rows: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the number of the line and the text of each statement.

    Raises :class:`~scantling_analyzers.contract.Unreadable` (``malformed``, ``too_large``,
    ``too_many``, ``nested_too_deep``) where apt or a bound ends it.
    """
    reading, count = _Reading(), 0
    for number, text in _without_comments(rows):
        for statement in reading.line(number, text):
            count += 1
            if count > MAX_STATEMENTS:
                message = f"more than {MAX_STATEMENTS} statements"
                raise Unreadable(message, code="too_many")
            yield statement
    if reading.pending:
        raise reading.wrong("a statement without an end")


def _without_comments(rows: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    inside = False
    for number, row in enumerate(rows, start=1):
        line = row.replace(b"\t", b" ").strip()
        if inside:
            _, mark, line = line.partition(b"*/")
            inside = not mark
        # As apt does it, what begins with // goes before what is between /* and */.
        line = _until(line, b"//", ())
        line = _until(line, b"#", _DIRECTIVES)
        kept, start = [], 0
        while start < len(line):
            match = _TO_COMMENT.match(line, start)
            at = match.end() if match else start
            if not line.startswith(b"/*", at):
                kept.append(line[start:])
                break
            kept.append(line[start:at])
            end = line.find(b"*/", at + 2)
            inside = end < 0
            start = len(line) if inside else end + 2
        if fragment := b"".join(kept):
            yield number, fragment


def _until(line: bytes, mark: bytes, but: tuple[bytes, ...]) -> bytes:
    """Return what stands before the first mark that is not within quotes."""
    start = 0
    for odd, part in enumerate(line.split(_QUOTE)):
        at = -1 if odd % 2 else part.find(mark)
        while at >= 0 and line.startswith(but, start + at):
            at = part.find(mark, at + 1)
        if at >= 0:
            return line[: start + at]
        start += len(part) + 1
    return line


class _Reading:
    """Where apt is in a file: within which scopes, and in which statement."""

    def __init__(self) -> None:
        self._scopes: list[bytes] = []
        self._scope, self.pending, self._number = b"", b"", 0

    def wrong(self, problem: str, code: str = "malformed") -> Unreadable:
        """Return the error for the statement."""
        return Unreadable(f"line {self._number}: {problem}", code=code)

    def line(self, number: int, text: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the statements that end on a line."""
        for piece in _PIECE.findall(text):
            if piece not in {b"{", b"}", b";"}:
                self._add(number, piece.strip())
                continue
            if not self.pending:
                self._number = number
                if piece == b"{":
                    raise self.wrong("a block without a name")
            elif statement := self._statement(piece):
                yield self._number, statement
            self.pending = b""
            if piece == b"}":
                self._scope = self._scopes.pop() if self._scopes else b""

    def _add(self, number: int, text: bytes) -> None:
        if not text:
            return
        self._number = self._number if self.pending else number
        self.pending = b" ".join(filter(None, (self.pending, text)))
        if len(self.pending) > MAX_STATEMENT_BYTES:
            raise self.wrong(f"a statement of over {MAX_STATEMENT_BYTES} bytes", "too_large")

    def _statement(self, end: bytes) -> bytes:
        """Return what is said, empty where a block without a value begins."""
        tag, word = self._words(end)
        if end == b"{":
            self._enter(tag)
            name = self._scope
        else:
            name = _joined(self._scope, tag) if self._scope else tag
        if tag.startswith(b"#") and end != b"{":
            return self._directive(tag, word or b"")
        if len(name) > MAX_NAME_BYTES:
            raise self.wrong(f"a name of over {MAX_NAME_BYTES} bytes", "too_large")
        if not tag and word == b"#clear":
            raise self.wrong("#clear without a name")
        # "#clear NAME {" begins a block that is called #clear: it takes nothing away.
        is_set = word is not None and not name.startswith(b"#")
        return b'%s "%s"' % (name, word) if is_set else b""

    def _words(self, end: bytes) -> tuple[bytes, bytes | None]:
        """Return name and value; a word alone is a value without a name, or names a block."""
        match = _WORD.match(self.pending)
        if match is None:
            raise self.wrong("a name with an open quote or bracket")
        tag, rest = _plain(match[1]), self.pending[match.end() :]
        if not rest:
            return (tag, None) if end == b"{" else (b"", tag)
        if _QUOTED.fullmatch(rest):
            parts = _QUOTED_PART.finditer(rest.lstrip())
            return tag, b"".join(part[1] if part[1] is not None else b" " for part in parts)
        value = _WORD.fullmatch(rest)
        if value is None:
            raise self.wrong("more behind the value")
        return tag, _plain(value[1])

    def _enter(self, tag: bytes) -> None:
        if len(self._scopes) >= MAX_DEPTH:
            raise self.wrong(f"more than {MAX_DEPTH} scopes", "nested_too_deep")
        self._scopes.append(self._scope)
        self._scope = _joined(self._scope, tag) if self._scope else tag

    def _directive(self, tag: bytes, word: bytes) -> bytes:
        if self._scope or tag not in _DIRECTIVES:
            raise self.wrong("a directive that is none, or within a block")
        return b"%s %s" % (tag, word)


def _joined(scope: bytes, tag: bytes) -> bytes:
    return scope + b"::" + tag


def _plain(word: bytes) -> bytes:
    """Return a word without its quotes, characters by their numbers as what they are."""
    bare = word.replace(_QUOTE, b"")
    return _PERCENT.sub(lambda match: bytes([int(match[1], 16)]), bare)
