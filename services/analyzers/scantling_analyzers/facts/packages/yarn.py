"""Node packages that Yarn keeps zipped and Node runs from there (yarnpkg.com, *Plug'n'Play*).

``.pnp.cjs`` maps each package to an archive in the project's ``.yarn/cache`` or in the user's
``.yarn/berry/cache``; inside, it lies under ``node_modules/NAME``. That path says the name without
doubt, the archive's own name only nearly (``@a-b-c-npm-1.0.0-0123456789.zip``).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.archives.budget import Budget
from scantling_analyzers.facts.archives.zip_archive import list_entries
from scantling_analyzers.facts.packages.node import parse_manifest, place
from scantling_analyzers.facts.reading import too_large
from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.archives.zip_archive import Entry
    from scantling_analyzers.facts.models import AnyFact, LocatedError, Package

_MANIFEST: Final = b"/package.json"


class YarnReader(Reader):
    """Reads the manifest of the package that each archive of Yarn's cache holds."""

    name = "yarn"
    version = 3
    patterns: tuple[str, ...] = ("**/.yarn/cache/*.zip", "**/.yarn/berry/cache/*.zip")

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the package of one archive; an archive without one is an error."""
        archive, limits = file.data, file.limits.archive
        if file.size > limits.archive_bytes:
            raise too_large(file.size, limits.archive_bytes)
        listing = list_entries(archive, (_MANIFEST,), limits.members)
        for entry in listing.entries:
            package_folder, inner = place(entry.name)
            if package_folder and not inner:
                yield from _package(file, entry, package_folder)
                return
        raise listing.problem or Unreadable(
            "an archive of Yarn's cache without a package", code="malformed"
        )


def _package(file: LayerFile, entry: Entry, package_folder: bytes) -> Iterable[Package]:
    where = f"{file.text_path}!/{escape(entry.name)}"
    limits = file.limits.archive
    try:
        content = Budget(limits, time.monotonic).content(file.data, entry, limits.metadata_bytes)
        package = parse_manifest(content, where, package_folder)
    except Unreadable as error:
        raise Unreadable(error.message, code=error.reason, where=where) from None
    if package:
        yield replace(package, found_by=YarnReader.name)
