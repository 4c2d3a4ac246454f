"""Node packages that Yarn keeps zipped and Node runs from there (yarnpkg.com, *Plug'n'Play*).

``.pnp.cjs`` maps each package to an archive in the project's ``.yarn/cache`` or in the user's
``.yarn/berry/cache``; inside, it lies under ``node_modules/NAME``. That path says the name without
doubt, the archive's own name only nearly (``@a-b-c-npm-1.0.0-0123456789.zip``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.packages.java import zip_archive
from scantling_analyzers.facts.packages.node import MAX_MANIFEST_BYTES, parse_manifest, place
from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError, Package

MAX_MEMBERS: Final = 500_000

_MANIFEST: Final = b"/package.json"


class YarnReader(Reader):
    """Reads the manifest of the package that each archive of Yarn's cache holds."""

    name = "yarn"
    version = 1
    patterns: tuple[str, ...] = ("**/.yarn/cache/*.zip", "**/.yarn/berry/cache/*.zip")

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the package of one archive; an archive without one is an error."""
        archive = file.data
        listing = zip_archive.list_entries(archive, (_MANIFEST,), MAX_MEMBERS)
        for entry in listing.entries:
            package_folder, inner = place(entry.name)
            if package_folder and not inner:
                yield from _package(archive, entry, package_folder, file.text_path)
                return
        raise listing.problem or Unreadable(
            "an archive of Yarn's cache without a package", code="malformed"
        )


def _package(
    archive: memoryview, entry: zip_archive.Entry, package_folder: bytes, path: str
) -> Iterable[Package]:
    where = f"{path}!/{escape(entry.name)}"
    try:
        zip_archive.check(entry, MAX_MANIFEST_BYTES)
        package = parse_manifest(zip_archive.content(archive, entry), where, package_folder)
    except Unreadable as error:
        raise Unreadable(error.message, code=error.reason, where=where) from None
    if package:
        yield replace(package, found_by=YarnReader.name)
