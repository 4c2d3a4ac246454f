"""`scantling advisories update` and `push`, as a user runs them."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, NoReturn

import aiohttp
import pytest

from scantling.advisories.complaints import complaints
from scantling.advisories.progress import EVERY_LINE, FetchLine
from scantling.cli.main import main
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.fetching import download
from scantling_analyzers.advisories.fetching.updating import Result
from tests.analyzers.advisories.fetching.host import FeedHost, feed_host
from tests.builders.advisories import osv_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.services.registry import DistributionRegistry

RECORD = json.dumps(osv_record("GHSA-aaaa-bbbb-cccc", "npm", "left-pad", "1.3.0")).encode()
OTHER = json.dumps(osv_record("GHSA-dddd-eeee-ffff", "npm", "right-pad", "2.0.0")).encode()


@pytest.fixture
def host() -> Iterator[FeedHost]:
    """Run a host of feeds in a thread: the command has an event loop of its own."""
    ready, stop = threading.Event(), threading.Event()
    found: list[FeedHost] = []

    async def serve() -> None:
        async with feed_host() as host:
            found.append(host)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    yield found[0]
    stop.set()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCANTLING_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    return tmp_path


def listed(folder: Path, host: FeedHost, *names: str) -> str:
    """Write a list of feeds; return its path."""
    tables = [
        f'[feeds.{name}]\nurl = "{host.origin}/{name}.json"\nallow_private = true\n'
        for name in names
    ]
    file = folder / "feeds.toml"
    file.write_text("\n".join(tables))
    return str(file)


def test_feeds_are_fetched_and_built(
    folder: Path, host: FeedHost, capsys: pytest.CaptureFixture[str]
) -> None:
    host.files = {"/one.json": RECORD, "/two.json": OTHER}

    assert main(["advisories", "update", "--feeds", listed(folder, host, "one", "two")]) == 0

    shown = capsys.readouterr()
    assert "2 advisories" in shown.out
    assert "2 feeds: 2 new, 0 unchanged, 0 failed" in shown.err
    with AdvisoryDatabase(folder / "data/advisories.db") as database:
        assert database.statements("npm", "left-pad")


def test_what_was_only_fetched_is_built_by_the_next_update(
    folder: Path, host: FeedHost, capsys: pytest.CaptureFixture[str]
) -> None:
    host.files = {"/one.json": RECORD}
    feeds = listed(folder, host, "one")
    main(["advisories", "update", "--feeds", feeds])
    host.files = {"/one.json": OTHER}
    main(["advisories", "update", "--feeds", feeds, "--fetch-only"])
    before = (folder / "data/advisories.db").stat().st_ino

    assert main(["advisories", "update", "--feeds", feeds]) == 0

    assert "nothing is new" not in capsys.readouterr().err
    assert (folder / "data/advisories.db").stat().st_ino != before


def test_nothing_new_builds_nothing(
    folder: Path, host: FeedHost, capsys: pytest.CaptureFixture[str]
) -> None:
    host.files = {"/one.json": RECORD}
    feeds = listed(folder, host, "one")
    main(["advisories", "update", "--feeds", feeds])
    before = (folder / "data/advisories.db").stat().st_ino
    capsys.readouterr()

    assert main(["advisories", "update", "--feeds", feeds]) == 0

    assert "nothing is new" in capsys.readouterr().err
    assert (folder / "data/advisories.db").stat().st_ino == before


def test_a_feed_that_fails_is_said_and_what_was_fetched_of_it_is_used(
    folder: Path, host: FeedHost, capsys: pytest.CaptureFixture[str]
) -> None:
    host.files = {"/one.json": RECORD}
    feeds = listed(folder, host, "one", "two")
    main(["advisories", "update", "--feeds", feeds])
    host.files = {"/two.json": OTHER}
    capsys.readouterr()

    assert main(["advisories", "update", "--feeds", feeds]) == 3

    assert "the server answers 404; what was fetched before is used" in capsys.readouterr().err
    with AdvisoryDatabase(folder / "data/advisories.db") as database:
        assert database.statements("npm", "left-pad")
        assert database.statements("npm", "right-pad")


def test_without_a_network_it_is_said_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Nobody:
        async def resolve(self, *_: object) -> NoReturn:
            raise OSError(-3, "Temporary failure in name resolution")

        async def close(self) -> None:
            """Do nothing."""

    monkeypatch.setattr(aiohttp, "ThreadedResolver", Nobody)

    assert main(["advisories", "update", "--fetch-only"]) == 3

    counted, told, hint = capsys.readouterr().err.splitlines()
    assert "0 new, 0 unchanged" in counted
    assert "feeds (osv-maven, osv-npm, osv-pypi and " in told
    assert ": 10 hosts (" in told
    assert told.endswith(
        "can't be reached: Temporary failure in name resolution; they are left out [fetch_failed]"
    )
    assert "HTTPS_PROXY" in hint


def test_what_is_wrong_with_one_feed_is_said_of_it_alone() -> None:
    same = [
        failed(name, f"https://feeds.example/{name}: the server answers 404") for name in "abcd"
    ]
    other = failed("e", "https://feeds.example/e: the server answers 500", size=1)

    of_many, of_one = complaints([*same, other])
    assert of_many == (
        "scantling: 4 feeds (a, b, c and 1 more): the server answers 404; they are left out "
        "[fetch_failed]"
    )
    assert of_one == (
        "scantling: e: https://feeds.example/e: the server answers 500; what was fetched before is "
        "used [fetch_failed]"
    )


def failed(name: str, reason: str, size: int = 0) -> Result:
    return Result(name=name, how="failed", reason=reason, size=size)


def test_without_a_terminal_a_line_is_written_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [0.0]
    with FetchLine(shown=False, of=9, now=lambda: now[0]) as line:
        line.heard("one", 1024, None)
        now[0] = EVERY_LINE
        line.tick()
        line.tick()
        now[0] += EVERY_LINE
        line.done(failed("two", "gone"))

    assert capsys.readouterr().err == (
        "scantling: 0 of 9 feeds; one: 1.0 KiB\nscantling: 1 of 9 feeds; two: failed\n"
    )


def test_only_some_feeds_are_fetched(folder: Path, host: FeedHost) -> None:
    host.files = {"/one.json": RECORD, "/two.json": OTHER}
    feeds = listed(folder, host, "one", "two")

    assert main(["advisories", "update", "--feeds", feeds, "--only", "o*", "--fetch-only"]) == 0

    assert [path for path, _ in host.asked] == ["/one.json"]
    assert not (folder / "data/advisories.db").exists()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[feeds", "is not TOML"),
        ("\0", "is not TOML"),
        ("[feeds.x]", "url"),
        ('[feeds.x]\nurl = "https://x.example/y"', "there is no feed 'other'"),
    ],
)
def test_a_bad_list_of_feeds_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, what: str
) -> None:
    file = folder / "feeds.toml"
    file.write_text(text)

    assert main(["advisories", "update", "--feeds", str(file), "--only", "other"]) == 3

    assert what in capsys.readouterr().err


def test_a_list_that_is_not_there_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advisories", "update", "--feeds", str(folder / "gone.toml")]) == 3

    assert "can't be read" in capsys.readouterr().err


def test_nothing_at_all_leaves_no_database(
    folder: Path, host: FeedHost, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advisories", "update", "--feeds", listed(folder, host, "one")]) == 3

    assert "404" in capsys.readouterr().err
    assert not (folder / "data/advisories.db").exists()


def test_a_database_goes_through_a_registry(
    folder: Path,
    host: FeedHost,
    start_registry: Callable[..., DistributionRegistry],
    capsys: pytest.CaptureFixture[str],
) -> None:
    host.files = {"/one.json": RECORD}
    main(["advisories", "update", "--feeds", listed(folder, host, "one")])
    reference = f"{start_registry().host}/scantling/advisories:today"
    target = folder / "elsewhere.db"

    assert main(["advisories", "push", reference, "--plain-http"]) == 0
    fetch = ["advisories", "update", "--from", reference, "--plain-http", "-o", str(target)]
    assert main(fetch) == 0

    assert "@sha256:" in capsys.readouterr().out
    assert target.read_bytes() == (folder / "data/advisories.db").read_bytes()
