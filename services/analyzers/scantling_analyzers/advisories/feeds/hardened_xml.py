"""XML of feeds as a stream of records: bounded, without document type, entities or network; pure.

A document is never held as a whole: each record is built, given out and dropped. A document type
is refused, and with it every entity that a document could declare (XML 1.0, 2.8 and 4.2). Names
are without their namespace prefix: no feed has two elements of one name that differ in it.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final
from xml.parsers import expat

from scantling_analyzers.advisories.feeds.contract import MIB, FeedUnreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

CHUNK: Final = 64 * 1024
MAX_DEPTH: Final = 100
MAX_ELEMENTS: Final = 50_000_000
"""How many elements a document may have."""
MAX_RECORD: Final = 200_000
"""How many elements of one record are kept; one that has more is marked as cut."""
MAX_RECORD_BYTES: Final = 16 * MIB
"""How many bytes of one record are read; what is beyond is left out, and it is marked as cut."""
MAX_TEXT: Final = 64 * 1024
"""How many characters of one element are kept: more than of any text that is shown."""
MAX_ATTRIBUTES: Final = 64
MAX_TOKEN: Final = MIB
"""How many bytes a tag or a comment may have: the parser reads it anew with each chunk."""

_NO_XML: Final = (expat.ExpatError, LookupError, ValueError)
"""The last two are for encodings that Python does not know, or that are none for XML."""


class Element:
    """An element of a record; ``text`` is what stands directly in it, stripped.

    ``cut`` is true for a record of which a part was left out, for its size.
    """

    __slots__ = ("attributes", "children", "cut", "name", "parts", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        """Make an element without children."""
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""
        self.cut = False
        self.parts: list[str] | None = None

    def get(self, name: str) -> str:
        """Return an attribute, empty where it is not there."""
        return self.attributes.get(name, "")

    def find(self, name: str) -> Element | None:
        """Return the first child of a name."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def every(self, *path: str) -> Iterator[Element]:
        """Give all descendants that a path of names leads to."""
        found = [self]
        for name in path:
            found = [child for each in found for child in each.children if child.name == name]
        yield from found

    def said(self, *path: str) -> str:
        """Return the text of the first descendant that a path leads to, empty without one."""
        return next((each.text for each in self.every(*path)), "")

    def walk(self) -> Iterator[Element]:
        """Give the element and all that is in it, in no promised order."""
        left = [self]
        while left:
            each = left.pop()
            yield each
            left.extend(each.children)


def records(
    file: IO[bytes],
    names: Collection[str],
    *,
    without: Collection[str] = (),
    last: str = "",
) -> Iterator[Element]:
    """Give each element whose name is among ``names`` and that is in no other such element.

    Elements of the names ``without`` are left out of records. Reading ends where one of the name
    ``last`` does. Raises :class:`FeedUnreadable` where the document is no XML, or beyond what is
    read.
    """
    reading = _Reading(frozenset(names), frozenset(without), last)
    while not reading.ended and (chunk := file.read(CHUNK)):
        reading.feed(chunk, last=False)
        yield from reading.taken()
    if not reading.ended:
        reading.feed(b"", last=True)
        yield from reading.taken()


class _Reading:
    """Builds records from what the parser tells."""

    def __init__(self, names: frozenset[str], without: frozenset[str], last: str) -> None:
        self.ended = False
        self._names = names
        self._without = without
        self._last = last
        self._done: list[Element] = []
        self._open: list[Element] = []
        self._depth = 0
        self._elements = 0
        self._skipped = 0
        self._in_record = 0
        self._begin = 0
        self._fed = 0
        self._parser = parser = expat.ParserCreate()
        parser.buffer_size = CHUNK
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse_document_type

    def feed(self, chunk: bytes, *, last: bool) -> None:
        self._fed += len(chunk)
        try:
            self._parser.Parse(chunk, last)
        except _NO_XML as error:
            raise FeedUnreadable(f"the document is no XML: {error}") from None
        if self._fed - self._parser.CurrentByteIndex > MAX_TOKEN:
            raise FeedUnreadable(f"a tag or a comment has over {MAX_TOKEN} bytes")

    def taken(self) -> list[Element]:
        taken, self._done = self._done, []
        return taken

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if (
            self._depth > MAX_DEPTH
            or self._elements > MAX_ELEMENTS
            or len(attributes) > MAX_ATTRIBUTES
        ):
            self._refuse()
        if self._skipped:
            self._skipped += 1
            return
        if ":" in name:
            name = name[name.rfind(":") + 1 :]
        opened = self._open
        if opened:
            self._in_record += 1
            if name in self._without:
                self._skipped = 1
            elif (
                self._in_record > MAX_RECORD
                or self._parser.CurrentByteIndex - self._begin > MAX_RECORD_BYTES
            ):
                opened[0].cut = True
                self._skipped = 1
            else:
                element = Element(name, attributes)
                opened[-1].children.append(element)
                opened.append(element)
        elif name in self._names:
            self._in_record = 0
            self._begin = self._parser.CurrentByteIndex
            opened.append(Element(name, attributes))

    def _refuse(self) -> None:
        if self._depth > MAX_DEPTH:
            raise FeedUnreadable(f"elements are nested over {MAX_DEPTH} deep")
        if self._elements > MAX_ELEMENTS:
            raise FeedUnreadable(f"the document has over {MAX_ELEMENTS} elements")
        raise FeedUnreadable(f"an element has over {MAX_ATTRIBUTES} attributes")

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._skipped:
            self._skipped -= 1
        elif self._open:
            element = self._open.pop()
            if element.parts is not None:
                element.text = "".join(element.parts)[:MAX_TEXT].strip()
                element.parts = None
            if not self._open:
                self._done.append(element)
        elif name[name.rfind(":") + 1 :] == self._last:
            self.ended = True

    def _characters(self, text: str) -> None:
        if not self._open or self._skipped:
            return
        element = self._open[-1]
        if element.parts is None:
            element.parts = [text]
        elif self._parser.CurrentByteIndex - self._begin > MAX_RECORD_BYTES:
            self._open[0].cut = True
        else:
            element.parts.append(text)


def _refuse_document_type(*_: object) -> None:
    raise FeedUnreadable("the document has a document type, which is not read")
