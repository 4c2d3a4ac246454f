"""What is left when everything has come to rest, in a form in which two runs can be compared.

The end state of an image is what the store holds about it and what was published about it,
without what may differ from run to run: times, revisions, random identifiers, sizes of
compressed blobs. Names and digests of the image are replaced by what they stand for, so that
the same history of two images gives the same end state. Layer leases are left out: they save
work and mean nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import zstandard

from scantling.hosting.host import COLLECTIONS
from scantling_common.bodies import unpack
from scantling_common.records import dispatcher, extractor, fleet, reporter, sync
from scantling_common.store.port import Range, key_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from scantling_common.store.port import Collection, Document, Store
    from tests.builders.image import BuiltImage
    from tests.end_to_end.events import Recorded

VOLATILE: Final = frozenset(
    {
        "rev",
        "run",
        "seconds",
        "beat",
        "epoch",
        "owner",
        "traceparent",
        "stamp",
        "size",
        "uncompressed_size",
        "data",
        "partition",
        "offset",
        "tally",
        "asked_by",
        "tasks",
        "visibility",
        "not_before",
        "sequence",
        "counter",
        "published",
        "chain_id",
    }
)
"""Fields that differ between runs that came to the same."""

_NAMELESS: Final = frozenset(
    {"holds", "packages", "visibility", "chains", "outcomes", "task_items"}
)
"""Collections whose identifiers are random, or hashes of what they hold."""


class Subject(NamedTuple):
    """An image at one place, as its identifiers."""

    project: str
    registry: str
    repository: str
    tag: str
    image: BuiltImage
    name: str

    @property
    def scan(self) -> str:
        """Return the id of its scan and of its head."""
        return f"{self.project}/{self.image.digest}"

    @property
    def placement(self) -> str:
        """Return the id of its placement."""
        platform = f"{self.image.os}/{self.image.architecture}"
        return sync.placement_id(self.registry, self.repository, self.tag, platform)

    def names(self) -> dict[str, str]:
        """Return what its identifiers stand for."""
        own = {
            self.image.digest: "IMAGE",
            self.placement: "PLACEMENT",
            self.repository: "REPOSITORY",
            self.name: "NAME",
            self.registry: "REGISTRY",
        }
        for number, part in enumerate(self.image.layers):
            own |= {part.digest: f"BLOB-{number}", part.diff_id: f"DIFF-{number}"}
        for number, (digest, _) in enumerate(self.image.blobs.items()):
            own.setdefault(digest, f"PART-{number}")
        return own


async def end_state(store: Store, recorded: Recorded, subject: Subject) -> dict[str, list[str]]:
    """Return the end state of an image: sorted lines by collection and by topic."""
    names = subject.names()
    state: dict[str, set[str]] = {}
    async for collection, document in documents_of(store, subject):
        line = _line(_scrubbed_document(collection, document), names)
        state.setdefault(f"store {collection.name}", set()).add(line)
    for topic, event in recorded.about(subject.image.digest, subject.placement):
        state.setdefault(f"topic {topic}", set()).add(_line(_scrubbed(event), names))
    return {name: sorted(lines) for name, lines in sorted(state.items())}


async def documents_of(
    store: Store, subject: Subject
) -> AsyncIterator[tuple[Collection, Document]]:
    """Give the documents about an image."""
    project, digest = subject.project, subject.image.digest
    for collection, id_ in (
        (sync.IMAGES, digest),
        (sync.PLACEMENTS, subject.placement),
        (sync.REPOSITORIES, f"{subject.registry}/{subject.repository}"),
        (dispatcher.SCANS, subject.scan),
        (reporter.HEADS, subject.scan),
        (reporter.REPORTS, subject.placement),
        *((extractor.BINDINGS, f"{project}/{part.digest}") for part in subject.image.layers),
    ):
        found = await store.get(collection, id_)
        if found is not None:
            yield collection, found
    own = subject.image.layers[-1].diff_id
    for collection, index, prefix in (
        (extractor.FACTS, "about", (own,)),
        (extractor.LAYER_INDEXES, "about", (own,)),
        (extractor.CHAINS, "image", (project, digest)),
        (fleet.PACKAGES, "search", (project, f"app-{subject.name}")),
    ):
        for document in await store.page(collection, Range(index=index, prefix=prefix), limit=500):
            yield collection, document
    held = Range(index="image", prefix=(project, digest))
    for document in await store.page(fleet.HOLDS, held, limit=500):
        # The hash of what it holds is that of this image's own packages.
        yield fleet.HOLDS, {**document, "unit": ""}
    for document in await _read_pages(store, subject):
        yield reporter.OUTCOMES, document
    async for document in all_of(store, dispatcher.TASK_ITEMS):
        if document["image"] == digest:
            yield dispatcher.TASK_ITEMS, document


async def unrest(store: Store) -> list[str]:
    """Return what of the whole product is still to be done: nothing, once it has come to rest."""
    found: list[str] = []
    for collection, index, prefix in (
        (sync.PLACEMENTS, "owed", (1,)),
        (sync.DELIVERIES, "due", ("new",)),
        (sync.SYNC_TASKS, "due", ("queued",)),
        (sync.SYNC_TASKS, "due", ("running",)),
        (dispatcher.TASK_ITEMS, "uncounted", (1,)),
        (dispatcher.WAITING, "lane", ()),
        (dispatcher.SCANS, "state", ("running",)),
        (dispatcher.SCANS, "state", ("returned",)),
        (dispatcher.SCANS, "state", ("expired",)),
        (reporter.HEADS, "unpublished", (1,)),
        (reporter.REPORTS, "owed", (1,)),
    ):
        page = await store.page(collection, Range(index=index, prefix=prefix), limit=5)
        found += [f"{collection.name} {index}={prefix}: {each['id']!r}" for each in page]
    owing = await store.page(dispatcher.SCANS, Range(index="owed", start=1), limit=5)
    return found + [f"scans owed: {each['id']!r}" for each in owing]


async def everything(store: Store) -> AsyncIterator[tuple[Collection, Document]]:
    """Give every document that an index reaches."""
    for collection in COLLECTIONS:
        if collection.indexes:
            async for document in all_of(store, collection):
                yield collection, document


async def all_of(store: Store, collection: Collection) -> AsyncIterator[Document]:
    """Give every document of a collection."""
    index = collection.indexes[0]
    after = None
    while True:
        page = await store.page(collection, Range(index=index.name, after=after), limit=1000)
        for document in page:
            yield document
        if len(page) < 1000:
            return
        after = key_of(index, page[-1])


async def _read_pages(store: Store, subject: Subject) -> list[Document]:
    """Return the pages that the image's head refers to: other runs are swept in a day."""
    head = await store.get(reporter.HEADS, subject.scan)
    if head is None:
        return []
    body = unpack(_bytes(head["body"]), reporter.HeadBody)
    return await store.get_many(
        reporter.OUTCOMES,
        [
            f"{subject.scan}/{risk}/{held.seq}/{held.run}/{page}"
            for risk, held in body.risks.items()
            for page in range(held.pages)
        ],
    )


def _scrubbed_document(collection: Collection, document: Document) -> Any:
    fields: dict[str, Any] = dict(document)
    body = fields.get("body")
    if isinstance(body, bytes):
        fields["body"] = _decoded(body)
    if collection.name in _NAMELESS:
        del fields["id"]
    fields.pop("task", None)
    owes = fields.pop("owes", b"")
    fields["owes"] = bool(owes)
    return _scrubbed(fields)


def _decoded(body: bytes) -> Any:
    plain = zstandard.ZstdDecompressor().decompress(body, max_output_size=1 << 26)
    return msgspec.msgpack.decode(plain)


def _scrubbed(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            str(name): _scrubbed(each)
            for name, each in value.items()
            if name not in VOLATILE
            and not str(name).endswith("_at")
            # A page of an outcome holds how long its analysis took.
            and not (name == "body" and isinstance(each, str))
        }
    if isinstance(value, list | tuple):
        return [_scrubbed(each) for each in value]
    return f"{len(value)} bytes" if isinstance(value, bytes) else value


def _line(value: Any, names: Mapping[str, str]) -> str:
    return replaced(json.dumps(value, sort_keys=True, default=str), names)


def replaced(text: str, names: Mapping[str, str]) -> str:
    """Return text with identifiers replaced by what they stand for, the longest first."""
    for known in sorted(names, key=len, reverse=True):
        text = text.replace(known, names[known])
    return text


def difference(expected: Mapping[str, list[str]], found: Mapping[str, list[str]]) -> str:
    """Return how two end states differ, empty where they don't."""
    lines: list[str] = []
    for name in sorted({*expected, *found}):
        before, after = set(expected.get(name, ())), set(found.get(name, ()))
        lines += [f"{name} lacks {line}" for line in _shown(before - after)]
        lines += [f"{name} also has {line}" for line in _shown(after - before)]
    return "\n".join(lines)


def _shown(lines: Iterable[str]) -> list[str]:
    return [line[:1500] for line in sorted(lines)]


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value
