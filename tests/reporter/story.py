"""A story with everything that can happen to an image, in phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.risks import ALWAYS
from scantling_common.store.port import Range
from tests.reporter.builders import (
    a_finding,
    a_package,
    an_error,
    an_outcome,
    results,
    usual_outcomes,
)
from tests.reporter.vulnerabilities import LOG4J, OPENSSL, a_vulnerability, findings, vulnerable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.risks import Risk
    from tests.reporter.world import World


EVERY: Sequence[Risk] = (*ALWAYS, "vulnerability")


async def placed(world: World) -> None:
    """Place two tags of one image, one of another."""
    await world.place("app")
    await world.place("app", tag="1.0")
    await world.place("tool", repository="team/tool")


async def scanned(world: World) -> None:
    """Scan both images, one of them twice with the older scan ending last."""
    found = [a_finding("F1", path="etc/a"), a_finding("F2", path="etc/b")]
    packages = [a_package(f"package-{number}") for number in range(6)]
    both = [*packages, LOG4J, OPENSSL]
    await world.send(
        [
            *results("app", 2, [*usual_outcomes(*found, packages=both), vulnerable()], risks=EVERY),
            *results(
                "tool",
                1,
                [*usual_outcomes(a_finding("T1"), packages=both), vulnerable()],
                risks=EVERY,
            ),
            *results("app", 1, usual_outcomes(a_finding("old"))),
        ]
    )


async def scanned_again(world: World) -> None:
    """Scan again: one risk type is partial, one failed."""
    packages = [a_package(f"package-{number}", "2.0") for number in range(4)]
    outcomes = [
        an_outcome("software", packages=packages),
        an_outcome("file", "failed", code="deadline"),
        an_outcome("baseimage", "partial", findings=[a_finding("F3")], errors=[an_error("etc/b")]),
        vulnerable(*findings()[:2], a_vulnerability("CVE-2023-1", OPENSSL), build="build-2"),
    ]
    await world.send(results("app", 3, outcomes, risks=EVERY))


async def moved(world: World) -> None:
    """Let a tag show the other image, and that one's own tag go."""
    await world.place("tool", tag="1.0")
    async for placement in world.placements.each(everything()):
        if placement.repository == "team/tool":
            await world.remove(placement)


async def removed(world: World) -> None:
    """Let the last tags go."""
    async for placement in world.placements.each(everything()):
        if not placement.gone and placement.tag == "1.0":
            await world.remove(placement)


def everything() -> Range:
    """Return the range of all placements."""
    return Range(index="gone")


PHASES = (placed, scanned, scanned_again, moved, removed)
