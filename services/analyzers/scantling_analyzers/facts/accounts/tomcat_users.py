"""tomcat-users.xml: users of Tomcat with their passwords; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.parsers import expat

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.accounts.entry import MAX_ACCOUNTS, Entry, clear
from scantling_analyzers.passwords.schemes import recognise

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGESTED: Final = frozenset({"digest", "tomcat"})
_MAX_DEPTH: Final = 64


class _Ended(Exception):
    """The document has something that is not read."""


class _Document:
    """Takes the events of one document."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self.found: list[tuple[int, Entry]] = []
        self.ended = ""
        self._parser, self._depth = parser, 0
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        # No document of Tomcat declares anything; what does is made to hurt.
        parser.StartDoctypeDeclHandler = self._declared

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._end_with("nested_too_deep")
        if name.rpartition(":")[2] == "user":
            user = attributes.get("username", attributes.get("name", ""))
            password = attributes.get("password")
            if len(self.found) >= MAX_ACCOUNTS:
                self._end_with("too_many")
            if password is not None:
                entry = _entry(user.encode(), password.encode("utf-8", "surrogatepass"))
                self.found.append((self._parser.CurrentLineNumber, entry))

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _declared(self, *_: object) -> None:
        self._end_with("malformed")

    def _end_with(self, code: str) -> None:
        self.ended = code
        raise _Ended


def tomcat_users(content: bytes) -> tuple[list[tuple[int, Entry]], Unreadable | None]:
    """Return the users, each with its line, and what ended the document before its end."""
    parser = expat.ParserCreate()
    document = _Document(parser)
    try:
        parser.Parse(content, True)
    except _Ended:
        message = "the document is no list of users"
        return document.found, Unreadable(message, code=document.ended)
    except expat.ExpatError as error:
        message = f"line {error.lineno}: {expat.ErrorString(error.code)}"
        return document.found, Unreadable(message, code="malformed")
    except (ValueError, LookupError):
        return document.found, Unreadable("an unknown encoding", code="malformed")
    return document.found, None


def _entry(name: bytes, password: bytes) -> Entry:
    known = recognise(password)
    if known is not None and known.scheme.name in _DIGESTED:
        return Entry(name, "hash", password, known.scheme.name)
    return clear(name, password)
