"""Installed Python distributions, by their metadata (packaging.python.org, *core metadata*).

Only what an installer wrote counts (``*.dist-info``, ``*.egg-info``, ``EGG-INFO``); lock files
and requirements say what was wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_HEADERS_BYTES: Final = 4 * 1024 * 1024
MAX_CLASSIFIERS: Final = 1000

_LICENSE_CLASSIFIER: Final = b"License ::"
_WANTED: Final = frozenset(
    (
        b"name",
        b"version",
        b"license-expression",
        b"license",
        b"classifier",
        b"maintainer",
        b"author",
    )
)
_INTERPRETER: Final = "Python"
_UNKNOWN: Final = frozenset({b"", b"UNKNOWN"})


class PythonReader(Reader):
    """Reads the metadata that installers leave; the description below the headers is not read."""

    name = "python"
    version = 1
    patterns: tuple[str, ...] = (
        "**/*.dist-info/METADATA",
        "**/*.egg-info/PKG-INFO",
        "**/EGG-INFO/PKG-INFO",
        "**/*.egg-info",
    )

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the one distribution that the file describes.

        An empty file describes none, and Python 2's own ``Python-2.7.egg-info`` describes the
        interpreter, which is no distribution.
        """
        head = bytes(file.data[: MAX_HEADERS_BYTES + 1])
        if head.strip():
            package = parse_metadata(head, file.text_path)
            if package.name != _INTERPRETER:
                yield package


def parse_metadata(content: bytes, path: str) -> Package:
    """Return the distribution that the headers describe.

    Raises :class:`Unreadable` (``malformed``, ``too_large``, ``too_many``, ``not_text``).
    """
    fields = read_headers(content)
    name = value(_first(fields, b"name"), "a distribution's name")
    version = value(_first(fields, b"version"), "a version")
    if not name or not version:
        raise Unreadable("the metadata lack the name or the version", code="malformed")
    return Package(
        path=path,
        name=name,
        version=version,
        type="pypi",
        licenses=_licenses(fields),
        maintainer=value(_first(fields, b"maintainer") or _first(fields, b"author"), "a person"),
        found_by=PythonReader.name,
    )


def read_headers(content: bytes) -> Mapping[bytes, list[bytes]]:
    """Return the wanted headers, names in lower case, the first line of each.

    They end at the first empty line. Raises :class:`Unreadable`.
    """
    fields: dict[bytes, list[bytes]] = {}
    position = 0
    while position < len(content):
        end = content.find(b"\n", position)
        end = len(content) if end < 0 else end
        line = content[position:end].rstrip(b"\r")
        position = end + 1
        if not line:
            break
        key, colon, text = line.partition(b":")
        key = key.lower()
        if not colon or key not in _WANTED:
            continue
        if b"\0" in line:
            raise Unreadable("the metadata hold NUL bytes", code="not_text")
        values = fields.setdefault(key, [])
        if len(values) >= MAX_CLASSIFIERS:
            raise Unreadable(f"more than {MAX_CLASSIFIERS} headers of a kind", code="too_many")
        values.append(text.strip())
    if min(position, len(content)) > MAX_HEADERS_BYTES:
        raise Unreadable(f"the headers exceed {MAX_HEADERS_BYTES} bytes", code="too_large")
    return fields


def _first(fields: Mapping[bytes, list[bytes]], key: bytes) -> bytes:
    return fields.get(key, [b""])[0]


def _licenses(fields: Mapping[bytes, list[bytes]]) -> tuple[str, ...]:
    """Return the expression, else the licence field, else the licences of the classifiers."""
    for key in (b"license-expression", b"license"):
        given = _first(fields, key)
        if given not in _UNKNOWN:
            return (value(given, "a licence"),)
    classifiers = fields.get(b"classifier", [])
    named = [c.rpartition(b"::")[2] for c in classifiers if c.startswith(_LICENSE_CLASSIFIER)]
    names = (value(name, "a classifier") for name in named if name.strip() != b"OSI Approved")
    return tuple(dict.fromkeys(names))
