"""Races and accidents, each with the outcome that the architecture gives it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from scantling_analyzers.extraction.pool import WorkerPool
from scantling_common.events.models import ScanExtract
from scantling_common.outcomes import Outcome, PackageEntry, Versions
from scantling_common.records.extractor import BINDINGS, FACTS, LAYER_INDEXES
from scantling_common.records.reporter import OUTCOMES
from scantling_common.results import result_events
from scantling_common.store.port import Range
from tests.builders.image import OCI_CONFIG, OCI_MANIFEST, BuiltImage, BuiltLayer, descriptor
from tests.builders.layer import layer
from tests.end_to_end.api import Refused, until
from tests.end_to_end.apps import ODD_NAME, app, base, package_of
from tests.end_to_end.deadly import CATALOGUE, POISON
from tests.end_to_end.notices import notice
from tests.end_to_end.pushes import Source
from tests.end_to_end.scenes import staged

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scantling_common.risks import Risk
    from tests.end_to_end.end_state import Subject
    from tests.end_to_end.scenes import Scene
    from tests.services.registry import DistributionRegistry

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.registry,
    # A process that dies takes its sockets along; a role that dies in this one leaves them.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

RISKS: tuple[Risk, ...] = ("software", "file", "baseimage")
ANALYZERS = tuple(f"analyzer-{risk}" for risk in RISKS)


def packages(report: Any) -> set[str]:
    """Return the names of the packages in a report."""
    return {package["name"] for package in report["outcomes"]["software"]["packages"]}


async def running(scene: Scene, tasks: Iterable[str]) -> None:
    """Wait until the one image of each task is being scanned."""

    async def all_run() -> bool:
        views = [await scene.api.get(f"tasks/{task}") for task in tasks]
        return all(view["counts"]["running"] == 1 for view in views)

    await until(all_run, "the scan is running")


async def test_two_scans_of_one_image_at_once_are_one(scene: Scene) -> None:
    subject = await scene.source.pushed(app("twice"), "twice")
    await scene.api.reported(subject.image.digest, status="complete")
    await scene.kill("extractor")

    tasks = await asyncio.gather(*(scene.source.rescanned(subject) for _ in range(2)))
    await running(scene, tasks)
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
        return report if name in packages(report) else None

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
    assert await search(scene, package_of("doomed")) == []


async def search(scene: Scene, package: str) -> list[str]:
    """Return the images that contain a package."""
    found = await scene.api.get("search", project="default", package=package)
    return [item["digest"] for item in found["items"]]


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


async def test_a_layer_that_kills_its_worker_makes_its_image_partial_and_no_other(
    tmp_path: Path, silent_registry: DistributionRegistry
) -> None:
    pool = WorkerPool(2, catalogue=CATALOGUE)
    try:
        async with staged(tmp_path, pool, silent_registry) as scene:
            poison = app("poison", files={POISON: b"{}"})
            deadly = await scene.source.pushed(poison, "deadly")
            harmless = await scene.source.pushed(app("harmless"), "harmless")

            report = await scene.api.reported(deadly.image.digest, status="partial")
            assert await scene.api.reported(harmless.image.digest, status="complete")

            software = report["outcomes"]["software"]
            assert software["status"] == "partial"
            assert {error["code"] for error in software["errors"]} == {"reader_crashed"}
            assert report["outcomes"]["file"]["status"] == "complete"
            assert (await scene.scanned(deadly))["seq"] == 1
    finally:
        pool.close()


async def test_a_config_with_a_lying_diff_id_is_failed_never_clean(scene: Scene) -> None:
    clean = await scene.source.pushed(app("clean"), "clean")
    await scene.api.reported(clean.image.digest, status="complete")
    evil = BuiltLayer(plain=layer({ODD_NAME: b"", b"srv/evil": b"evil"}))
    claims = [base().diff_id, clean.image.layers[1].diff_id]
    liar = BuiltImage(
        layers=(base(), evil), lies={"rootfs": {"type": "layers", "diff_ids": claims}}
    )

    subject = await scene.source.pushed(liar, "liar")

    report = await scene.api.reported(liar.digest, status="failed")
    for risk in RISKS:
        outcome = report["outcomes"][risk]
        assert outcome["status"] == "failed"
        assert "diff_id_mismatch" in outcome["reason"] or evil.digest in outcome["reason"]
        assert not outcome.get("packages")
    assert (await scene.scanned(subject))["status"] == "failed"
    assert await search(scene, package_of("clean")) == [clean.image.digest]


async def test_a_manifest_that_names_another_projects_layer_gets_nothing_of_it(
    scene: Scene, silent_registry: DistributionRegistry
) -> None:
    secret = await scene.source.pushed(app("secret"), "secret")
    await scene.api.reported(secret.image.digest, status="complete")
    await scene.api.post("projects", {"id": "other"})
    thief = await Source.added(scene.api, silent_registry, host=scene.gate.host, project="other")
    mine = BuiltLayer(plain=layer({ODD_NAME: b"", b"srv/mine": b""}))
    theirs = secret.image.layers[1]
    stolen = BuiltImage(layers=(mine, theirs))
    await thief.push(BuiltImage(layers=(mine,)), "thief/app")
    scene.gate.replace("/v2/thief/app/manifests/v1", stolen.manifest, OCI_MANIFEST)
    scene.gate.replace(f"/v2/thief/app/manifests/{stolen.digest}", stolen.manifest, OCI_MANIFEST)
    config = descriptor(stolen.config, OCI_CONFIG)["digest"]
    scene.gate.replace(f"/v2/thief/app/blobs/{config}", stolen.config, OCI_CONFIG)

    event = notice("thief/app", tag="v1", digest=stolen.digest, id_="theft")
    assert await thief.told(event) == 202

    report = await reported_in(scene, "other", stolen.digest)
    assert report["status"] == "failed"
    assert package_of("secret") not in json.dumps(report)
    found = await scene.api.get("search", project="other", package=package_of("secret"))
    assert found["items"] == []
    bound = await scene.store.get_many(
        BINDINGS, [f"other/{theirs.digest}", f"default/{theirs.digest}"]
    )
    assert [binding["id"] for binding in bound] == [f"default/{theirs.digest}"]


async def reported_in(scene: Scene, project: str, digest: str) -> Any:
    """Wait for a report in a project."""

    async def look() -> Any:
        rows = await scene.api.rows(project=project, search=digest.partition(":")[2])
        if not rows or rows[0]["status"] == "unscanned":
            return None
        return await scene.api.report(digest, project=project)

    return await until(look, f"the report of {digest} in {project}")


async def good_report(scene: Scene, name: str) -> tuple[Subject, Any]:
    """Return an image with a finding, and its report."""
    await scene.api.put("lists/approved-bases?project=default", {"entries": ["nowhere.example/*"]})
    subject = await scene.source.pushed(app(name), name)
    report = await scene.api.reported(subject.image.digest, status="complete")
    assert len(report["outcomes"]["baseimage"]["findings"]) == 1
    return subject, report


def check_stale(scene: Scene, subject: Subject, before: Any, after: Any, reason: str) -> None:
    """Check that a report is what it was, and says that it is stale and why."""
    for risk in RISKS:
        old, new = before["outcomes"][risk], after["outcomes"][risk]
        assert new["status"] == "stale"
        assert reason in new["reason"]
        assert new["findings"] == old["findings"]
    assert packages(after) == packages(before)
    assert after["summary"] == before["summary"]
    assert scene.resolved(subject) == []


async def test_a_failed_rescan_of_a_good_report_resolves_nothing(
    tmp_path: Path, pool: WorkerPool, silent_registry: DistributionRegistry
) -> None:
    # Fast, for a registry that does not answer is tried for minutes.
    async with staged(tmp_path, pool, silent_registry, factor=60.0) as scene:
        subject, before = await good_report(scene, "swept")
        await sweep_facts(scene, subject)
        scene.gate.refuses = True

        task = await scene.source.rescanned(subject)

        assert (await scene.ended(task))["failed"] == 1
        after = await scene.api.reported(subject.image.digest, status="failed")
        check_stale(scene, subject, before, after, "registry")


async def sweep_facts(scene: Scene, subject: Subject) -> None:
    """Delete the facts of an image's layers, as the sweep does after a month without use."""
    for part in subject.image.layers:
        for collection in (FACTS, LAYER_INDEXES):
            range_ = Range(index="about", prefix=(part.diff_id,))
            for document in await scene.store.page(collection, range_, limit=100):
                await scene.store.delete(collection, str(document["id"]))


async def test_a_timed_out_rescan_of_a_good_report_resolves_nothing(scene: Scene) -> None:
    subject, before = await good_report(scene, "overdue")
    await scene.kill(*ANALYZERS)

    task = await scene.source.rescanned(subject)
    await running(scene, [task])
    scene.clock.advance(2 * 3600)

    assert (await scene.ended(task))["failed"] == 1
    after = await scene.api.reported(subject.image.digest, status="failed")
    check_stale(scene, subject, before, after, "no outcome")
    scene.start(*ANALYZERS)
    again = await scene.source.rescanned(subject)
    assert (await scene.ended(again))["complete"] == 1
    healed = await scene.api.reported(subject.image.digest, status="complete")
    assert packages(healed) == packages(before)
    assert scene.resolved(subject) == []
