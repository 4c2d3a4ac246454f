"""A storm of webhook requests, good and bad: each image is scanned once, and nothing stops."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.builders.image import push_manifest
from tests.end_to_end.api import until
from tests.end_to_end.apps import app
from tests.end_to_end.cluster import Up
from tests.end_to_end.end_state import unrest
from tests.end_to_end.events import Recorded
from tests.end_to_end.hostile import damaged, windows
from tests.end_to_end.notices import EVENTS, notice, notification
from tests.end_to_end.pushes import Source
from tests.end_to_end.sizes import (
    CROWD_SECONDS,
    STORM_BAD,
    STORM_IMAGES,
    STORM_MEMORY,
    STORM_REPEATED,
    STORM_TAGS,
    STORM_VALID,
)
from tests.end_to_end.worlds import LocalWorld, opened

if TYPE_CHECKING:
    from tests.builders.image import BuiltImage
    from tests.services.registry import DistributionRegistry

pytestmark = [pytest.mark.end_to_end, pytest.mark.registry, pytest.mark.slow]

AT_ONCE = 64
PUSHERS = 8
SEED = 20261124
MIB = 1024 * 1024


class Request(NamedTuple):
    """A webhook request, and the status that it must be answered with."""

    status: int
    body: bytes
    secret: str
    registry: str
    content_type: str = EVENTS


def memory_of(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has no memory")


def bad_requests(source: Source, good: bytes) -> list[Request]:
    """Return one request of each kind that must be refused, with its status."""
    known, id_ = source.secret, source.id
    text = notice("team/app", tag="v1")
    return [
        Request(401, good, "", id_),
        Request(401, good, known + "x", id_),
        Request(401, good, known, "0" * 32),
        Request(401, b"", known, "../../etc/passwd"),
        Request(400, b"", known, id_),
        Request(400, b"{", known, id_),
        Request(400, b"[" * 100_000, known, id_),
        Request(400, b'{"events": [1]}', known, id_),
        Request(400, b"\xff\xfe\x00", known, id_),
        Request(400, good, known, id_, "text/html"),
        Request(400, notification(notice("../../team", tag="v1")), known, id_),
        Request(400, notification(notice("team/app", tag="\x1b[31m")), known, id_),
        Request(400, notification(notice("team/app", digest="sha256:0")), known, id_),
        Request(400, notification({**text, "target": {"repository": 7}}), known, id_),
        Request(413, notification(text) + b" " * (2 * MIB), known, id_),
    ]


async def send(source: Source, requests: list[Request]) -> Counter[tuple[int, int]]:
    """Send requests in an order that a seed draws; count them by expected and given status."""
    random.Random(SEED).shuffle(requests)  # noqa: S311  # an order, no secret
    gate = asyncio.Semaphore(AT_ONCE)
    counts: Counter[tuple[int, int]] = Counter()

    async def one(request: Request) -> None:
        async with gate:
            status = await source.deliver(
                request.body, request.secret, request.content_type, registry=request.registry
            )
            counts[request.status, status] += 1

    await asyncio.gather(*(one(request) for request in requests))
    return counts


async def push_all(source: Source, images: list[BuiltImage], tags: int) -> None:
    """Push each image to its repository, under so many tags."""
    gate = asyncio.Semaphore(PUSHERS)

    def put(number: int, image: BuiltImage) -> None:
        for tag in range(1, tags):
            push_manifest(
                source.registry.host, f"storm/{number}", f"v{tag}", image.manifest, image.media_type
            )

    async def one(number: int, image: BuiltImage) -> None:
        async with gate:
            await source.push(image, f"storm/{number}", "v0")
            await asyncio.to_thread(put, number, image)

    await asyncio.gather(*(one(number, image) for number, image in enumerate(images)))


@pytest.mark.timeout(240)
async def test_a_storm_of_webhooks_scans_each_image_once_and_stops_nothing(
    tmp_path: Path, silent_registry: DistributionRegistry
) -> None:
    times = STORM_VALID // STORM_IMAGES
    hostile = [*damaged().values(), windows()]
    images = [app(f"storm-{n}") for n in range(STORM_IMAGES - len(hostile))] + hostile
    async with Up(tmp_path) as up, Recorded(LocalWorld(up.data)) as recorded:
        source = await Source.added(up.api, silent_registry)
        await push_all(source, images, STORM_TAGS)
        valid = [
            notification(
                notice(f"storm/{n}", tag=f"v{k % STORM_TAGS}", digest=image.digest, id_=f"{n}-{k}")
            )
            for n, image in enumerate(images)
            for k in range(times)
        ]
        kinds = bad_requests(source, valid[0])
        requests = [
            Request(202, body, source.secret, source.id)
            for body in [*valid, *valid[:STORM_REPEATED]]
        ]
        requests += [kinds[n % len(kinds)] for n in range(STORM_BAD)]
        control = up.pids()["control"]
        before = memory_of(control)

        counts = await send(source, requests)

        assert {pair for pair in counts if pair[0] != pair[1]} == set()
        assert counts[202, 202] == STORM_VALID + STORM_REPEATED
        assert counts.total() == STORM_VALID + STORM_REPEATED + STORM_BAD

        async with opened(LocalWorld(up.data)) as store:

            async def over() -> bool:
                return not await unrest(store)

            await until(over, "the end of the storm", seconds=CROWD_SECONDS, every=0.5)
        rows = await up.api.rows(repository="storm/")
        assert len(rows) == STORM_IMAGES * STORM_TAGS
        assert all(row["status"] != "unscanned" for row in rows)
        assert memory_of(control) - before < STORM_MEMORY
        assert up.pids()["control"] == control
        scanned = Counter(event.key for event in recorded.of("scantling.scan.extract"))
        # An image that failed is tried again with its next push; one that did not, is not.
        assert all(1 <= scanned[image.digest] <= times for image in hostile)
        assert {scanned[image.digest] for image in images if image not in hostile} == {1}
        assert recorded.dead() == []

        last = await source.pushed(app("after-the-storm"), "after-the-storm")
        assert await up.api.reported(last.image.digest, status="complete")
