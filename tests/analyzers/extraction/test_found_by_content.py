"""Programs and Java archives that neither a name nor a mode tells, over a real worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.extraction.layer import LayerEngine, Request
from scantling_analyzers.extraction.pool import WorkerPool
from scantling_analyzers.extraction.readers import INDEX_READER
from scantling_analyzers.facts.catalogue import READERS
from scantling_analyzers.facts.models import Package
from scantling_analyzers.storage.facts import FactKey
from scantling_common.clock import SystemClock
from tests.builders import elf, jar

if TYPE_CHECKING:
    from tests.analyzers.extraction.blob_files import BlobFolder
    from tests.analyzers.extraction.conftest import Extraction

WANTED: Final = {r.name: r.version for r in READERS if r.name in {"java", "binary"}} | INDEX_READER
PROGRAM: Final = elf.go_program("go1.22.3") + bytes(4096)
LIBRARY: Final = jar.archive(
    {**jar.manifest(), **jar.pom("g", "tool", "1"), "A.class": bytes(5000)}, stored=True
)


async def test_programs_and_archives_are_read_whatever_they_are_called(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    inner = jar.archive({"lib/tool.jar": LIBRARY}, stored=True)
    layer = blobs.add({"app/server": PROGRAM, "store/abc": LIBRARY, "all.zip": inner})
    async with WorkerPool(1) as pool:
        engine = LayerEngine(
            shelves=extraction.shelves,
            pool=pool,
            clock=SystemClock(),
            scratch=extraction.scratch,
        )
        read = await engine.read(Request(project="p", layer=layer, readers=WANTED), blobs)
    keys = [FactKey(read.identity, name, version) for name, version in WANTED.items()]
    sets = (await extraction.shelves.facts.read(keys)).values()
    files = [file for of_reader in sets for file in of_reader.files]
    found = [fact for file in files for fact in file.facts]
    assert not [error for file in files for error in file.errors]
    assert sorted((fact.path, fact.name) for fact in found if isinstance(fact, Package)) == [
        ("all.zip!/lib/tool.jar", "g:tool"),
        ("app/server", "stdlib"),
        ("store/abc", "g:tool"),
    ]
