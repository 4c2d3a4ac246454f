"""Why a source, an archive in it or a document can't be read.

::

    SourceError              source_unreadable    not there, not permitted
    ├── SourceDamaged        source_damaged       a broken archive
    ├── SourceTooLarge       source_too_large     over a limit, or a decompression bomb
    ├── SourceNested         source_nested        an archive in an archive in an archive
    ├── SourceUnsafe         source_unsafe        a link, or a name that leads out of the archive
    └── SourceUnknown        source_unknown       nothing in it is of a feed that is known
"""

from __future__ import annotations

from scantling_common.errors import ScantlingError


class SourceError(ScantlingError):
    """A file of advisories can't be read."""

    code = "source_unreadable"


class SourceDamaged(SourceError):
    """An archive or compressed file of advisories is broken."""

    code = "source_damaged"


class SourceTooLarge(SourceError):
    """A file or an archive of advisories is over a limit."""

    code = "source_too_large"


class SourceNested(SourceError):
    """An archive is nested deeper in others than is read."""

    code = "source_nested"


class SourceUnsafe(SourceError):
    """A link, a device, or a name that leads out of its archive; it is not followed."""

    code = "source_unsafe"


class SourceUnknown(SourceError):
    """Nothing in a source is of a feed that is known."""

    code = "source_unknown"
