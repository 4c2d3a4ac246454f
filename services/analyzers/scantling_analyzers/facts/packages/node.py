"""Installed Node packages, by their ``package.json`` (docs.npmjs.com, *package.json*).

Any ``package.json`` with a name and a version is a package, wherever it lies: what npm
installed, npm itself, the application. Others (``{"type": "module"}`` in a build's folder, test
data) are none, and one that can't be parsed is an error only where Node would look for a
package: as ``node_modules/NAME`` or ``node_modules/@SCOPE/NAME``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import value, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_MANIFEST_BYTES: Final = 8 * 1024 * 1024
MAX_FIELD_BYTES: Final = 64 * 1024
MAX_LICENSES: Final = 100

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_INSTALLED: Final = re.compile(rb"(?:.*/)?node_modules/(?:@[^/]+/)?[^/]+/package\.json", re.DOTALL)


class _Manifest(msgspec.Struct, frozen=True):
    name: msgspec.Raw = msgspec.Raw()
    version: msgspec.Raw = msgspec.Raw()
    license: msgspec.Raw = msgspec.Raw()
    licenses: msgspec.Raw = msgspec.Raw()


_DECODER: Final = msgspec.json.Decoder(_Manifest)


class NodeReader(Reader):
    """Reads every ``package.json``; lock files say what was wanted, not what is there."""

    name = "node"
    version = 1
    patterns: tuple[str, ...] = ("**/package.json",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the package, if the file describes one."""
        content = whole(file, MAX_MANIFEST_BYTES)
        try:
            package = parse_manifest(content, file.text_path)
        except Unreadable as error:
            if error.reason == "malformed" and not _INSTALLED.fullmatch(file.path):
                return
            raise
        if package:
            yield package


def parse_manifest(content: bytes, path: str) -> Package | None:
    """Return the package, or None where there is no name or no version.

    Raises :class:`Unreadable` (``malformed``, ``nested_too_deep``, ``too_large``).
    """
    try:
        manifest = _DECODER.decode(content.removeprefix(_BYTE_ORDER_MARK))
        name, version = _text(_field(manifest.name)), _text(_field(manifest.version))
        if not name or not version:
            return None
        given = _field(manifest.license)
        licenses = given if given is not None else _field(manifest.licenses)
    except RecursionError:
        raise Unreadable("the JSON is nested too deep", code="nested_too_deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"not a JSON object: {type(error).__name__}", code="malformed") from None
    return Package(
        path=path,
        name=name,
        version=version,
        type="npm",
        licenses=tuple(dict.fromkeys(_licenses(licenses))),
        found_by=NodeReader.name,
    )


def _field(raw: msgspec.Raw) -> Any:
    """Decode one field; only the few that matter are, and only if they are small."""
    size = len(bytes(raw))
    if size > MAX_FIELD_BYTES:
        message = f"a field has {size} bytes, {MAX_FIELD_BYTES} are read"
        raise Unreadable(message, code="too_large")
    return msgspec.json.decode(raw) if size else None


def _licenses(given: object) -> Iterator[str]:
    """Yield licences: text, ``{"type": …}``, and the older list of either."""
    items = given if isinstance(given, list) else [given]
    if len(items) > MAX_LICENSES:
        raise Unreadable(f"the package names more than {MAX_LICENSES} licences", code="too_many")
    for item in items:
        text = _text(item.get("type", item.get("name")) if isinstance(item, dict) else item)
        if text:
            yield text


def _text(given: object) -> str:
    if not isinstance(given, str):
        return ""
    return value(given.encode("utf-8", "surrogatepass"), "a value")
