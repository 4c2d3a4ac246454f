"""Installed Erlang and Elixir applications (erlang.org, *app(4)*).

``ebin/NAME.app`` holds one term: ``{application, NAME, [{vsn, "1.2"}, …]}``. The runtime, releases
and plugins all have this form. Whether an application once came from Hex is not told there, so
its type is the one of applications of the runtime, ``otp``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_RESOURCE_BYTES: Final = 4 * 1024 * 1024
MAX_LICENSES: Final = 100

_TOKEN: Final = re.compile(
    rb"""[\s,.]+|%[^\n]*|"(?P<string>[^"\\]*(?:\\.[^"\\]*)*)"|'(?P<quoted>[^'\\]*(?:\\.[^'\\]*)*)'"""
    rb"""|(?P<open>[{\[]|<<|\#\{)|(?P<close>[}\]]|>>)|(?P<atom>[^\s,."'%{}\[\]<>#]+)|[<>#]""",
    re.DOTALL,
)
_ESCAPED: Final = re.compile(rb"""\\(["'\\])""")
_APPLICATION: Final = b"application"
_PROPERTIES: Final = 3
"""How deep the keys of properties stand: in a tuple, in a list, in a tuple."""


class _Term(NamedTuple):
    """An atom, number or string: how deep it stands, the tuple's number there, its text."""

    depth: int
    group: int
    text: bytes


class ErlangReader(Reader):
    """Reads the resource file of each application that is compiled."""

    name = "erlang"
    version = 1
    patterns: tuple[str, ...] = ("**/ebin/*.app",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the application."""
        yield parse_resource(whole_text(file, MAX_RESOURCE_BYTES), file.text_path)


def parse_resource(content: bytes, path: str) -> Package:
    """Return the application. Raises :class:`Unreadable` (``malformed``, ``too_many``, …)."""
    terms = _terms(content)
    first, name = next(terms, None), next(terms, None)
    if first is None or name is None or first.text != _APPLICATION or first.depth != 1:
        raise Unreadable("no resource file of an application", code="malformed")
    version = b""
    licenses: list[bytes] = []
    key: _Term | None = None
    for term in terms:
        if term.depth == _PROPERTIES and (key is None or term.group != key.group):
            key = term
        elif key is None:
            continue
        elif key.text == b"vsn" and term.depth == _PROPERTIES and not version:
            version = term.text
        elif key.text == b"licenses" and term.depth == _PROPERTIES + 1:
            if len(licenses) >= MAX_LICENSES:
                message = f"the application names more than {MAX_LICENSES} licences"
                raise Unreadable(message, code="too_many")
            licenses.append(term.text)
    if not version:
        raise Unreadable("the resource file lacks the version", code="malformed")
    return Package(
        path=path,
        name=value(name.text, "an application's name"),
        version=value(version, "a version"),
        type="otp",
        licenses=tuple(dict.fromkeys(value(each, "a licence") for each in licenses)),
        found_by=ErlangReader.name,
    )


def _terms(content: bytes) -> Iterator[_Term]:
    """Yield what stands in the file; brackets are counted, not matched."""
    depth = groups = position = 0
    while position < len(content):
        token = _TOKEN.match(content, position)
        if token is None:
            raise Unreadable(f"no Erlang term at byte {position}", code="malformed")
        position = token.end()
        if token["open"]:
            depth += 1
            groups += depth == _PROPERTIES
        elif token["close"]:
            depth -= 1
            if depth < 0:
                raise Unreadable("a bracket closes that none opened", code="malformed")
        elif token.lastgroup in {"string", "quoted", "atom"}:
            yield _Term(depth, groups, _ESCAPED.sub(rb"\1", token[token.lastgroup] or b""))
