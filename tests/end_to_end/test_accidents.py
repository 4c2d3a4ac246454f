"""Accidents and lies, each with the outcome that the architecture gives it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from scantling_analyzers.extraction.pool import WorkerPool
from scantling_common.records.extractor import BINDINGS, FACTS, LAYER_INDEXES
from scantling_common.store.port import Range
from tests.builders.image import OCI_CONFIG, OCI_MANIFEST, BuiltImage, BuiltLayer, descriptor
from tests.builders.layer import layer
from tests.end_to_end.api import until
from tests.end_to_end.apps import ODD_NAME, app, base, package_of, packages_of
from tests.end_to_end.deadly import CATALOGUE, POISON
from tests.end_to_end.notices import notice
from tests.end_to_end.pushes import Source
from tests.end_to_end.scenes import staged

if TYPE_CHECKING:
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
    assert await scene.search(package_of("clean")) == [clean.image.digest]


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
    assert await scene.search(package_of("secret"), "other") == []
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
    # A report is there a moment before its scan ends; a new task would join that one.
    await scene.scanned(subject)
    return subject, report


def check_stale(scene: Scene, subject: Subject, before: Any, after: Any, reason: str) -> None:
    """Check that a report is what it was, and says that it is stale and why."""
    for risk in RISKS:
        old, new = before["outcomes"][risk], after["outcomes"][risk]
        assert new["status"] == "stale"
        assert reason in new["reason"]
        assert new["findings"] == old["findings"]
    assert packages_of(after) == packages_of(before)
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
    await scene.running([task])
    scene.clock.advance(2 * 3600)

    assert (await scene.ended(task))["failed"] == 1
    after = await scene.api.reported(subject.image.digest, status="failed")
    check_stale(scene, subject, before, after, "no outcome")
    scene.start(*ANALYZERS)
    again = await scene.source.rescanned(subject)
    assert (await scene.ended(again))["complete"] == 1
    healed = await scene.api.reported(subject.image.digest, status="complete")
    assert packages_of(healed) == packages_of(before)
    assert scene.resolved(subject) == []
