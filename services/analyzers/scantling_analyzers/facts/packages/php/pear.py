"""PHP packages and extensions that PEAR and PECL installed (pear.php.net, *The registry*).

One serialized file a package: ``php/.registry/NAME.reg``, and ``.registry/.channel.HOST/NAME.reg``
for channels other than PEAR's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.php.serialized import parse
from scantling_analyzers.facts.reading import value, whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError
    from scantling_analyzers.facts.packages.php.serialized import Value

MAX_RECORD_BYTES: Final = 16 * 1024 * 1024


class PearReader(Reader):
    """Reads the records of the registry; a name is ``CHANNEL/PACKAGE``."""

    name = "pear"
    version = 1
    patterns: tuple[str, ...] = ("**/.registry/*.reg", "**/.registry/.channel.*/*.reg")

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the package of one record."""
        record = parse(whole(file, MAX_RECORD_BYTES))
        channel, name = (value(_text(record, key), "a name") for key in (b"channel", b"name"))
        version = value(_text(record, b"version", b"release"), "a version")
        if not (channel and name and version):
            message = "the record lacks the channel, the name or the version"
            raise Unreadable(message, code="malformed")
        license_ = _text(record, b"license", b"_content") or _text(record, b"license")
        yield Package(
            path=file.text_path,
            name=f"{channel}/{name}",
            version=version,
            type="pear",
            licenses=tuple(filter(None, (value(license_, "a licence"),))),
            found_by=self.name,
        )


def _text(record: Value, *keys: bytes) -> bytes:
    """Return what stands under the keys, one below the other; empty where that is no text."""
    for key in keys:
        if not isinstance(record, dict):
            return b""
        record = record.get(key, b"")
    return record if isinstance(record, bytes) else b""
