"""A layer that is known is looked at again only with a pack that is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.extraction.layer import Request
from scantling_analyzers.extraction.pool import WorkerPool, catalogue_with
from scantling_analyzers.extraction.readers import INDEX_READER
from scantling_analyzers.facts.catalogue import readers_with
from scantling_analyzers.facts.models import FactSet, Malware
from scantling_analyzers.rule_packs.configured import NO_RULES, ConfiguredRules, RuleFiles
from scantling_analyzers.rule_packs.content import rules_of_path
from scantling_analyzers.storage.facts import FactKey
from scantling_common import bodies
from scantling_common.records.extractor import COLLECTIONS
from scantling_common.store.sqlite import SqliteStore
from tests.analyzers.extraction.blob_files import BlobFolder
from tests.analyzers.extraction.conftest import Extraction
from tests.builders.malware_marker import MARKER, RULE

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_common.records.shared import Layer


def configured(folder: Path, *names: str) -> ConfiguredRules:
    packs: list[RuleFiles] = []
    for name in names:
        (folder / f"{name}.yar").write_text(RULE.replace("Marker", name))
        packs += rules_of_path(name, folder / f"{name}.yar")
    return ConfiguredRules(packs=tuple(packs))


async def looked(
    store: SqliteStore, blobs: BlobFolder, layer: Layer, folder: Path, *names: str
) -> set[str]:
    """Read a layer with packs, and return by which rules something is stored; then forget that.

    What is stored is emptied, so that whoever looks again is told by what is there again.
    """
    rules = configured(folder, *names)
    own = {each.name for each in readers_with(NO_RULES)}
    packs = [each for each in readers_with(rules) if each.name not in own]
    readers = {each.name: each.version for each in packs} | INDEX_READER
    request = Request(project="p", layer=layer, readers=readers)
    async with WorkerPool(1, catalogue=catalogue_with(rules)) as pool:
        extraction = Extraction(store, pool, folder / "scratch", "one")
        read = await extraction.layers.read(request, blobs)
        keys = [FactKey(read.identity, name, version) for name, version in readers.items()]
        sets = await extraction.shelves.facts.read(keys)
        assert len(sets) == len(readers)
        for key in sets:
            emptied = bodies.pack(FactSet(reader=key.reader, version=key.version))
            await extraction.shelves.facts.write({key: emptied}, now_ms=1)
    facts = [fact for found in sets.values() for file in found.files for fact in file.facts]
    return {fact.rule for fact in facts if isinstance(fact, Malware)}


async def test_a_new_pack_is_all_that_looks_at_a_known_layer(tmp_path: Path) -> None:
    for name in ("scratch", "blobs"):
        (tmp_path / name).mkdir()
    store = SqliteStore(tmp_path / "store.db", synchronous="normal")
    await store.ensure(COLLECTIONS)
    blobs = BlobFolder(tmp_path / "blobs")
    layer = blobs.add({"opt/x": MARKER})

    assert await looked(store, blobs, layer, tmp_path, "One") == {"One"}
    assert await looked(store, blobs, layer, tmp_path, "One", "Two") == {"Two"}
    asked = len(blobs.asked)
    assert await looked(store, blobs, layer, tmp_path, "One", "Two") == set()
    assert len(blobs.asked) == asked
    await store.close()
