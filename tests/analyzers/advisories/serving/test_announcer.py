"""A new build is announced once, with the packages of the fleet of which it says something else."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.serving.announcer import GRACE, PAGE, Announcer
from scantling_analyzers.advisories.sources.paths import PathSource
from scantling_common.events.models import AdvisoriesUpdated
from scantling_common.outcomes import DistributionEntry
from scantling_common.records import extractor, fleet
from scantling_common.records.extractor import ADVISORY_BUILDS, CURRENT_BUILD, AdvisoryBuild
from scantling_common.records.fleet import PACKAGES, Package, PackageBody
from scantling_common.store.repository import Repository
from scantling_common.store.sqlite import SqliteStore
from tests.builders.advisories import advisory_database, osv_record
from tests.common.clocks import HandClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from scantling_common.bus.port import Outgoing

NOW = 1_700_000_000_000
LEFT = osv_record("GHSA-aaaa-bbbb-cccc", "npm", "left-pad", "1.3.0")
RIGHT = osv_record("GHSA-dddd-eeee-ffff", "npm", "right-pad", "2.0.0")
CURL = osv_record("DSA-1-1", "Debian:12", "curl", "7.88.1-10+deb12u9")
BOOKWORM = DistributionEntry(id="debian", version_id="12")


class Kept:
    """A producer that keeps what it is given, and breaks at the n-th event where told so."""

    def __init__(self, broken: int = 0) -> None:
        self.sent: list[Outgoing] = []
        self._broken = broken

    async def send(self, outgoing: Outgoing) -> None:
        if self._broken and len(self.sent) + 1 == self._broken:
            raise RuntimeError("the process dies here")
        self.sent.append(outgoing)

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        for each in outgoing:
            await self.send(each)

    async def close(self) -> None:
        """Do nothing."""

    @property
    def events(self) -> list[AdvisoriesUpdated]:
        return [each.event for each in self.sent if isinstance(each.event, AdvisoriesUpdated)]

    @property
    def packages(self) -> set[str]:
        return {package.id for event in self.events for package in event.packages}


class World:
    """A file of advisories, and a store with the packages of a fleet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "advisories.db"
        self.store = SqliteStore(folder / "store.db", synchronous="normal")
        self.packages = Repository(self.store, PACKAGES, Package)
        self.builds = Repository(self.store, ADVISORY_BUILDS, AdvisoryBuild)

    def announcer(self, clock: HandClock | None = None) -> Announcer:
        return Announcer(
            file=self.file,
            kept=self.folder / "announced",
            store=self.store,
            bus=None,  # type: ignore[arg-type]  # only `run` makes a producer of it
            clock=clock or HandClock(NOW),
        )

    def build(self, *records: dict[str, Any]) -> str:
        draft = self.folder / f"{len(records)}-{records[-1]['id']}.db"
        build = advisory_database(draft, *records)
        draft.replace(self.file)
        return build

    async def has(self, id_: str, name: str, version: str, **fields: Any) -> None:
        given = {"project": "default", "type": "npm", "search": name, "short": name, "source": name}
        await self.packages.insert(
            Package(id=id_, name=name, version=version, **{**given, **fields})
        )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.store.ensure((*extractor.COLLECTIONS, *fleet.COLLECTIONS))
    yield world
    await world.store.close()


async def test_the_first_build_is_of_every_image(world: World) -> None:
    build = world.build(LEFT)
    announcer, producer = world.announcer(), Kept()

    assert await announcer.look(producer)
    assert not await announcer.look(producer)

    first, second = producer.events
    assert (first.build, first.sequence, first.every, first.packages) == (build, 1, False, ())
    assert (second.page, second.every) == (2, True)
    assert len({each.id for each in producer.sent}) == 2


async def test_a_new_build_names_only_packages_whose_answer_changes(world: World) -> None:
    first = world.build(LEFT)
    announcer = world.announcer()
    await announcer.look(Kept())
    await world.has("old", "right-pad", "1.0.0")
    await world.has("new", "right-pad", "2.0.0")
    await world.has("other", "left-pad", "1.0.0")
    await world.has("same name", "right-pad", "1.0.0", type="pypi")

    second, producer = world.build(LEFT, RIGHT), Kept()
    assert await announcer.look(producer)

    assert producer.packages == {"old"}
    assert {(e.build, e.previous, e.sequence, e.every) for e in producer.events} == {
        (second, first, 2, False)
    }


async def test_packages_of_a_distribution_are_judged_by_its_release(world: World) -> None:
    world.build(LEFT, osv_record("DSA-2-1", "Debian:12", "wget", "2"))
    announcer = world.announcer()
    await announcer.look(Kept())
    body = PackageBody(source_name="curl", distribution=BOOKWORM)
    trixie = PackageBody(distribution=DistributionEntry(id="debian", version_id="13"))
    given = {"type": "deb", "source": "curl"}
    await world.has("p1", "libcurl4", "7.88.1-10+deb12u5", body=body, **given)
    await world.has("p2", "libcurl4", "7.88.1-10+deb12u9", body=body, **given)
    await world.has("p3", "curl", "7.88.1-10+deb12u5", body=trixie, **given)

    world.build(LEFT, osv_record("DSA-2-1", "Debian:12", "wget", "2"), CURL)
    producer = Kept()
    await announcer.look(producer)

    assert producer.packages == {"p1"}


async def test_a_stream_that_comes_changes_what_is_asked(world: World) -> None:
    world.build(LEFT)
    announcer = world.announcer()
    await announcer.look(Kept())
    body = PackageBody(distribution=BOOKWORM)
    await world.has("p1", "bash", "5", type="deb", source="bash", body=body)
    await world.has("p2", "left-pad", "1.0.0")

    world.build(LEFT, CURL)
    producer = Kept()
    await announcer.look(producer)

    # It was unsupported, and is judged now, be it that nothing is wrong with it.
    assert producer.packages == {"p1"}


async def test_a_language_whose_advisories_come_is_judged_from_then_on(world: World) -> None:
    world.build(CURL)
    announcer = world.announcer()
    await announcer.look(Kept())
    await world.has("p1", "react", "1.0.0")

    world.build(CURL, LEFT)
    producer = Kept()
    await announcer.look(producer)

    # It was left out, and nothing is known against it now.
    assert producer.packages == {"p1"}


async def test_packages_that_a_missing_part_left_open_are_judged_when_it_comes(
    world: World, tmp_path: Path
) -> None:
    feeds = tmp_path / "feeds"
    for repository in ("main", "community"):
        (feeds / repository).mkdir(parents=True)
        secdb: dict[str, Any] = {"distroversion": "v3.18", "reponame": repository, "packages": []}
        (feeds / repository / "secdb.json").write_text(json.dumps(secdb))
    record = feeds / "main" / f"{LEFT['id']}.json"
    record.write_text(json.dumps(LEFT))
    build([PathSource(feeds / "main")], FEEDS, world.file)
    announcer = world.announcer()
    await announcer.look(Kept())
    alpine = PackageBody(distribution=DistributionEntry(id="alpine", version_id="3.18.4"))
    await world.has("p1", "musl", "1.2.4-r0", type="apk", body=alpine)
    await world.has("p2", "left-pad", "1.0.0")

    build([PathSource(feeds)], FEEDS, world.file)
    producer = Kept()
    await announcer.look(producer)

    assert producer.packages == {"p1"}


async def test_a_distribution_that_is_past_its_end_is_told_of(world: World) -> None:
    stretch = DistributionEntry(id="debian", version_id="9")
    mended = osv_record("DSA-9-1", "Debian:9", "curl", "1")
    world.build({**mended, "modified": "2022-06-01T00:00:00Z"})
    announcer = world.announcer()
    await announcer.look(Kept())
    await world.has("p1", "bash", "5", type="deb", body=PackageBody(distribution=stretch))
    await world.has("p2", "left-pad", "1.0.0")

    world.build({**mended, "modified": "2022-08-01T00:00:00Z"})
    producer = Kept()
    await announcer.look(producer)

    assert producer.packages == {"p1"}


async def test_another_word_for_the_same_is_a_change_too(world: World) -> None:
    world.build(LEFT)
    announcer = world.announcer()
    await announcer.look(Kept())
    await world.has("p1", "left-pad", "1.0.0")

    severity = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
    world.build({**LEFT, "severity": severity})
    producer = Kept()
    await announcer.look(producer)

    assert producer.packages == {"p1"}


async def test_the_same_build_again_says_nothing(world: World) -> None:
    world.build(LEFT)
    await world.announcer().look(Kept())
    world.build(LEFT)
    producer = Kept()

    assert not await world.announcer().look(producer)
    assert producer.events == []


@pytest.mark.parametrize("at", [1, 2])
async def test_what_a_crash_left_out_is_announced_again_by_the_same_ids(
    world: World, at: int
) -> None:
    world.build(LEFT)
    await world.announcer().look(Kept())
    await world.has("p1", "right-pad", "1.0.0")
    world.build(LEFT, RIGHT)
    broken = Kept(broken=at)
    with pytest.raises(RuntimeError):
        await world.announcer().look(broken)

    producer = Kept()
    assert await world.announcer().look(producer)

    assert producer.packages == {"p1"}
    assert {each.id for each in broken.sent} <= {each.id for each in producer.sent}


async def test_a_build_that_came_while_one_was_announced_means_every_image(
    world: World,
) -> None:
    world.build(LEFT)
    await world.announcer().look(Kept())
    await world.has("p1", "right-pad", "1.0.0")
    world.build(LEFT, RIGHT)
    with pytest.raises(RuntimeError):
        await world.announcer().look(Kept(broken=2))

    world.build(LEFT, RIGHT, CURL)
    producer = Kept()
    await world.announcer().look(producer)

    assert [event.every for event in producer.events] == [False, True]
    record = await world.builds.get(CURRENT_BUILD)
    assert record is not None
    assert (record.sequence, record.announced) == (3, True)


async def test_a_build_that_nobody_announced_is_no_ground_to_compare_with(world: World) -> None:
    first = world.build(LEFT)
    await world.announcer().look(Kept())
    await world.has("left", "left-pad", "1.0.0")
    await world.has("right", "right-pad", "1.0.0")
    world.build(RIGHT)  # while the announcer is down

    producer = Kept()
    world.build(LEFT, CURL)
    await world.announcer().look(producer)

    assert {each.previous for each in producer.events} == {first}
    assert producer.packages == set()


async def test_without_the_build_before_every_image_is_meant(world: World) -> None:
    world.build(LEFT)
    await world.announcer().look(Kept())
    for path in (world.folder / "announced").iterdir():
        path.unlink()
    world.build(LEFT, RIGHT)
    producer = Kept()

    await world.announcer().look(producer)

    assert [event.every for event in producer.events] == [False, True]


async def test_only_the_announced_build_is_kept(world: World) -> None:
    announcer = world.announcer()
    world.build(LEFT)
    await announcer.look(Kept())
    build = world.build(LEFT, RIGHT)
    await announcer.look(Kept())

    assert [path.name for path in (world.folder / "announced").iterdir()] == [f"{build}.db"]


async def test_what_is_no_database_is_passed_over(world: World) -> None:
    announcer, producer = world.announcer(), Kept()
    assert not await announcer.look(producer)
    world.file.write_bytes(b"x")

    assert not await announcer.look(producer)
    assert producer.events == []


@pytest.mark.parametrize("content", [None, b"damaged"])
async def test_that_a_database_is_lost_is_announced_and_its_return_means_every_image(
    world: World, content: bytes | None
) -> None:
    build = world.build(LEFT)
    clock, producer = HandClock(NOW), Kept()
    announcer = world.announcer(clock)
    await announcer.look(Kept())
    kept = world.file.read_bytes()
    world.file.unlink()
    if content is not None:
        world.file.write_bytes(content)

    # Somebody may be copying one to its place.
    assert not await announcer.look(producer)
    clock.turn(GRACE)
    assert await announcer.look(producer)
    assert not await announcer.look(producer)
    assert not await world.announcer(clock).look(producer)
    world.file.write_bytes(kept)
    assert await announcer.look(producer)

    told = [(each.build, each.sequence, each.every) for each in producer.events]
    assert told == [("", 2, False), (build, 3, False), (build, 3, True)]


async def test_a_database_that_is_back_in_time_was_never_lost(world: World) -> None:
    world.build(LEFT)
    clock, producer = HandClock(NOW), Kept()
    announcer = world.announcer(clock)
    await announcer.look(Kept())
    kept = world.file.read_bytes()
    for content in (b"half", kept, b"half", kept):
        world.file.write_bytes(content)
        os.utime(world.file, ns=(clock.now_ms(), clock.now_ms()))
        await announcer.look(producer)
        clock.turn(GRACE / 2)

    assert producer.events == []


async def test_a_loss_whose_announcement_broke_is_announced_again(world: World) -> None:
    world.build(LEFT)
    clock = HandClock(NOW)
    announcer = world.announcer(clock)
    await announcer.look(Kept())
    world.file.unlink()
    await announcer.look(Kept())
    clock.turn(GRACE)
    with pytest.raises(RuntimeError):
        await announcer.look(Kept(broken=1))

    producer = Kept()
    again = world.announcer(clock)
    await again.look(producer)
    clock.turn(GRACE)
    assert await again.look(producer)

    assert [(each.build, each.sequence) for each in producer.events] == [("", 2)]


async def test_a_file_that_can_not_be_linked_is_copied(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> NoReturn:
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(os, "link", refuses)
    build = world.build(LEFT)
    producer = Kept()

    assert await world.announcer().look(producer)

    assert producer.events[0].build == build
    assert (world.folder / "announced" / f"{build}.db").exists()


async def test_a_build_that_could_not_be_kept_is_announced_once_it_can(world: World) -> None:
    build = world.build(LEFT)
    announcer, producer = world.announcer(), Kept()
    kept = world.folder / "announced"
    kept.write_bytes(b"in the way")
    assert not await announcer.look(producer)
    kept.unlink()

    assert await announcer.look(producer)

    assert producer.events[0].build == build


async def test_many_packages_come_in_pages(world: World) -> None:
    world.build(LEFT)
    announcer = world.announcer()
    await announcer.look(Kept())
    for number in range(PAGE + 10):
        await world.has(f"p{number}", "right-pad", f"1.0.{number}")
    world.build(LEFT, RIGHT)
    producer = Kept()

    await announcer.look(producer)

    assert [len(event.packages) for event in producer.events] == [0, PAGE, 10]
    assert [event.page for event in producer.events] == [1, 2, 3]
