"""Records that the extractor writes.

Identifiers: ``bindings`` ``{project}/{blob digest}``; ``layer_indexes`` ``{diff_id}/{chunk}``;
``facts`` ``{diff_id}/{reader}/{version}/{chunk}``; ``visibility`` ``{key}/{chunk}``;
``chains`` ``{project}/{chain_id}/{image}``; ``claims`` ``{project}/{image}/{chunk}``;
``layer_leases`` ``{diff_id or blob digest}``; ``advisory_builds`` ``current``.
Chunk 0 is the root, written last; it tells how many chunks there are. A chunk holds at most
4 MiB of one packed value.
"""

from __future__ import annotations

from typing import Final

from scantling_common.records.record import Record
from scantling_common.store.port import Collection, Index


class Binding(Record, frozen=True, kw_only=True):
    """That a blob unpacks to a layer, hashed on both sides by this system for this project.

    Where a limit ended the reading it is not ``verified``: then only the blob was hashed, and
    stands for the layer (``diff_id`` is ``blob``).
    """

    project: str
    blob: str
    diff_id: str
    size: int
    uncompressed_size: int
    used_at: int
    verified: bool = True


class Chunk(Record, frozen=True, kw_only=True):
    """A part of a stored value; ``about`` is the diff_id or the visibility key it is of.

    ``used_at`` is when it was written, or a sweep last found it referred to.
    """

    about: str
    chunks: int
    used_at: int
    data: bytes


class FactChunk(Chunk, frozen=True, kw_only=True):
    """A part of the facts of one layer by one reader; ``status`` is *read* or *crashed*.

    ``limits`` marks the limits that something was left out for, empty where nothing was: under
    other ones the layer is read again.
    """

    reader: str
    version: int
    status: str = "read"
    retry_at: int = 0
    limits: str = ""


class ClaimsChunk(Chunk, frozen=True, kw_only=True):
    """A part of what documents beside an image claim of it, read by one version of reading.

    ``listing`` stands for the documents, ``index`` is the digest of the index that names them.
    With ``retry_at`` some could not be had.
    """

    project: str
    image: str
    version: int
    index: str = ""
    listing: str = ""
    retry_at: int = 0


class Chain(Record, frozen=True, kw_only=True):
    """That an image's verified layers end in a chain id (OCI image spec, layer chain id)."""

    project: str
    chain_id: str
    image: str
    layers: int
    seen_at: int


class LayerLease(Record, frozen=True, kw_only=True):
    """Who reads a layer now, and how many starts were never counted as ended."""

    owner: str = ""
    epoch: int = 0
    beat: int = 0
    starts: int = 0
    changed_at: int = 0


CURRENT_BUILD: Final = "current"
"""The id of the one record of the kind."""
NO_BUILD: Final = ""
"""What is announced where there is no database any more, or none that can be read."""


class AdvisoryBuild(Record, frozen=True, kw_only=True):
    """The build of the advisories that was announced, or is being announced.

    ``sequence`` grows by one with each; ``announced`` once every page is out. There is one, with
    the id :data:`CURRENT_BUILD`; ``previous`` is what it is compared with.
    """

    build: str
    previous: str = ""
    sequence: int
    announced: bool = False
    found_at: int


BINDINGS: Final = Collection(
    "bindings",
    "extractor",
    (Index("diff_id", ("diff_id", "project")), Index("used", ("used_at",))),
)
LAYER_INDEXES: Final = Collection(
    "layer_indexes", "extractor", (Index("about", ("about",)), Index("used", ("used_at",)))
)
FACTS: Final = Collection(
    "facts",
    "extractor",
    (Index("about", ("about", "reader", "version")), Index("used", ("used_at",))),
)
VISIBILITY: Final = Collection(
    "visibility", "extractor", (Index("about", ("about",)), Index("used", ("used_at",)))
)
CHAINS: Final = Collection(
    "chains",
    "extractor",
    (
        Index("chain", ("project", "chain_id")),
        Index("image", ("project", "image")),
        Index("seen", ("seen_at",)),
    ),
)
CLAIMS: Final = Collection("claims", "extractor", (Index("used", ("used_at",)),))
LAYER_LEASES: Final = Collection("layer_leases", "extractor", (Index("changed", ("changed_at",)),))

ADVISORY_BUILDS: Final = Collection("advisory_builds", "extractor")

COLLECTIONS: Final = (
    BINDINGS,
    LAYER_INDEXES,
    FACTS,
    VISIBILITY,
    CHAINS,
    CLAIMS,
    LAYER_LEASES,
    ADVISORY_BUILDS,
)
