"""Search over a large fleet: ``python -m tests.benchmarks.fleet``.

A made-up fleet of 150,000 images (``--images``) over SQLite: 50 tags to a repository, a system of
300 packages that several repositories share, and 100 packages of the application, which are the
same in 25 tags one after the other. Prints how many records that makes, how long an image takes
that comes, and how long searches and pages of vulnerabilities take over real HTTP, the median of
ten.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp.test_utils import TestClient, TestServer

from scantling_common.http.app import build_app
from scantling_common.http.auth import Authenticator, new_token, token_record
from scantling_common.outcomes import Finding, Outcome, PackageEntry, VulnerabilityEntry
from scantling_common.records.fleet import Hold, hold_id
from scantling_common.records.reporter import REPORTS, TOKENS, ReportRow, Token
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository
from scantling_reporter.fleet.contents import software_contents, vulnerability_contents
from scantling_reporter.fleet.holdings import FleetRecords, Holdings
from scantling_reporter.service import STATUSES, build_reporter
from scantling_reporter.settings import ReporterSettings
from tests.reporter.builders import NOW, PROJECT, digest
from tests.reporter.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scantling_common.records.fleet import UnitKind
    from scantling_reporter.fleet.contents import Content

TAGS = 50
SAME = 25
SYSTEMS = 200
SYSTEM_PACKAGES = 300
PACKAGES = 100
WRITTEN = 5_000
ASKED = 10

QUESTIONS = {
    "log4j-core < 2.17": "search?q=log4j-core < 2.17&page_size=100",
    "openssl < 3.0.5, all versions": "search?q=openssl < 3.0.5&page_size=100",
    "a purl without version": "search?purl=pkg:maven/org.x/library-7&page_size=100",
    "none at all": "search?q=log4j-core > 9&page_size=100",
    "a path": "search?path=srv/*log4j-core*.jar&page_size=100",
    "a vulnerability": "vulnerabilities/CVE-2021-44228?page_size=100",
    "the worst vulnerabilities": "vulnerabilities?page_size=100",
}


def a_system(number: int) -> Outcome:
    """Return the packages of one of the base images, in its layer."""
    chance = random.Random(number)  # noqa: S311 - the same fleet every time
    names = ["openssl", *(f"library-{each}" for each in range(SYSTEM_PACKAGES - 1))]
    packages = [
        PackageEntry(
            name=name,
            version=f"3.{chance.randrange(3)}.{chance.randrange(12)}-1",
            type="deb",
            purl=f"pkg:deb/debian/{name}",
            path="var/lib/dpkg/status",
            layer=digest(f"system {number}"),
        )
        for name in names
    ]
    return Outcome(risk="software", status="complete", packages=tuple(packages))


def an_application(repository: int, state: int) -> Outcome:
    """Return the packages of an application, which is the same in several tags."""
    chance = random.Random(repository * 1_000 + state)  # noqa: S311 - the same
    names = ["org.apache.logging.log4j:log4j-core"] if repository % 3 == 0 else []
    names += [f"org.x:library-{chance.randrange(2_000)}" for _ in range(PACKAGES)]
    packages = []
    for name in dict.fromkeys(names):
        version = f"2.{chance.randrange(20)}.{chance.randrange(3)}"
        group, _, artifact = name.partition(":")
        packages.append(
            PackageEntry(
                name=name,
                version=version,
                type="maven",
                purl=f"pkg:maven/{group}/{artifact}@{version}",
                path=f"srv/app-{repository}/lib/{artifact}-{version}.jar",
                layer=digest(f"application {repository} {state}"),
            )
        )
    return Outcome(risk="software", status="complete", packages=tuple(packages))


def vulnerabilities(software: Outcome) -> Outcome:
    """Return findings of a third of the packages."""
    findings = []
    for package in software.packages:
        known = "log4j-core" in package.name
        number = zlib.crc32(package.name.encode()) % 3_000
        if not known and number % 3:
            continue
        id_ = "CVE-2021-44228" if known else f"CVE-2024-{number}"
        findings.append(
            Finding(
                id=id_,
                fingerprint=f"{id_} {package.name}",
                risk="vulnerability",
                severity="critical" if known else "high",
                title=f"{id_} in {package.name}",
                layer=package.layer,
                package=package.name,
                version=package.version,
                fixed_version="9",
                vulnerability=VulnerabilityEntry(purl=package.purl, published="2024-01-01"),
            )
        )
    return Outcome(risk="vulnerability", status="complete", findings=tuple(findings))


class Fleet:
    """The records of a fleet in the making."""

    def __init__(self, world: World) -> None:
        """Write into a world's store."""
        self.world = world
        self.records = FleetRecords(world.store)
        self.holdings = Holdings(self.records, world.clock)
        self._units: dict[str, list[tuple[UnitKind, str]]] = {}
        self._rows = Repository(world.store, REPORTS, ReportRow)
        self._holds: list[Hold] = []
        self._shown: list[ReportRow] = []

    async def add(self, number: int) -> None:
        """Add an image: its units are made once, its holds are written many at a time."""
        repository, tag = divmod(number, TAGS)
        image = digest(f"image {number}")
        parts: dict[str, Callable[..., Outcome]] = {
            f"system {repository % SYSTEMS}": a_system,
            f"application {repository} {tag // SAME}": an_application,
        }
        for name, make in parts.items():
            if name not in self._units:
                numbers = [int(each) for each in name.split()[1:]]
                software = make(*numbers)
                self._units[name] = await self._made(software)
            self._holds += [
                Hold(id=hold_id(unit, image), project=PROJECT, unit=unit, image=image, kind=kind)
                for kind, unit in self._units[name]
            ]
        self._shown.append(
            ReportRow(
                id=f"placement-{number}",
                project=PROJECT,
                registry="registry-1",
                repository=f"team/app-{repository}",
                tag=str(tag),
                platform="linux/amd64",
                image=image,
            )
        )
        if len(self._holds) >= WRITTEN:
            await self.flush()

    async def _made(self, software: Outcome) -> list[tuple[UnitKind, str]]:
        """Make units through an image that holds them for a moment only."""
        contents: dict[UnitKind, list[Content]] = {
            "software": software_contents(PROJECT, software),
            "vulnerability": vulnerability_contents(PROJECT, vulnerabilities(software), NOW),
        }
        made = []
        for kind, each in contents.items():
            await self.holdings.hold(PROJECT, digest("maker"), kind, each)
            made += [(kind, f"{content.digest}-0") for content in each]
        return made

    async def flush(self) -> None:
        """Write what waits."""
        holds, rows = self.records.holds, self._rows
        await holds.bulk([holds.inserting(each) for each in self._holds])
        await rows.bulk([rows.inserting(each) for each in self._shown])
        self._holds, self._shown = [], []


async def images_that_come(fleet: Fleet, images: int) -> Iterator[float]:
    """Return the milliseconds that an image takes of which all, or only the system, is known."""
    taken = []
    for number in range(100):
        repository = number % max(images // TAGS, 1)
        software = an_application(repository, 0)
        system = a_system(repository % SYSTEMS)
        whole = Outcome(
            risk="software", status="complete", packages=(*system.packages, *software.packages)
        )
        begun = time.perf_counter()
        contents = software_contents(PROJECT, whole)
        await fleet.holdings.hold(PROJECT, digest(f"new {number}"), "software", contents)
        taken.append((time.perf_counter() - begun) * 1_000)
    return iter(taken)


async def ask(world: World, questions: Mapping[str, str] = QUESTIONS) -> None:
    """Print how long each question takes."""
    authenticator = Authenticator(world.store, world.clock)
    reporter = build_reporter(
        store=world.store,
        bus=world.bus,
        clock=world.clock,
        settings=ReporterSettings(),
        authenticator=authenticator,
    )
    token = new_token()
    record = token_record(token, name="bench", role="viewer", project=PROJECT, now=NOW)
    await Repository(world.store, TOKENS, Token).insert(record)
    app = build_app(reporter.routes(), authenticator=authenticator, statuses=STATUSES)
    async with TestClient(TestServer(app)) as client:
        for name, question in questions.items():
            taken, found = [], 0
            for _ in range(ASKED):
                begun = time.perf_counter()
                headers = {"Authorization": f"Bearer {token}"}
                async with client.get(f"/api/v1/{question}", headers=headers) as answer:
                    body = await answer.json()
                    assert answer.status == 200, body
                taken.append((time.perf_counter() - begun) * 1_000)
                found = len(body["items"])
            middle, most = statistics.median(taken), max(taken)
            say(f"{name:32} {middle:8.1f} ms (at most {most:.1f}), {found} on the page")


async def run(images: int, folder: Path) -> None:
    """Make a fleet, and ask it."""
    world = World(folder)
    await world.prepare()
    fleet = Fleet(world)
    begun = time.perf_counter()
    for number in range(images):
        await fleet.add(number)
    await fleet.flush()
    say(f"{images} images were made in {time.perf_counter() - begun:.0f} s")
    for repository in (
        fleet.records.packages,
        fleet.records.vulnerabilities,
        fleet.records.units,
    ):
        range_ = Range(index="sweep")
        count = len([each.id async for each in repository.each(range_)])
        say(f"{repository.collection.name}: {count}")
    size = await asyncio.to_thread(bytes_in, folder)
    say(f"the store has {size / 1e6:.0f} MB, {size / images / 1e3:.2f} KB an image")
    taken = list(await images_that_come(fleet, images))
    say(f"an image of 400 packages that comes: {statistics.median(taken):.1f} ms")
    await ask(world)
    await world.close()


def bytes_in(folder: Path) -> int:
    """Return the size of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Make a fleet in a folder that goes, and ask it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=150_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(arguments.images, Path(folder)))


if __name__ == "__main__":
    main()
