"""What images have in common: stored once, held by each, swept when nobody holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from scantling_common.faults import FaultyStore, SimulatedCrash
from scantling_common.outcomes import DistributionEntry
from scantling_common.records.fleet import (
    MAX_TEXT,
    FleetMark,
    Hold,
    indexed_text,
    search_name,
    short_name,
)
from scantling_common.records.reporter import KEPT
from scantling_common.risks import ALWAYS
from scantling_common.telemetry.metrics import NO_METRICS
from scantling_reporter.archive import Archive
from scantling_reporter.fleet.contents import (
    Content,
    package_record,
    software_contents,
    vulnerability_contents,
)
from scantling_reporter.fleet.holdings import FleetRecords, Holdings
from scantling_reporter.fleet.index import VERSION, FleetIndex
from scantling_reporter.fleet.lifetimes import LOOK_MS, SAFE_MS
from scantling_reporter.fleet.patterns import PatternInvalid, path_pattern
from scantling_reporter.fleet.questions import question_of
from scantling_reporter.fleet.sweep import FleetSweep
from scantling_reporter.fleet.walk import Hit, PackageWalk
from tests.reporter.builders import PROJECT, a_package, an_outcome, digest, results, usual_outcomes
from tests.reporter.vulnerabilities import (
    LOG4J,
    OPENSSL,
    a_vulnerability,
    findings,
    log4shell,
    vulnerable,
)
from tests.reporter.world import Plan, all_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scantling_common.outcomes import PackageEntry
    from scantling_common.risks import Severity
    from scantling_common.store.port import Store
    from tests.reporter.world import World

OWNER = "deb:python3-yaml"
DAY = LOOK_MS / 1000


def yaml(*, path: str = "a", owner: str = "") -> PackageEntry:
    return replace(a_package("PyYAML", "6.0", type_="pypi", path=path), owner=owner)


def layered(name: str, layer: str, **more: Any) -> PackageEntry:
    return replace(a_package(name, **more), layer=digest(layer))


def software(*packages: PackageEntry) -> list[Content]:
    return software_contents(PROJECT, an_outcome("software", packages=packages))


def holdings(world: World, store: Store | None = None) -> Holdings:
    return Holdings(FleetRecords(store or world.store), world.clock)


def a_sweep(world: World, store: Store | None = None) -> FleetSweep:
    return FleetSweep(FleetRecords(store or world.store), world.clock, NO_METRICS)


async def images_with(world: World, package: str) -> list[str]:
    walk = PackageWalk(world.fleet, PROJECT, question_of(name=package, path=""))
    return [hit.image async for hit in walk.hits() if isinstance(hit, Hit)]


async def rows(world: World) -> dict[str, int]:
    """Return how many records there are of each collection of the fleet."""
    fleet = world.fleet
    return {
        "packages": len([each async for each in all_of(fleet.packages, "sweep")]),
        "places": len([each async for each in all_of(fleet.places, "unit")]),
        "vulnerabilities": len([each async for each in all_of(fleet.vulnerabilities, "sweep")]),
        "names": len([each async for each in all_of(fleet.names, "sweep")]),
        "affected": len([each async for each in all_of(fleet.affected, "unit")]),
        "units": len([each async for each in all_of(fleet.units, "sweep")]),
        "holds": len([each async for each in all_of(fleet.holds, "unit")]),
    }


def test_a_package_is_a_part_of_the_systems_only_where_all_its_files_are() -> None:
    mine, theirs = yaml(path="a"), yaml(path="b", owner=OWNER)
    for packages in ([mine, theirs], [theirs, mine]):
        assert package_record("p", packages, None).owner == ""
    assert package_record("p", [theirs], None).owner == OWNER


def test_what_another_vendor_brought_is_another_package_to_matching() -> None:
    theirs = replace(a_package("PyYAML", type_="pypi", path="a"), owner=OWNER)
    vendor = replace(theirs, third_party=True)
    assert package_record("p", [vendor], None).body.third_party
    assert package_record("p", [vendor], None).id != package_record("p", [theirs], None).id


def test_what_one_layer_brings_is_the_same_unit_whatever_is_above_it() -> None:
    base = [layered("bash", "base"), layered("openssl", "base")]
    first = software(*base, layered("one", "top"))
    second = software(layered("two", "other"), *reversed(base))
    shared = {each.digest for each in first} & {each.digest for each in second}
    assert len(shared) == 1
    assert len(first) == len(second) == 2


def test_a_package_that_several_layers_bring_is_in_one_unit_with_all_its_paths() -> None:
    contents = software(
        layered("a:b", "base", type_="maven", path="a.jar"),
        layered("a:b", "top", type_="maven", path="z.jar"),
    )
    (content,) = contents
    assert [place.path for place in content.places] == ["a.jar", "z.jar"]
    assert len(content.packages) == 1


def test_packages_of_two_types_are_two_units() -> None:
    assert len(software(a_package("a"), a_package("b", type_="npm"))) == 2


def test_a_package_of_the_system_is_another_one_in_another_distribution() -> None:
    bookworm = DistributionEntry(id="debian", version_id="12", name="Debian GNU/Linux 12")
    trixie = replace(bookworm, version_id="13")
    renamed = replace(bookworm, name="Debian 12")
    system, other = a_package("bash"), a_package("b", type_="npm")
    assert package_record("p", [system], bookworm).id != package_record("p", [system], trixie).id
    assert package_record("p", [system], bookworm).id == package_record("p", [system], renamed).id
    assert package_record("p", [other], bookworm) == package_record("p", [other], trixie)
    body = package_record("p", [system], bookworm).body
    assert body.distribution is not None
    assert body.distribution.version_id == "12"


def test_an_image_has_each_vulnerability_once_with_its_worst_that_counts() -> None:
    found = [
        a_vulnerability("CVE-1", OPENSSL, severity="low", fixed="2"),
        a_vulnerability("CVE-1", LOG4J, severity="high"),
        a_vulnerability("CVE-1", LOG4J, severity="critical", suppressed="no", fingerprint="x"),
        a_vulnerability("CVE-2", LOG4J, severity="critical", suppressed="never"),
    ]
    (content,) = vulnerability_contents(PROJECT, vulnerable(*found), 5)
    first, second = content.affected
    assert (first.severity, first.fixable, first.suppressed) == ("high", True, False)
    assert [each.package for each in first.body.packages] == [LOG4J.name, "openssl", LOG4J.name]
    assert (second.severity, second.fixable, second.suppressed) == ("critical", False, True)
    assert second.body.packages[0].suppressed == "never"
    assert {each.vulnerability for each in content.vulnerabilities} == {"CVE-1", "CVE-2"}


def test_of_many_packages_the_first_are_listed_and_all_counted() -> None:
    found = [
        a_vulnerability("CVE-1", a_package(f"p{number}"), fingerprint=f"{number:03}")
        for number in range(60)
    ]
    (content,) = vulnerability_contents(PROJECT, vulnerable(*found), 5)
    (row,) = content.affected
    assert (len(row.body.packages), row.body.count) == (50, 60)


def test_a_change_of_probability_makes_no_other_unit() -> None:
    before = log4shell()
    known = before.vulnerability
    assert known is not None
    after = replace(before, vulnerability=replace(known, epss=0.1, modified="2025-01-01"))
    (one,) = vulnerability_contents(PROJECT, vulnerable(before), 1)
    (two,) = vulnerability_contents(PROJECT, vulnerable(after), 2)
    assert one.digest == two.digest
    assert one.vulnerabilities != two.vulnerabilities


def test_long_text_is_cut_for_the_index_and_stays_different() -> None:
    long = "é" * 5_000
    assert len(indexed_text(long).encode()) <= MAX_TEXT
    assert indexed_text(f"{long}a") != indexed_text(f"{long}b")
    assert indexed_text("short") == "short"


@pytest.mark.parametrize(
    ("type_", "name", "search", "short"),
    [
        ("maven", "org.Apache:Log4j-core", "org.apache:log4j-core", "log4j-core"),
        ("npm", "@babel/Core", "@babel/core", "core"),
        ("pypi", "Typing_Extensions", "typing-extensions", "typing-extensions"),
        ("pypi", "zope.interface", "zope-interface", "zope-interface"),
        ("deb", "libstdc++6", "libstdc++6", "libstdc++6"),
        ("golang", "github.com/a/b_c", "github.com/a/b_c", "b_c"),
    ],
)
def test_names_are_looked_for_as_people_and_ecosystems_write_them(
    type_: str, name: str, search: str, short: str
) -> None:
    assert (search_name(type_, name), short_name(type_, name)) == (search, short)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/usr/bin/x", "usr/bin/x", True),
        ("usr/bin/x", "usr/bin/xy", False),
        ("usr/*", "usr/bin/x", True),
        ("*.jar", "srv/a.jar", True),
        ("*.jar", "srv/a.jar!/b.war", False),
        ("*log4j*", "a/log4j-core.jar!/x", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("", "", True),
        ("*", "", True),
        ("a[bc]", "ab", False),
        ("*a*b", "xaybab", True),
    ],
)
def test_paths_match_patterns(pattern: str, path: str, matches: bool) -> None:  # noqa: FBT001 - a row of the table
    assert path_pattern(pattern).matches(path) is matches


def test_a_hostile_pattern_takes_no_time() -> None:
    assert not path_pattern("*a" * 16 + "b").matches("a" * 1_000)
    assert not path_pattern("*" + "a" * 200 + "b").matches("a" * 1_000)


@pytest.mark.parametrize("text", ["*" * 17, "a" * 256 + "*"])
def test_a_pattern_is_bounded_and_a_plain_path_is_not(text: str) -> None:
    with pytest.raises(PatternInvalid):
        path_pattern(text)
    assert path_pattern("a" * 1_000).exact


async def test_images_that_share_a_layer_share_its_rows(world: World) -> None:
    packages = [a_package(f"package-{number}") for number in range(30)]
    for name in ("one", "two", "three"):
        await world.place(name, tag=name)
        await world.send(results(name, 1, usual_outcomes(packages=packages)))
    await world.run_to_the_end()
    counts = await rows(world)
    assert (counts["packages"], counts["places"]) == (30, 30)
    assert (counts["units"], counts["holds"]) == (1, 3)
    assert await images_with(world, "package-7") == sorted(map(digest, ("one", "two", "three")))


async def test_the_owner_of_a_package_follows_the_newest_scan(world: World) -> None:
    await world.place("app")
    for seq, (owner, wanted) in enumerate([(OWNER, OWNER), ("", ""), (OWNER, OWNER)], start=1):
        await world.send(results("app", seq, usual_outcomes(packages=[yaml(owner=owner)])))
        await world.run_to_the_end()
        walk = PackageWalk(world.fleet, PROJECT, question_of(name="pyyaml", path=""))
        hits = [hit async for hit in walk.hits() if isinstance(hit, Hit)]
        assert [hit.package.owner for hit in hits] == [wanted]


async def test_vulnerabilities_follow_the_newest_analysis(world: World) -> None:
    risks = (*ALWAYS, "vulnerability")
    await world.place("app")
    for seq, outcome in enumerate((vulnerable(), vulnerable(findings()[0])), start=1):
        await world.send(results("app", seq, [*usual_outcomes(), outcome], risks=risks))
        await world.run_to_the_end()
    (hold,) = [h async for h in all_of(world.fleet.holds, "image") if h.kind == "vulnerability"]
    held = [row async for row in all_of(world.fleet.affected, "unit") if row.unit == hold.unit]
    assert len(held) == 1


async def hold(world: World, image: str, *packages: PackageEntry) -> None:
    await holdings(world).hold(PROJECT, digest(image), "software", software(*packages))


async def test_what_nobody_holds_is_swept_with_all_that_it_referred_to(world: World) -> None:
    await hold(world, "app", a_package("a"), a_package("b"))
    contents = vulnerability_contents(PROJECT, vulnerable(), 1)
    await holdings(world).hold(PROJECT, digest("app"), "vulnerability", contents)
    before = await rows(world)
    assert before["names"] == before["vulnerabilities"] + 1 == 6
    world.clock.advance(DAY)
    await a_sweep(world).run()
    assert await rows(world) == before
    await hold(world, "app", a_package("a"))
    await holdings(world).hold(PROJECT, digest("app"), "vulnerability", ())
    for _ in range(3):
        world.clock.advance(DAY)
        await a_sweep(world).run()
    assert await rows(world) == {
        "packages": 1,
        "places": 1,
        "vulnerabilities": 0,
        "names": 0,
        "affected": 0,
        "units": 1,
        "holds": 1,
    }
    assert await images_with(world, "a") == [digest("app")]


async def test_what_is_held_is_looked_at_once_and_then_kept(world: World) -> None:
    await hold(world, "app", a_package("a"))
    world.clock.advance(DAY)
    await a_sweep(world).run()
    (unit,) = [each async for each in all_of(world.fleet.units, "sweep")]
    (package,) = [each async for each in all_of(world.fleet.packages, "sweep")]
    assert (unit.sweep_at, package.sweep_at) == (KEPT, KEPT)


async def test_a_unit_that_is_going_is_made_anew_for_who_comes(world: World) -> None:
    await hold(world, "app", a_package("a"))
    (unit,) = [each async for each in all_of(world.fleet.units, "sweep")]
    await world.fleet.holds.delete((await all_holds(world))[0].id)
    await world.fleet.units.set_fields(unit.id, {"going": True, "sweep_at": world.clock.now_ms()})
    await hold(world, "other", a_package("a"))
    (held,) = await all_holds(world)
    assert held.unit != unit.id
    await a_sweep(world).run()
    assert [each.id async for each in all_of(world.fleet.units, "sweep")] == [held.unit]
    assert await images_with(world, "a") == [digest("other")]
    # The freed name is taken again by the next, beside the one that is there.
    await hold(world, "third", a_package("a"))
    assert await images_with(world, "a") == sorted([digest("other"), digest("third")])


async def test_a_unit_is_swept_by_one_at_a_time(world: World) -> None:
    await hold(world, "app", a_package("a"))
    await hold(world, "app")
    world.clock.advance(DAY)
    (unit,) = [each async for each in all_of(world.fleet.units, "sweep")]
    due = replace(unit, going=True)
    await world.fleet.units.replace(due)
    seen = replace(due, rev=due.rev + 1)  # by another reporter, which goes on only now
    await a_sweep(world).run()
    await hold(world, "other", a_package("a"))

    await a_sweep(world)._unit(seen)

    assert await images_with(world, "a") == [digest("other")]


async def test_a_unit_whose_time_is_near_is_made_safe_before_it_is_held(world: World) -> None:
    await hold(world, "app", a_package("a"))
    await hold(world, "app")
    world.clock.advance((LOOK_MS - SAFE_MS) / 1000)
    await hold(world, "other", a_package("a"))
    world.clock.advance(SAFE_MS / 1000)
    await a_sweep(world).run()
    assert await images_with(world, "a") == [digest("other")]


async def all_holds(world: World) -> list[Hold]:
    return [each async for each in all_of(world.fleet.holds, "unit")]


class Meanwhile:
    """A store in which something else happens before an operation, once."""

    def __init__(self, store: Store, at: str, happens: Callable[[], Any]) -> None:
        self._store, self._at, self._happens = store, at, happens
        self.happened = False

    def __getattr__(self, verb: str) -> Any:
        call = getattr(self._store, verb)

        async def passed(collection: Any, *arguments: Any, **named: Any) -> Any:
            if not self.happened and f"{verb}:{getattr(collection, 'name', '')}" == self._at:
                self.happened = True
                await self._happens()
            return await call(collection, *arguments, **named)

        return passed


SWEEP_STEPS = (
    "page:units",
    "page:holds",
    "replace:units",
    "page:package_places",
    "bulk:packages",
    "bulk:package_places",
    "delete:units",
    "page:packages",
    "delete:packages",
)


@pytest.mark.parametrize("step", SWEEP_STEPS)
async def test_an_image_that_comes_in_the_middle_of_a_sweep_is_found(
    world: World, step: str
) -> None:
    await hold(world, "app", a_package("a"))
    await hold(world, "app")
    world.clock.advance(DAY)

    async def comes() -> None:
        await hold(world, "other", a_package("a"))

    store = Meanwhile(world.store, step, comes)
    for _ in range(3):
        await a_sweep(world, store).run()
        assert (await images_with(world, "a")) == [digest("other")] * store.happened
        world.clock.advance(DAY)
    assert store.happened


HOLD_STEPS = (
    "page:holds",
    "get:units",
    "insert:units",
    "get_many:packages",
    "bulk:packages",
    "bulk:package_places",
    "set_fields:units",
    "bulk:holds",
)


@pytest.mark.parametrize("step", HOLD_STEPS)
async def test_two_images_of_one_unit_may_come_at_the_same_time(world: World, step: str) -> None:
    async def comes() -> None:
        await hold(world, "other", a_package("a"), a_package("b"))

    store = Meanwhile(world.store, step, comes)
    contents = software(a_package("a"), a_package("b"))
    await holdings(world, store).hold(PROJECT, digest("app"), "software", contents)
    assert store.happened
    both = sorted([digest("app"), digest("other")])
    assert await images_with(world, "a") == await images_with(world, "b") == both
    counts = await rows(world)
    assert (counts["packages"], counts["places"], counts["units"]) == (2, 2, 1)


@pytest.mark.parametrize("step", HOLD_STEPS)
async def test_an_image_that_goes_while_another_comes_takes_nothing_with_it(
    world: World, step: str
) -> None:
    await hold(world, "app", a_package("a"))
    world.clock.advance(DAY)
    await a_sweep(world).run()

    async def goes() -> None:
        await hold(world, "app")
        await a_sweep(world).run()

    store = Meanwhile(world.store, step, goes)
    contents = software(a_package("a"))
    await holdings(world, store).hold(PROJECT, digest("other"), "software", contents)
    if not store.happened:
        await goes()
    for _ in range(3):
        world.clock.advance(DAY)
        await a_sweep(world).run()
    assert await images_with(world, "a") == [digest("other")]


def sweep_points() -> Sequence[str]:
    names = ("bulk:packages", "bulk:package_places", "bulk:vulnerabilities", "bulk:affected")
    others = ("replace:units", "delete:units", "delete:packages", "delete:vulnerabilities")
    ends = ("bulk:vulnerability_names", "delete:vulnerability_names")
    points = [f"store.{name}:{when}" for name in (*names, *others, *ends) for when in WHEN]
    return [*points, *(f"store.{name}:halfway" for name in (*names, ends[0]))]


WHEN = ("before", "after")


@pytest.mark.parametrize("point", sweep_points())
async def test_a_sweep_that_crashes_is_finished_by_the_next(world: World, point: str) -> None:
    contents = {
        "software": software(a_package("a"), a_package("b")),
        "vulnerability": vulnerability_contents(PROJECT, vulnerable(), 1),
    }
    await holdings(world).hold(PROJECT, digest("app"), "software", contents["software"])
    await holdings(world).hold(PROJECT, digest("app"), "vulnerability", contents["vulnerability"])
    await hold(world, "app")
    await holdings(world).hold(PROJECT, digest("app"), "vulnerability", ())
    plan = Plan(point)
    for _ in range(4):
        world.clock.advance(DAY)
        try:
            await a_sweep(world, FaultyStore(world.store, plan)).run()
        except SimulatedCrash:
            await a_sweep(world).run()
    assert plan.crashed
    assert set((await rows(world)).values()) == {0}


async def test_what_is_known_of_a_vulnerability_is_what_the_newest_advisories_say(
    world: World,
) -> None:
    async def known(build: str, severity: Severity, at: int) -> tuple[str, int]:
        found = a_vulnerability("CVE-1", OPENSSL, severity=severity)
        outcome = vulnerable(replace(found, title=f"{build} {severity}"), build=build)
        contents = vulnerability_contents(PROJECT, outcome, at)
        await holdings(world).hold(PROJECT, digest(str(at)), "vulnerability", contents)
        (record,) = [each async for each in all_of(world.fleet.vulnerabilities, "sweep")]
        return record.body.title, record.rev

    assert await known("one", "medium", 5) == ("one medium", 1)
    assert await known("one", "low", 6) == ("one medium", 1)
    assert await known("one", "high", 7) == ("one high", 2)
    assert await known("two", "low", 8) == ("two low", 3)
    assert await known("one", "critical", 4) == ("two low", 3)


async def test_a_hostile_number_and_length_of_packages_is_stored_and_found(world: World) -> None:
    packages = [a_package("x" * 20_000, "v" * 20_000, type_="npm", path="p" * 20_000)]
    packages += [a_package(f"p{number}", type_="npm", path="q") for number in range(2_500)]
    await world.place("app")
    await world.send(results("app", 1, usual_outcomes(packages=packages)))
    await world.run_to_the_end()
    assert await images_with(world, "p2499") == [digest("app")]
    assert await images_with(world, "x" * 10 + "*") == [digest("app")]


async def test_what_an_earlier_release_stored_is_found_as_well(world: World) -> None:
    await world.place("app")
    await world.send(results("app", 1, usual_outcomes(packages=[a_package("a")])))
    await world.run_to_the_end()
    for hold in await all_holds(world):
        await world.fleet.holds.delete(hold.id)
    head = await world.head("app")
    index = FleetIndex(world.store, Archive(world.store), world.clock)
    await world.fleet.marks.insert(FleetMark(id=str(head.partition), version=0))
    for version, found in ((VERSION, []), (0, [digest("app")])):
        await world.fleet.marks.set_fields(str(head.partition), {"version": version})
        await index.complete(head.partition)
        assert await images_with(world, "a") == found
    mark = await world.fleet.marks.get(str(head.partition))
    assert mark is not None
    assert mark.version == VERSION
