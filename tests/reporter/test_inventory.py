"""The rows behind the search by name: what counts once is told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_common.store.port import Range
from scantling_reporter.inventory import inventory_rows
from tests.reporter.builders import PROJECT, a_package, results, usual_outcomes

if TYPE_CHECKING:
    from scantling_common.outcomes import PackageEntry
    from tests.reporter.world import World

OWNER = "deb:python3-yaml"


def yaml(*, path: str = "a", owner: str = "") -> PackageEntry:
    return replace(a_package("PyYAML", "6.0", type_="pypi", path=path), owner=owner)


async def owners(world: World) -> list[str]:
    range_ = Range(index="short", prefix=(PROJECT, "pyyaml"))
    return [row.owner for row in (await world.inventory.page(range_)).records]


def test_a_package_is_a_part_of_the_systems_only_where_all_its_files_are() -> None:
    mine, theirs = yaml(path="a"), yaml(path="b", owner=OWNER)
    for packages in ([mine, theirs], [theirs, mine]):
        (row,) = inventory_rows("p", "sha256:1", packages).values()
        assert row.owner == ""
    (row,) = inventory_rows("p", "sha256:1", [theirs]).values()
    assert row.owner == OWNER


async def test_the_owner_of_a_package_follows_the_newest_scan(world: World) -> None:
    await world.place("app")
    for seq, (owner, wanted) in enumerate([(OWNER, OWNER), ("", ""), (OWNER, OWNER)], start=1):
        await world.send(results("app", seq, usual_outcomes(packages=[yaml(owner=owner)])))
        await world.run_to_the_end()
        assert await owners(world) == [wanted]
