"""From stored facts to what an analyzer sees."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from scantling_analyzers.contract import (
    FactError,
    ImageContent,
    KnownBase,
    LayerSummary,
    LocatedFact,
    kind_of,
)
from scantling_analyzers.facts.models import OwnedFiles
from scantling_analyzers.storage.claims import ClaimStore
from scantling_analyzers.storage.facts import FactKey, FactStore, configuration_of
from scantling_analyzers.storage.view import ViewStore
from scantling_common.images.digests import DiffId, chain_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scantling_analyzers.analysis.archive_index import ArchiveIndex
    from scantling_analyzers.attestations.models import Claims
    from scantling_analyzers.facts.models import FactSet
    from scantling_analyzers.storage.view import Visibility
    from scantling_common.records.sync import Image
    from scantling_common.store.port import Store


NOTHING_READ: Final[Mapping[str, int]] = MappingProxyType({})


class LayerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the facts of one layer are: its blob, its identity, each reader's version."""

    digest: str
    identity: str
    readers: Mapping[str, int]


class FactsMissing(msgspec.Struct, frozen=True):
    """Facts that a job counts on are not stored (any more): the image must be read again."""

    key: str


class ContentLoader:
    """Loads what analyzers need from the store."""

    def __init__(self, store: Store, archives: ArchiveIndex | None = None) -> None:
        """Read from a store; ``archives`` names the Java archives that it knows."""
        self._archives = archives
        self._facts = FactStore(store)
        self._views = ViewStore(store)
        self._claims = ClaimStore(store)

    async def load(
        self,
        project: str,
        image: Image,
        layers: Sequence[LayerAddress],
        visibility: str,
        readers: Iterable[str],
        bases: tuple[KnownBase, ...] = (),
        configuration: Mapping[str, int] = NOTHING_READ,
    ) -> ImageContent | FactsMissing:
        """Return the content of an image for an analyzer of these readers.

        ``configuration`` are the readers that looked at the image's configuration, with versions.
        """
        view = await self._views.read(visibility)
        if view is None:
            return FactsMissing(visibility)
        keys = [
            [
                FactKey(layer.identity, name, version)
                for reader in readers
                for name, version in layer.readers.items()
                if kind_of(name) == reader
            ]
            for layer in layers
        ]
        about = configuration_of(project, image.config_digest)
        wanted = frozenset(readers)
        of_image = [FactKey(about, n, v) for n, v in configuration.items() if kind_of(n) in wanted]
        sets = await self._facts.read([key for part in (*keys, of_image) for key in part])
        for part in (*keys, of_image):
            for key in part:
                if key not in sets:
                    return FactsMissing(key.text)
        found = [[sets[key] for key in of_layer] for of_layer in keys]
        claims = await self._claims.read(project, image.id)
        content = await asyncio.to_thread(
            content_of, project, image, layers, found, view, bases, claims
        )
        read = tuple(file for key in of_image for file in sets[key].files)
        content = replace(content, configuration=read) if read else content
        if self._archives is None:
            return content
        return await asyncio.to_thread(self._archives.name, content)


def content_of(
    project: str,
    image: Image,
    layers: Sequence[LayerAddress],
    found: Sequence[Sequence[FactSet]],
    view: Visibility,
    bases: tuple[KnownBase, ...],
    claims: Claims,
) -> ImageContent:
    """Join image, facts (by layer), visibility, and what is claimed of the image."""
    hidden = {(file.layer, file.path): file.hidden_by for file in view.hidden}
    owners = {(file.layer, file.path): file.owner for file in view.owned}
    facts, errors = [], []
    for layer, sets in enumerate(found):
        for facts_of_reader in sets:
            for file in facts_of_reader.files:
                place = (layer, file.path)
                hider = layer if file.unseen else hidden.get(place)
                owner = "" if file.unseen else owners.get(place, "")
                facts += [
                    LocatedFact(fact=f, layer=layer, hidden_by=hider, owner=owner)
                    for f in file.facts
                    # What they say is in the visibility.
                    if not isinstance(f, OwnedFiles)
                ]
                errors += [
                    FactError(error=e, reader=facts_of_reader.reader, layer=layer, hidden_by=hider)
                    for e in file.errors
                ]
    loaded = {facts_of_reader.reader for sets in found for facts_of_reader in sets}
    errors += [
        FactError(error=linked.error, reader=linked.reader, layer=linked.layer)
        for linked in view.linked
        if linked.reader in loaded
    ]
    return ImageContent(
        project=project,
        digest=image.id,
        os=image.os,
        architecture=image.architecture,
        variant=image.variant,
        layers=_summaries(image, layers),
        labels=image.body.labels,
        annotations=image.body.annotations,
        config=image.body.config,
        history=image.body.history,
        facts=tuple(facts),
        errors=tuple(errors),
        files=view.files,
        places=view.places,
        bases=bases,
        sboms=claims.sboms,
        provenance=claims.provenance,
    )


def _summaries(image: Image, layers: Sequence[LayerAddress]) -> tuple[LayerSummary, ...]:
    chains = chain_ids([DiffId(layer.identity) for layer in layers])
    return tuple(
        LayerSummary(
            digest=address.digest,
            diff_id=address.identity,
            chain_id=chain,
            size=layer.size,
            created_by=layer.created_by,
        )
        for address, chain, layer in zip(layers, chains, image.body.layers, strict=True)
    )
