r"""Installed Ruby gems, by their specifications (RubyGems guides, *Specification reference*).

RubyGems and Bundler write one Ruby program for each gem that they install, Ruby itself one for
each default gem, all under a folder ``specifications``. They are generated: one assignment a
line, of literals (``s.name = "rake".freeze``). That is read; nothing is executed. Gems that
Bundler took from a Git repository have specifications written by hand, and are not listed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import value, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_SPECIFICATION_BYTES: Final = 8 * 1024 * 1024
MAX_LICENSES: Final = 100

_ASSIGNMENT: Final = re.compile(
    rb"^[ \t]*[a-z_]\w*\.(name|version|platform|licenses?|authors?)[ \t]*=[ \t]*([^\r\n]*)",
    re.MULTILINE,
)
_LITERAL: Final = re.compile(
    rb""""([^"\\]*+(?:\\.[^"\\]*+)*+\\?)("|\Z)|'([^'\\]*+(?:\\.[^'\\]*+)*+\\?)('|\Z)|%[qQ]\{([^{}]*+)(\})""",
    re.DOTALL,
)
"""A text in quotes. One that never closes, or ends with half an escape, is taken to the end, so
that none is tried twice."""
_ESCAPED: Final = re.compile(rb"""\\(?:u([0-9A-Fa-f]{4})|(["'\\]))""")
_STUB: Final = re.compile(rb"^# stub: (\S+) (\S+) (\S+)", re.MULTILINE)
_RUBY: Final = "ruby"
"""The platform of gems without native code."""


class RubyReader(Reader):
    """Reads specifications where gems are installed; ``.gem`` archives are a cache."""

    name = "ruby"
    version = 1
    patterns: tuple[str, ...] = ("**/specifications/**/*.gemspec",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the gem that the file describes.

        NUL bytes are no reason not to: lists of files in Ruby's own default gems have them.
        """
        yield parse_specification(whole(file, MAX_SPECIFICATION_BYTES), file.text_path)


def parse_specification(content: bytes, path: str) -> Package:
    """Return the gem; name and version from their assignments, else from the stub line.

    Raises :class:`Unreadable` (``malformed``, ``too_many``, ``too_large``).
    """
    given = _assignments(content)
    stub = _STUB.search(content)
    name, version, platform = (
        value(_first(given, field) or (stub[group] if stub else b""), f"a gem's {field.decode()}")
        for group, field in enumerate((b"name", b"version", b"platform"), start=1)
    )
    if not name or not version:
        raise Unreadable("the specification lacks a literal name or version", code="malformed")
    return Package(
        path=path,
        name=name,
        version=version,
        type="gem",
        arch="" if platform == _RUBY else platform,
        licenses=tuple(value(each, "a licence") for each in given.get(b"license", ())),
        maintainer=value(_first(given, b"author"), "an author"),
        found_by=RubyReader.name,
    )


def _assignments(content: bytes) -> Mapping[bytes, list[bytes]]:
    """Return the literals of each field's first assignment, by its name in the singular."""
    found: dict[bytes, list[bytes]] = {}
    for assignment in _ASSIGNMENT.finditer(content):
        literals: list[bytes] = []
        for literal in _LITERAL.finditer(assignment[2]):
            if len(literals) >= MAX_LICENSES:
                message = f"the gem names more than {MAX_LICENSES} licences or authors"
                raise Unreadable(message, code="too_many")
            text, closing = (part for part in literal.groups() if part is not None)
            if closing:
                literals.append(_ESCAPED.sub(_character, text))
        found.setdefault(assignment[1].removesuffix(b"s"), literals)
    return found


def _character(escaped: re.Match[bytes]) -> bytes:
    code, plain = escaped.groups()
    return chr(int(code, 16)).encode("utf-8", "surrogatepass") if code else bytes(plain)


def _first(given: Mapping[bytes, list[bytes]], field: bytes) -> bytes:
    return next(iter(given.get(field, ())), b"")
