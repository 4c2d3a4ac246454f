"""What runs inside a worker process: one work item at a time, paths in, paths out.

Everything that parses or matches bytes of an image is called from here and from nowhere else.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.extraction.alarm import Alarm
from scantling_analyzers.extraction.claims_work import ClaimsDone, ClaimsWork, read_claims
from scantling_analyzers.extraction.configuration_work import (
    ConfigurationDone,
    ConfigurationWork,
    read_configuration,
)
from scantling_analyzers.extraction.imageview import view
from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.extraction.walk import cut_short, index_facts, is_cut, is_for_now, walk
from scantling_analyzers.facts.models import FactSet
from scantling_analyzers.limits import Limits
from scantling_common import bodies
from scantling_common.errors import ScantlingError
from scantling_common.images.digests import parse_digest
from scantling_common.layers import codec
from scantling_common.layers.errors import SpillFailed
from scantling_common.layers.verify import open_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_analyzers.fact_seal import FactSeal


READING: Final = 0.7
"""After which share of a layer's time no more of it is unpacked: readers must have some, too."""

WALKING: Final = 0.9
"""After which share readers begin no further file: what they found must be written."""


class LayerWork(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Read one layer: verify the blob at (path, offset, size), index it, run the named readers.

    ``output`` is a directory of its own for what comes out. ``overlap`` is for a layer that is
    read while other processors are idle.
    """

    path: str
    offset: int
    size: int
    digest: str
    readers: tuple[str, ...]
    output: str
    spill: str | None = None
    limits: Limits = Limits()
    overlap: bool = False


class LayerDone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A layer was read: ``index`` and ``facts`` are in the output directory.

    The facts are one file, for there are many readers and most find nothing: msgpack of the packed
    fact sets by reader.

    ``cut`` are the readers that left something out for a limit, or for want of an engine. Where a
    limit ended the reading of the layer itself, ``is_whole`` is false, and ``diff_id`` empty if its
    content was not hashed to the end. ``again`` says that another try might do more.
    """

    diff_id: str
    size: int
    uncompressed_size: int
    readers: dict[str, int]
    cut: tuple[str, ...] = ()
    is_whole: bool = True
    again: bool = False


class ViewWork(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Compute the visibility of an image from stored indexes and fact sets, lowest layer first.

    ``indexes`` are files, ``diff_ids`` the layers; ``facts`` a file for each layer: msgpack of its
    packed fact sets.
    """

    indexes: tuple[str, ...]
    facts: tuple[str, ...]
    diff_ids: tuple[str, ...]
    output: str


class ViewDone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The visibility is in the file ``view`` of the output directory, packed."""


class WorkFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The work item can't be done, for a reason that lies in what the image contains."""

    code: str
    message: str


Work = LayerWork | ViewWork | ClaimsWork | ConfigurationWork
Answer = LayerDone | ViewDone | ClaimsDone | ConfigurationDone | WorkFailed


def perform(
    work: Work, readers: Sequence[Reader], entering: Callable[[int], None], seal: FactSeal
) -> Answer:
    """Do one work item. What the image can cause is answered, not raised."""
    try:
        return _done(work, readers, entering, seal)
    except ScantlingError as error:
        return WorkFailed(code=error.code, message=error.message)
    except OSError as error:
        # What an image contains is never opened by name: this is a disk that is full or gone.
        message = f"the scratch directory can't be used: {error.strerror or error}"
        return WorkFailed(code=SpillFailed.code, message=message)
    except MemoryError:
        return WorkFailed(code="out_of_memory", message="the work takes more memory than allowed")


def _done(
    work: Work, readers: Sequence[Reader], entering: Callable[[int], None], seal: FactSeal
) -> Answer:
    if isinstance(work, LayerWork):
        return _layer(work, readers, entering, seal)
    if isinstance(work, ClaimsWork):
        return read_claims(work)
    if isinstance(work, ConfigurationWork):
        return read_configuration(work, readers, seal)
    return _view(work, readers)


def _layer(
    work: LayerWork, catalogue: Sequence[Reader], entering: Callable[[int], None], seal: FactSeal
) -> LayerDone:
    chosen = [(n, reader) for n, reader in enumerate(catalogue) if reader.name in work.readers]
    readers = [reader for _, reader in chosen]
    matcher = Matcher(readers)
    output = Path(work.output)

    def enter(position: int) -> None:
        entering(chosen[position][0] if position >= 0 else -1)

    spent = _Time(work.limits.layer.seconds)
    with (
        Path(work.path).open("rb", buffering=0) as blob,
        open_layer(
            blob,
            work.offset,
            work.size,
            parse_digest(work.digest),
            limits=work.limits.layer,
            spill_dir=Path(work.spill) if work.spill else None,
            selection=matcher,
            overlap=work.overlap,
            partly=True,
            is_overdue=lambda: spent.is_over(READING),
        ) as layer,
    ):
        with Alarm(spent.left(WALKING)) as alarm:
            sets = walk(
                layer,
                readers,
                matcher,
                work.limits,
                seal=seal,
                entering=enter,
                is_overdue=lambda: spent.is_over(WALKING),
                alarm=alarm,
            )
        sets.append(index_facts(layer.index))
        if layer.cut is not None:
            sets = [cut_short(facts, layer, layer.cut) for facts in sets]
        (output / "index").write_bytes(codec.encode(layer.index))
        packed = {facts.reader: bodies.pack(facts) for facts in sets}
        (output / "facts").write_bytes(msgspec.msgpack.encode(packed))
        return LayerDone(
            diff_id=layer.diff_id or "",
            size=layer.size,
            uncompressed_size=layer.uncompressed_size,
            readers={facts.reader: facts.version for facts in sets},
            cut=tuple(facts.reader for facts in sets if layer.cut or is_cut(facts)),
            is_whole=layer.cut is None,
            again=spent.was_over or any(map(is_for_now, sets)),
        )


class _Time:
    """How much of the time that a layer may take is over; the clock runs from here on."""

    def __init__(self, seconds: float) -> None:
        self._begun, self._seconds = time.monotonic(), seconds
        self.was_over = False

    def is_over(self, share: float) -> bool:
        """Say whether more than a share of the time is over, and remember if it was."""
        over = self.left(share) < 0
        self.was_over |= over
        return over

    def left(self, share: float) -> float:
        """Return how many seconds of a share of the time are left, less than none if it is over."""
        return self._begun + share * self._seconds - time.monotonic()


def _view(work: ViewWork, catalogue: Sequence[Reader]) -> ViewDone:
    indexes = [codec.decode(Path(path).read_bytes()) for path in work.indexes]
    sets = [
        [
            bodies.unpack(packed, FactSet)
            for packed in msgspec.msgpack.decode(Path(path).read_bytes(), type=list[bytes])
        ]
        for path in work.facts
    ]
    names = {facts.reader for of_layer in sets for facts in of_layer}
    readers = [reader for reader in catalogue if reader.name in names]
    packed = bodies.pack(view(indexes, sets, work.diff_ids, readers))
    (Path(work.output) / "view").write_bytes(packed)
    return ViewDone()
