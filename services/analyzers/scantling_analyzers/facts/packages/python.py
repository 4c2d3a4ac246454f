"""Installed Python distributions, by their metadata (packaging.python.org, *core metadata*).

Only what an installer wrote counts (``*.dist-info``, ``*.egg-info``, ``EGG-INFO``, wherever they
lie: in a virtual environment, among what another distribution vendored, beside the sources of
a development install); lock files and requirements say what was wanted. So does the
``vendor.txt`` of pip: distributions patch and take out what it lists, and the list stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import located, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_HEADERS_BYTES: Final = 4 * 1024 * 1024
MAX_CLASSIFIERS: Final = 1000

_LICENSE_CLASSIFIER: Final = b"License ::"
_LICENSE: Final = b"license"
_LICENSE_TEXT: Final = b"license-text"
_WANTED: Final = frozenset(
    (
        b"name",
        b"version",
        b"license-expression",
        _LICENSE,
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
    version = 3
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
            yield from parse_metadata(head, file.text_path)


def parse_metadata(content: bytes, path: str) -> Iterator[Package | LocatedError]:
    """Yield the distribution that the headers describe.

    A value that is too large is an error beside it, and left out. Raises :class:`Unreadable`
    (``malformed``, ``too_large``, ``too_many``, ``not_text``).
    """
    fields = read_headers(content)
    name = value(_first(fields, b"name"), "a distribution's name")
    version = value(_first(fields, b"version"), "a version")
    if not name or not version:
        raise Unreadable("the metadata lack the name or the version", code="malformed")
    if name == _INTERPRETER:
        return
    licenses: tuple[str, ...] = ()
    maintainer = ""
    try:
        licenses = _licenses(fields)
        person = _first(fields, b"maintainer") or _first(fields, b"author")
        maintainer = value(person, "a person")
    except Unreadable as error:
        yield located(error, path)
    yield Package(
        path=path,
        name=name,
        version=version,
        type="pypi",
        licenses=licenses,
        maintainer=maintainer,
        found_by=PythonReader.name,
    )


def read_headers(content: bytes) -> Mapping[bytes, list[bytes]]:
    """Return the wanted headers, names in lower case, the first line of each.

    They end at the first empty line. A licence that goes on in further lines is a text, which
    the name ``license-text`` tells. Raises :class:`Unreadable`.
    """
    fields: dict[bytes, list[bytes]] = {}
    position = 0
    last = b""
    while position < len(content):
        end = content.find(b"\n", position)
        end = len(content) if end < 0 else end
        line = content[position:end].rstrip(b"\r")
        position = end + 1
        if not line:
            break
        if line[0] in b" \t" and last == _LICENSE and _LICENSE in fields:
            fields[_LICENSE_TEXT] = fields.pop(_LICENSE)
        key, colon, text = line.partition(b":")
        last = key = key.lower()
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
    """Return the expression, else the named licence, else the licences of the classifiers.

    Else the first line of a licence's text.
    """
    for key in (b"license-expression", _LICENSE):
        given = _first(fields, key)
        if given not in _UNKNOWN:
            return (value(given, "a licence"),)
    classifiers = fields.get(b"classifier", [])
    named = [c.rpartition(b"::")[2] for c in classifiers if c.startswith(_LICENSE_CLASSIFIER)]
    names = (value(name, "a classifier") for name in named if name.strip() != b"OSI Approved")
    licenses = tuple(dict.fromkeys(names))
    if licenses or _first(fields, _LICENSE_TEXT) in _UNKNOWN:
        return licenses
    return (value(_first(fields, _LICENSE_TEXT), "a licence"),)
