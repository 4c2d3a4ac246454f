"""Races, each with the outcome that the architecture gives it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.events.models import ScanExtract
from scantling_common.outcomes import Outcome, PackageEntry, Versions
from scantling_common.records.reporter import OUTCOMES
from scantling_common.results import result_events
from scantling_common.store.port import Range
from tests.end_to_end.api import Refused, until
from tests.end_to_end.apps import app, package_of, packages_of
from tests.end_to_end.notices import notice

if TYPE_CHECKING:
    from scantling_common.risks import Risk
    from tests.end_to_end.end_state import Subject
    from tests.end_to_end.scenes import Scene

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.registry,
    # A process that dies takes its sockets along; a role that dies in this one leaves them.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

RISKS: tuple[Risk, ...] = ("software", "file", "baseimage")
ANALYZERS = tuple(f"analyzer-{risk}" for risk in RISKS)


async def test_two_scans_of_one_image_at_once_are_one(scene: Scene) -> None:
    subject = await scene.source.pushed(app("twice"), "twice")
    # The report is there a moment before its scan has ended, and such a one would be joined.
    await scene.scanned(subject)
    await scene.kill("extractor")

    tasks = await asyncio.gather(*(scene.source.rescanned(subject) for _ in range(2)))
    await scene.running(tasks)
    scene.start("extractor")

    for task in tasks:
        counts = await scene.ended(task)
        assert counts["complete"] == 1
        assert counts["total"] == 1
    assert len(set(tasks)) == 2
    assert (await scene.scanned(subject))["seq"] == 2
    row = await scene.row(subject)
    assert row is not None
    assert row["generation"] == 2


async def test_an_older_result_never_replaces_a_newer_one(scene: Scene) -> None:
    subject = await scene.source.pushed(app("older"), "older")
    await scene.api.reported(subject.image.digest, status="complete")

    await publish(scene, subject, seq=9, package="newer")
    newer = await until_package(scene, subject, "newer")
    await publish(scene, subject, seq=8, package="older")

    async def recorded() -> bool:
        range_ = Range(index="scan", prefix=(subject.project, subject.image.digest, 8))
        pages = await scene.store.page(OUTCOMES, range_, limit=10)
        return len(pages) == len(RISKS) and all(page["superseded"] for page in pages)

    await until(recorded, "the older result is recorded as superseded")
    assert await scene.api.report(subject.image.digest) == newer


async def publish(scene: Scene, subject: Subject, *, seq: int, package: str) -> None:
    """Publish outcomes of a scan as analyzers do."""
    request = ScanExtract(
        project=subject.project, scan=subject.scan, image=subject.image.digest, risks=RISKS, seq=seq
    )
    entry = PackageEntry(
        name=package, version="1", type="npm", purl=f"pkg:npm/{package}@1", path="x", layer=""
    )
    producer = await scene.recorded.bus.producer()
    for risk in RISKS:
        found = (entry,) if risk == "software" else ()
        versions = Versions(version="1")
        outcome = Outcome(risk=risk, status="complete", packages=found, versions=versions)
        await producer.send_all(result_events(request, outcome, f"run-{seq}-{risk}"))
    await producer.close()


async def until_package(scene: Scene, subject: Subject, name: str) -> Any:
    """Wait until a report shows a package; return it."""

    async def shown() -> Any:
        report = await scene.api.report(subject.image.digest)
        return report if name in packages_of(report) else None

    return await until(shown, f"package {name}")


async def test_an_image_deleted_during_its_scan_opens_nothing_and_stays_hidden(
    scene: Scene,
) -> None:
    await scene.api.put("lists/approved-bases?project=default", {"entries": ["nowhere.example/*"]})
    await scene.kill(*ANALYZERS)
    subject = await scene.source.pushed(app("doomed"), "doomed")

    async def extracted() -> bool:
        return bool(scene.recorded.of("scantling.scan.jobs.software"))

    await until(extracted, "the jobs")
    await scene.source.deleted(subject)

    async def gone() -> bool:
        return await scene.row(subject) is None

    await until(gone, "the placement is gone")
    scene.start(*ANALYZERS)

    assert (await scene.scanned(subject))["status"] == "complete"
    with pytest.raises(Refused, match="no placement"):
        await scene.api.report(subject.image.digest)
    assert await scene.row(subject) is None
    opened = [
        event
        for event in scene.recorded.events
        if event.topic == "scantling.findings.baseimage" and (event.data or {}).get("opened")
    ]
    assert opened == []
    assert await scene.search(package_of("doomed")) == []


async def test_a_tag_moved_twice_before_its_scan_is_scanned_as_it_is_now(scene: Scene) -> None:
    await scene.kill("dispatcher")
    first, second, third = (app(name) for name in ("moved-1", "moved-2", "moved-3"))
    for number, image in enumerate((first, second, third)):
        subject = await scene.source.pushed(image, "moved")
        await shown(scene, subject, number)
    scene.start("dispatcher")

    await scene.api.reported(third.digest, status="complete")

    items = await settled_items(scene, 3)
    assert items[first.digest]["reason"] == items[second.digest]["reason"] == "moved"
    assert items[third.digest]["state"] == "complete"
    scanned = {event.key for event in scene.recorded.of("scantling.scan.extract")}
    assert scanned == {third.digest}


async def shown(scene: Scene, subject: Subject, number: int) -> None:
    """Wait until a placement shows an image."""

    async def there() -> bool:
        row = await scene.row(subject)
        return row is not None and row["digest"] == subject.image.digest

    await until(there, f"image {number} at {subject.repository}")


async def settled_items(scene: Scene, count: int) -> dict[str, Any]:
    """Return the items of the push task by image, once so many have ended."""

    async def ended() -> dict[str, Any] | None:
        items = (await scene.api.get(f"tasks/push-{scene.source.id}/items"))["items"]
        found = {item["image"]: item for item in items}
        over = [item for item in items if item["state"] not in {"waiting", "running"}]
        return found if len(over) == count else None

    found: dict[str, Any] = await until(ended, f"{count} images of the push task")
    return found


async def test_a_tag_moved_away_and_back_shows_the_report_it_had(scene: Scene) -> None:
    first, second = app("back-1"), app("back-2")
    subject = await scene.source.pushed(first, "back", "v1")
    before = await scene.api.reported(first.digest, status="complete")
    other = await scene.source.pushed(second, "back", "v1")
    await scene.api.reported(second.digest, status="complete")
    with pytest.raises(Refused, match="no placement"):
        await scene.api.report(first.digest)

    event = notice("team/back", tag="v1", digest=first.digest, id_="moved-back")
    await scene.source.push(first, "team/back", "v1")
    assert await scene.source.told(event) == 202
    after = await scene.api.reported(first.digest, status="complete")

    assert subject.placement == other.placement
    assert after["outcomes"] == before["outcomes"]
    items = await settled_items(scene, 2)
    assert items[first.digest]["reason"] == "already_analysed"
    assert [event.key for event in scene.recorded.of("scantling.scan.extract")] == [
        first.digest,
        second.digest,
    ]


async def test_a_listing_that_began_before_a_push_does_not_undo_it(scene: Scene) -> None:
    old, new = app("list-1"), app("list-2")
    subject = await scene.source.pushed(old, "list")
    await scene.api.reported(old.digest, status="complete")

    held = scene.gate.hold("HEAD", "/v2/team/list/manifests/v1")
    sync = (await scene.api.post("syncs", {"project": "default", "registry": scene.source.id}))[
        "items"
    ][0]["id"]
    await asyncio.wait_for(held.arrived.wait(), 30)
    event = notice("team/list", tag="v1", digest=new.digest, id_="newer")
    await scene.source.push(new, "team/list")
    assert await scene.source.told(event) == 202
    await scene.api.reported(new.digest, status="complete")
    held.released.set()

    async def over() -> bool:
        view = await scene.api.get(f"syncs/{sync}")
        return bool(view["state"] == "done")

    await until(over, "the sync")
    row = await scene.row(subject)
    assert row is not None
    assert row["digest"] == new.digest
    moved_back = [
        event
        for event in scene.recorded.of("scantling.image.events")
        if (event.data or {})["image"] == old.digest and (event.data or {})["action"] == "moved"
    ]
    assert moved_back == []
