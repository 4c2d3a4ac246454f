"""What an image is built on, from pushes alone, and what becomes of it when the base is rebuilt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.image import BuiltImage, BuiltLayer
from tests.builders.layer import layer
from tests.end_to_end.api import until
from tests.end_to_end.apps import app, base, package_of
from tests.end_to_end.notices import notice
from tests.end_to_end.scenes import staged

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_analyzers.extraction.pool import WorkerPool
    from tests.end_to_end.end_state import Subject
    from tests.end_to_end.scenes import Scene
    from tests.services.registry import DistributionRegistry

pytestmark = [pytest.mark.end_to_end, pytest.mark.registry]

OLD = BuiltImage(layers=(base(),))
NEW = BuiltImage(
    layers=(BuiltLayer(plain=layer({"etc/os-release": "ID=debian\nVERSION_ID=13\n"})),)
)


async def base_report(scene: Scene, subject: Subject) -> dict[str, Any]:
    """Scan an image again; return its report on bases."""
    counts = await scene.ended(await scene.source.rescanned(subject))
    assert counts["complete"] == 1
    report = await scene.api.report(subject.image.digest)
    found: dict[str, Any] = report["outcomes"]["baseimage"]
    return found


async def moved_back(scene: Scene, subject: Subject) -> None:
    """Push an image once more under its tag, and wait until the product knows."""
    await scene.source.push(subject.image, subject.repository, subject.tag)
    digest = subject.image.digest
    back = notice(subject.repository, tag=subject.tag, digest=digest, id_="back")
    assert await scene.source.told(back) == 202

    async def shown() -> bool:
        row = await scene.row(subject)
        return row is not None and row["digest"] == digest

    await until(shown, f"{subject.repository}:{subject.tag} shows the old image again")


async def test_a_base_that_is_pushed_again_is_a_hint_to_rebuild_what_stands_on_it(
    tmp_path: Path, pool: WorkerPool, silent_registry: DistributionRegistry
) -> None:
    async with staged(tmp_path, pool, silent_registry) as scene:
        known = await scene.source.pushed(OLD, "debian", "12")
        await scene.api.reported(known.image.digest, status="complete")
        subject = await scene.source.pushed(app("shop"), "shop")
        report = await scene.api.reported(subject.image.digest, status="complete")
        assert report["outcomes"]["baseimage"]["rebuild_on"] == []
        packages = report["outcomes"]["software"]["packages"]
        assert {each["name"]: each["in_base"] for each in packages} == {
            "base-files": True,
            "libc6": True,
            "zlib1g": True,
            package_of("shop"): False,
        }

        newer = await scene.source.pushed(NEW, "debian", "12")
        await scene.api.reported(newer.image.digest)
        found = await base_report(scene, subject)

        name = f"{scene.gate.host}/team/debian:12"
        assert [(hint["reference"], hint["digest"]) for hint in found["rebuild_on"]] == [
            (name, NEW.digest)
        ]
        assert [(each["digest"], each["confidence"]) for each in found["bases"]] == [
            (OLD.digest, "proven")
        ]

        await moved_back(scene, known)
        again = await base_report(scene, subject)
        assert again["rebuild_on"] == []
        assert again["bases"][0]["references"] == [name]
