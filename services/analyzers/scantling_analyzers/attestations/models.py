"""What attestations claim of an image. All text is escaped; no signature was verified."""

from __future__ import annotations

import msgspec


class Material(msgspec.Struct, frozen=True, order=True):
    """An image that a build says it used (SLSA provenance): a possible base.

    ``name`` is a reference as a client pulls it, ``digest`` of its manifest or index.
    """

    name: str
    digest: str


class ClaimedSbom(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A bill of materials beside the image: its packages' URLs without qualifiers, sorted.

    ``unidentified`` components have no package URL. One that can't be used has a ``code`` and a
    ``reason`` instead of packages.
    """

    via: str
    digest: str
    format: str = ""
    tool: str = ""
    purls: tuple[str, ...] = ()
    unidentified: int = 0
    code: str = ""
    reason: str = ""


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is claimed of one image."""

    sboms: tuple[ClaimedSbom, ...] = ()
    provenance: tuple[Material, ...] = ()
