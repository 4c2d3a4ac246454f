"""What is claimed of images: read in a worker, stored once, and never a reason to fail."""

from __future__ import annotations

import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from scantling_analyzers.attestations.reading import ClaimDocument
from scantling_analyzers.extraction.claims import ClaimsEngine, Documents
from scantling_analyzers.extraction.pool import WorkerDied, WorkOverdue
from scantling_analyzers.extraction.work import WorkFailed
from scantling_analyzers.storage.claims import RETRY_MS, ClaimStore
from scantling_common.images.attestations import Refused
from tests.builders.attestation import SLSA_1, SPDX, provenance, spdx, statement
from tests.builders.image import sha256

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from scantling_analyzers.extraction.work import Answer, Work
    from tests.analyzers.extraction.conftest import Extraction

IMAGE, INDEX = sha256(b"image"), sha256(b"index")
PAD = "pkg:npm/left-pad@1.3.0"
BASE = ("pkg:docker/alpine@3", sha256(b"base"))


class Shelf:
    """Documents beside an image, and how often they were asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.found = Documents()
        self.asked = 0

    def put(self, *documents: bytes, again: bool = False) -> None:
        made = []
        for data in documents:
            file = self._folder / sha256(data).replace(":", "-")
            file.write_bytes(data)
            made.append(
                ClaimDocument(
                    via="index",
                    digest=sha256(data),
                    kind="statement",
                    path=str(file),
                    offset=0,
                    size=len(data),
                )
            )
        self.found = Documents(documents=tuple(made), again=again)

    @asynccontextmanager
    async def documents(self, image: str) -> AsyncIterator[Documents]:
        assert image == IMAGE
        self.asked += 1
        yield self.found


class Clock:
    """A clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


class Broken:
    """A pool whose workers do what a test says."""

    def __init__(self, answer: Answer | Exception) -> None:
        self._answer = answer

    async def perform(self, work: Work, *, seconds: float) -> Answer:
        del work, seconds
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    folder = tmp_path / "shelf"
    folder.mkdir()
    return Shelf(folder)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(extraction: Extraction, clock: Clock) -> ClaimsEngine:
    return ClaimsEngine(
        store=ClaimStore(extraction.store),
        pool=extraction.pool,
        clock=clock,
        scratch=extraction.scratch,
    )


async def test_documents_are_read_in_a_worker_and_stored(
    engine: ClaimsEngine, extraction: Extraction, shelf: Shelf
) -> None:
    shelf.put(statement(IMAGE, SPDX, spdx(PAD)), statement(IMAGE, SLSA_1, provenance(BASE)))
    await engine.read("p", IMAGE, shelf)
    claims = await ClaimStore(extraction.store).read("p", IMAGE)
    assert [sbom.purls for sbom in claims.sboms] == [(PAD,)]
    assert [material.name for material in claims.provenance] == ["alpine:3"]
    assert await ClaimStore(extraction.store).read("another", IMAGE) != claims


async def test_the_same_documents_are_read_once(
    engine: ClaimsEngine, extraction: Extraction, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put(statement(IMAGE, SPDX, spdx(PAD)))
    await engine.read("p", IMAGE, shelf)
    monkeypatch.setattr(extraction.pool, "perform", None)
    await engine.read("p", IMAGE, shelf)
    assert shelf.asked == 2


async def test_other_documents_take_the_place_of_those_before(
    engine: ClaimsEngine, extraction: Extraction, shelf: Shelf
) -> None:
    shelf.put(statement(IMAGE, SPDX, spdx(PAD)))
    await engine.read("p", IMAGE, shelf)
    shelf.put()
    await engine.read("p", IMAGE, shelf)
    assert (await ClaimStore(extraction.store).read("p", IMAGE)).sboms == ()


async def test_an_index_is_asked_once_even_where_it_names_nothing(
    engine: ClaimsEngine, shelf: Shelf
) -> None:
    assert not await engine.is_known("p", IMAGE, INDEX)
    await engine.read("p", IMAGE, shelf, index=INDEX)
    assert await engine.is_known("p", IMAGE, INDEX)
    assert not await engine.is_known("p", IMAGE, sha256(b"a newer index"))


async def test_where_there_is_nothing_nothing_is_stored(
    engine: ClaimsEngine, extraction: Extraction, shelf: Shelf
) -> None:
    await engine.read("p", IMAGE, shelf)
    assert await ClaimStore(extraction.store).root("p", IMAGE, now_ms=0) is None


async def test_what_could_not_be_had_is_asked_for_again_later(
    engine: ClaimsEngine, extraction: Extraction, shelf: Shelf, clock: Clock
) -> None:
    refused = Refused(via="index", digest=INDEX, code="registry_unreachable", reason="no answer")
    shelf.found = Documents(refused=(refused,), again=True)
    await engine.read("p", IMAGE, shelf, index=INDEX)
    claims = await ClaimStore(extraction.store).read("p", IMAGE)
    assert [sbom.code for sbom in claims.sboms] == ["registry_unreachable"]
    assert await engine.is_known("p", IMAGE, INDEX)
    clock.now += RETRY_MS
    assert not await engine.is_known("p", IMAGE, INDEX)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (WorkerDied("", -signal.SIGKILL), "reader_crashed"),
        (WorkOverdue("it took too long"), "deadline"),
        (WorkFailed(code="out_of_memory", message="too much"), "out_of_memory"),
    ],
)
async def test_a_document_that_ends_its_worker_is_said_and_ends_nothing_else(
    extraction: Extraction, shelf: Shelf, clock: Clock, answer: Answer | Exception, code: str
) -> None:
    engine = ClaimsEngine(
        store=ClaimStore(extraction.store),
        pool=Broken(answer),  # type: ignore[arg-type]  # all of a pool that is asked for
        clock=clock,
        scratch=extraction.scratch,
    )
    shelf.put(statement(IMAGE, SPDX, spdx(PAD)))
    await engine.read("p", IMAGE, shelf)
    claims = await ClaimStore(extraction.store).read("p", IMAGE)
    assert [(sbom.code, sbom.purls) for sbom in claims.sboms] == [(code, ())]


async def test_a_huge_document_costs_the_worker_no_more_than_its_memory(
    engine: ClaimsEngine, extraction: Extraction, shelf: Shelf
) -> None:
    one = b'{"type":"library","purl":"pkg:npm/a@1"}'
    bill = (
        b'{"bomFormat":"CycloneDX","specVersion":"1.5","components":['
        + b",".join([one] * 1_000_000)
        + b"]}"
    )
    shelf.put(bill)
    document = replace(shelf.found.documents[0], kind="sbom")
    shelf.found = Documents(documents=(document,))
    await engine.read("p", IMAGE, shelf)
    claims = await ClaimStore(extraction.store).read("p", IMAGE)
    assert [sbom.code for sbom in claims.sboms] == ["too_many"]
    assert list(extraction.scratch.iterdir()) == []
