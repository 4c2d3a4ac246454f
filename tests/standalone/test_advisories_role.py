"""The role that keeps the advisories: fetches, builds, pushes; and analyzers that follow it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from scantling.hosting.advisories import FETCHING, Keeper, follow, grace_of
from scantling.hosting.settings import AdvisoriesRoleSettings, AdvisoriesSettings
from scantling_analyzers.advisories.database.errors import BuildUnwritable
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.fetching import download
from scantling_analyzers.advisories.serving.announcer import GRACE
from scantling_common.clock import SystemClock
from scantling_common.telemetry.prometheus import PrometheusMetrics
from tests.analyzers.advisories.fetching.host import FeedHost, feed_host
from tests.builders.advisories import osv_bytes, osv_record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.services.registry import DistributionRegistry

RECORD = osv_bytes(osv_record("CVE-2030-1", "npm", "left-pad", "1.3.0"))
OTHER = osv_bytes(osv_record("CVE-2030-2", "npm", "left-pad", "1.3.0"))


class QuickClock(SystemClock):
    """Sleeps for a hundredth of what it is asked to, and a tenth of a second at most."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds / 100, 0.1))


@pytest.fixture
async def host() -> AsyncIterator[FeedHost]:
    async with feed_host() as host:
        yield host


def settings(folder: Path, host: FeedHost, **fields: Any) -> AdvisoriesRoleSettings:
    feeds = folder / "feeds.toml"
    feeds.write_text(f'[feeds.one]\nurl = "{host.origin}/one.json"\nallow_private = true\n')
    return AdvisoriesRoleSettings(
        data=folder / "data", advisories_feeds=feeds, advisories_update_hours=1, **fields
    )


async def until(enough: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not enough():  # noqa: ASYNC110  # a file tells nobody
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def running(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def advisories(file: Path) -> tuple[str, ...]:
    if not file.exists():
        return ()
    with AdvisoryDatabase(file) as database:
        claims = database.statements("npm", "left-pad")
        return tuple(database.advisory(claim.advisory).id for claim in claims)


async def test_feeds_are_fetched_and_built_again_and_again(tmp_path: Path, host: FeedHost) -> None:
    host.files["/one.json"] = RECORD
    metrics = PrometheusMetrics()
    given = settings(tmp_path, host)
    async with running(Keeper(given, QuickClock(), metrics).run()):
        await until(lambda: advisories(given.advisories_file) == ("CVE-2030-1",))
        host.files["/one.json"] = OTHER
        await until(lambda: advisories(given.advisories_file) == ("CVE-2030-2",))
    text = metrics.exposition().decode()
    assert 'scantling_advisory_fetches_total{how="fetched"} 2.0' in text


async def test_what_was_fetched_before_a_build_failed_is_built_at_the_next_try(
    tmp_path: Path, host: FeedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = settings(tmp_path, host)
    host.files["/one.json"] = RECORD
    await Keeper(given, QuickClock()).update()
    host.files["/one.json"] = OTHER

    def fails(*_: object) -> NoReturn:
        raise BuildUnwritable("there is no room")

    with monkeypatch.context() as full:
        full.setattr("scantling.hosting.advisories.build", fails)
        with pytest.raises(BuildUnwritable):
            await Keeper(given, QuickClock()).update()
    assert advisories(given.advisories_file) == ("CVE-2030-1",)

    await Keeper(given, QuickClock()).update()

    assert advisories(given.advisories_file) == ("CVE-2030-2",)


async def test_what_is_damaged_is_told(
    tmp_path: Path, host: FeedHost, caplog: pytest.LogCaptureFixture
) -> None:
    given = settings(tmp_path, host)
    feeds = tmp_path / "feeds.toml"
    both = f'{feeds.read_text()}[feeds.two]\nurl = "{host.origin}/all.zip"\nallow_private = true\n'
    feeds.write_text(both)
    host.files = {"/one.json": RECORD, "/all.zip": b"PK\x03\x04 and no more of it"}

    await Keeper(given, QuickClock()).update()

    assert advisories(given.advisories_file) == ("CVE-2030-1",)
    (told,) = [r for r in caplog.records if r.message == "advisories built without damaged files"]
    assert "all.zip" in vars(told)["first"]


async def test_a_database_that_this_release_does_not_read_is_built_anew(
    tmp_path: Path, host: FeedHost
) -> None:
    given = settings(tmp_path, host)
    host.files["/one.json"] = RECORD
    await Keeper(given, QuickClock()).update()
    given.advisories_file.write_bytes(b"of another schema")

    await Keeper(given, QuickClock()).update()

    assert advisories(given.advisories_file) == ("CVE-2030-1",)


async def test_a_host_that_is_away_ends_nothing(
    tmp_path: Path, host: FeedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    given = settings(tmp_path, host)
    async with running(Keeper(given, QuickClock()).run()):
        await until(lambda: len(host.asked) > 1)
        host.files["/one.json"] = RECORD
        await until(lambda: advisories(given.advisories_file) == ("CVE-2030-1",))


async def test_a_build_is_pushed_and_followed(
    tmp_path: Path, host: FeedHost, start_registry: Callable[..., DistributionRegistry]
) -> None:
    host.files["/one.json"] = RECORD
    reference = f"{(await asyncio.to_thread(start_registry)).host}/scantling/advisories"
    given = settings(tmp_path, host, advisories_to=reference, advisories_plain_http=True)
    follower = AdvisoriesSettings(
        data=tmp_path / "other", advisories_from=reference, advisories_plain_http=True
    )
    async with (
        running(Keeper(given, QuickClock()).run()),
        running(follow(follower, QuickClock())),
    ):
        await until(lambda: advisories(follower.advisories_file) == ("CVE-2030-1",))
        host.files["/one.json"] = OTHER
        await until(lambda: advisories(follower.advisories_file) == ("CVE-2030-2",))


async def test_without_hours_nothing_is_fetched(tmp_path: Path, host: FeedHost) -> None:
    given = settings(tmp_path, host).model_copy(update={"advisories_update_hours": 0})
    async with running(Keeper(given, QuickClock()).run()):
        await asyncio.sleep(0.2)
    assert host.asked == []


def test_a_database_that_comes_back_by_itself_is_waited_for(tmp_path: Path) -> None:
    given = AdvisoriesRoleSettings(data=tmp_path)
    built = AdvisoriesRoleSettings(data=tmp_path, advisories_update_hours=6)
    fetched = AdvisoriesRoleSettings(data=tmp_path, advisories_from="registry.example/advisories")

    assert [grace_of(each) for each in (given, built, fetched)] == [GRACE, FETCHING, FETCHING]
