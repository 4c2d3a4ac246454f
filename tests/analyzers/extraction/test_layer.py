"""One layer: read once, believed only when hashed, and never able to hurt anything else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.extraction.layer import LayerFailed, Request
from scantling_analyzers.storage.facts import FactKey
from tests.analyzers.extraction.conftest import Extraction
from tests.analyzers.extraction.readers import CATALOGUE
from tests.builders.layer import executable, hard_link

if TYPE_CHECKING:
    from scantling_analyzers.facts.models import FactSet
    from scantling_common.records.shared import Layer
    from tests.analyzers.extraction.blob_files import BlobFolder

READERS = {reader.name: reader.version for reader in CATALOGUE} | {"files": 3}
RELEASE = {"etc/os-release": b"ID=made\nVERSION_ID=1\n"}


def wanted(layer: Layer, project: str = "p", *, again: bool = False) -> Request:
    return Request(project=project, layer=layer, readers=READERS, again=again)


async def facts(extraction: Extraction, identity: str, reader: str) -> FactSet:
    key = FactKey(identity, reader, READERS[reader])
    return (await extraction.shelves.facts.read([key]))[key]


def names(found: FactSet) -> list[str]:
    return [getattr(fact, "name", "") for file in found.files for fact in file.facts]


def codes(found: FactSet) -> list[str]:
    return [error.code for file in found.files for error in file.errors]


async def test_a_layer_is_read_once_by_all_readers(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add({**RELEASE, "app/a": b"abc", "b\udcff": b"x"})
    read = await extraction.layers.read(wanted(layer), blobs)
    assert read.verified
    assert read.identity == layer.claimed_diff_id
    every = await facts(extraction, read.identity, "every-file")
    assert sorted(names(every)) == ["app/a", "b\\xff", "etc/os-release"]
    again = await extraction.layers.read(wanted(layer), blobs)
    assert again == read
    assert blobs.asked == [layer.digest]


async def test_an_executable_file_is_found_by_how_it_begins(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    elf = b"\x7fELF and more"
    layer = blobs.add(
        {
            "opt/program": executable(elf),
            "opt/again": replace(hard_link("opt/program"), mode=0o755),
            "opt/data": elf,
            "opt/script": executable(b"#!/bin/sh"),
            "opt/short": executable(b"\x7fEL"),
            "opt/libx.so": b"by its name",
        }
    )
    read = await extraction.layers.read(wanted(layer), blobs)
    found = await facts(extraction, read.identity, "executables")
    assert sorted(names(found)) == ["opt/again", "opt/libx.so", "opt/program"]


async def test_any_other_file_of_some_size_is_found_by_how_it_begins(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    zipped = b"PK\x03\x04" + bytes(5000)
    layer = blobs.add(
        {
            "opt/data": zipped,
            "opt/again": hard_link("opt/data"),
            "opt/program": executable(zipped),
            "opt/small": b"PK\x03\x04",
            "opt/other": bytes(5000),
        }
    )
    read = await extraction.layers.read(wanted(layer), blobs)
    found = await facts(extraction, read.identity, "executables")
    assert sorted(names(found)) == ["opt/again", "opt/data"]


async def test_a_companion_is_seen_beside_a_file_and_not_by_itself(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add({"opt/libx.so": b"", "opt/beside": b"of lib"})
    read = await extraction.layers.read(wanted(layer), blobs)
    found = await facts(extraction, read.identity, "executables")
    assert [getattr(fact, "version", "") for file in found.files for fact in file.facts] == [
        "of lib"
    ]


async def test_of_many_calls_for_one_layer_one_works(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add(RELEASE)
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(extraction.layers.read(wanted(layer), blobs))
    assert blobs.asked == [layer.digest]


async def test_another_project_proves_that_it_has_the_layer(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add(RELEASE)
    await extraction.layers.read(wanted(layer), blobs)
    await extraction.layers.read(wanted(layer, "other"), blobs)
    assert blobs.asked == [layer.digest] * 2


async def test_a_config_that_claims_a_clean_layer_fails(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    clean = blobs.add(RELEASE)
    await extraction.layers.read(wanted(clean), blobs)
    lying = blobs.add({"usr/bin/evil": b"x"}, claimed=clean.claimed_diff_id)
    for _ in range(2):
        with pytest.raises(LayerFailed) as failure:
            await extraction.layers.read(wanted(lying), blobs)
        assert failure.value.reason == "diff_id_mismatch"
    assert names(await facts(extraction, clean.claimed_diff_id, "every-file")) == ["etc/os-release"]


async def test_a_blob_that_is_not_what_its_digest_says_fails(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add(RELEASE)
    blobs.damage(layer)
    with pytest.raises(LayerFailed) as failure:
        await extraction.layers.read(wanted(layer), blobs)
    assert failure.value.reason == "digest_mismatch"
    assert await extraction.shelves.bindings.of("p", [layer.digest]) == {}


@pytest.mark.parametrize(
    ("deed", "code"),
    [("raise", "reader_failed"), ("refuse", "malformed"), ("grow", "out_of_memory")],
)
async def test_a_reader_fails_on_its_file_only(
    extraction: Extraction, blobs: BlobFolder, deed: str, code: str
) -> None:
    layer = blobs.add({f"do/{deed}": b"x", "do/well": b"x", **RELEASE})
    read = await extraction.layers.read(wanted(layer), blobs)
    found = await facts(extraction, read.identity, "apk")
    assert codes(found) == [code]
    assert sorted(names(found)) == sorted([deed, "well"])
    assert len(names(await facts(extraction, read.identity, "every-file"))) == 3


async def test_a_layer_that_kills_its_worker_is_given_up_for_that_reader_only(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add({"do/crash": b"x", **RELEASE})
    read = await extraction.layers.read(wanted(layer), blobs)
    assert read.verified
    assert read.statuses["apk"] == "reader_crashed"
    assert codes(await facts(extraction, read.identity, "apk")) == ["reader_crashed"]
    assert len(names(await facts(extraction, read.identity, "every-file"))) == 2
    asked = len(blobs.asked)
    await extraction.layers.read(wanted(layer), blobs)
    assert len(blobs.asked) == asked
    await extraction.layers.read(wanted(layer, again=True), blobs)
    assert len(blobs.asked) > asked


async def test_a_layer_that_takes_too_long_costs_itself_only(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    slow, quick = blobs.add({"do/hang": b""}), blobs.add(RELEASE)
    reading = asyncio.create_task(extraction.layers.read(wanted(slow), blobs))
    assert (await extraction.layers.read(wanted(quick), blobs)).verified
    read = await reading
    assert set(read.statuses.values()) == {"deadline"}
    assert (read.verified, read.identity) == (False, slow.digest)


async def test_work_that_is_called_off_leaves_no_count(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add({"do/hang": b""})
    for _ in range(4):
        reading = asyncio.create_task(extraction.layers.read(wanted(layer), blobs))
        await blobs.touched.wait()
        blobs.touched.clear()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    assert await extraction.shelves.leases.turn(layer.digest).take() == 1


async def test_work_goes_on_for_whoever_else_wants_the_layer(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add({"do/hang": b""})
    first = asyncio.create_task(extraction.layers.read(wanted(layer), blobs))
    await blobs.touched.wait()
    second = asyncio.create_task(extraction.layers.read(wanted(layer), blobs))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    read = await second
    assert set(read.statuses.values()) == {"deadline"}
    assert blobs.asked == [layer.digest]
    assert extraction.measured.worker_deaths() == ["deadline"]


async def test_the_last_one_to_leave_ends_the_work(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add({"do/hang": b""})
    first = asyncio.create_task(extraction.layers.read(wanted(layer), blobs))
    await blobs.touched.wait()
    second = asyncio.create_task(extraction.layers.read(wanted(layer, "other"), blobs))
    await asyncio.sleep(0)
    for reading in (first, second):
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    assert blobs.asked == [layer.digest]
    assert extraction.measured.worker_deaths() in (["cancelled"], [])
    assert await extraction.shelves.leases.turn(layer.digest).take() == 1


async def test_layers_are_counted(extraction: Extraction, blobs: BlobFolder) -> None:
    layer = blobs.add(RELEASE)
    for _ in range(3):
        await extraction.layers.read(wanted(layer), blobs)
    assert extraction.measured.counted["layers_total"] == ["read", "reused", "reused"]


async def test_starts_of_processes_that_died_count(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add(RELEASE)
    dead = Extraction(extraction.store, extraction.pool, extraction.scratch, "dead")
    for _ in range(3):
        await dead.shelves.leases.turn(layer.digest).take()
        await dead.shelves.leases.end(layer.digest, "died")
    read = await extraction.layers.read(wanted(layer), blobs)
    assert set(read.statuses.values()) == {"reader_crashed"}
    assert blobs.asked == []


async def test_readers_of_another_version_are_an_error_and_not_asked_for_ever(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add(RELEASE)
    readers = {**READERS, "every-file": READERS["every-file"] + 1}
    with pytest.raises(LayerFailed, match="every-file") as caught:
        await extraction.layers.read(Request(project="p", layer=layer, readers=readers), blobs)
    assert caught.value.reason == "facts_missing"


async def test_an_executable_link_into_another_layer_is_told(
    extraction: Extraction, blobs: BlobFolder
) -> None:
    layer = blobs.add({"bin/program": replace(hard_link("bin/other"), mode=0o755)})
    read = await extraction.layers.read(wanted(layer), blobs)
    assert codes(await facts(extraction, read.identity, "executables")) == ["dangling_link"]
