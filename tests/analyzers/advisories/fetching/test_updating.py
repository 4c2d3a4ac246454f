"""Publications come whole, once, and each fails alone."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING, Any, NoReturn

import aiohttp
import pytest

from scantling_analyzers.advisories.fetching import download
from scantling_analyzers.advisories.fetching.download import HostUnreachable
from scantling_analyzers.advisories.fetching.fetched import Fetched
from scantling_analyzers.advisories.fetching.hosts import CONNECTS, Hosts
from scantling_analyzers.advisories.fetching.publications import Publication
from scantling_analyzers.advisories.fetching.updating import AT_ONCE, Result, Update
from tests.analyzers.advisories.fetching.host import FeedHost, feed_host
from tests.common.clocks import HandClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NOW = 1_700_000_000_000
BIG = bytes(range(256)) * 8192


class PatientClock(HandClock):
    """Sleeps at once, and remembers for how long."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
async def host() -> AsyncIterator[FeedHost]:
    async with feed_host() as host:
        yield host


@pytest.fixture
def clock() -> PatientClock:
    return PatientClock()


def published(host: FeedHost, path: str, **fields: Any) -> Publication:
    given = {"name": "feed", "url": f"{host.origin}{path}", "allow_private": True}
    return Publication(**{**given, **fields})


async def update(folder: Path, clock: PatientClock, *publications: Publication) -> list[Result]:
    return await Update(folder, clock=clock).run(publications)


async def test_a_file_is_fetched_once_and_asked_for_by_its_tag(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files["/all.zip"] = b"one"
    feed = published(host, "/all.zip")

    (first,) = await update(tmp_path, clock, feed)
    clock.turn(60)
    (second,) = await update(tmp_path, clock, feed)

    assert (tmp_path / "feed/all.zip").read_bytes() == b"one"
    assert (first.how, second.how) == ("fetched", "unchanged")
    assert second.checked_at == NOW + 60_000
    assert "If-None-Match" in host.requests("/all.zip")[1]


async def test_what_changed_replaces_what_was_there(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    feed = published(host, "/all.zip")
    for content in (b"one", b"two"):
        host.files["/all.zip"] = content
        (result,) = await update(tmp_path, clock, feed)
        assert result.how == "fetched"

    assert (tmp_path / "feed/all.zip").read_bytes() == b"two"
    assert sorted(path.name for path in (tmp_path / "feed").iterdir()) == ["all.zip"]


async def test_a_file_that_is_gone_or_cut_here_is_fetched_again(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files["/all.zip"] = b"whole"
    feed = published(host, "/all.zip")
    await update(tmp_path, clock, feed)
    (tmp_path / "feed/all.zip").write_bytes(b"cut")

    await update(tmp_path, clock, feed)

    assert (tmp_path / "feed/all.zip").read_bytes() == b"whole"


async def test_a_download_that_breaks_off_goes_on_where_it_was(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files["/all.zip"] = BIG
    host.broken = [1_000_000, 500_000]

    (result,) = await update(tmp_path, clock, published(host, "/all.zip"))

    assert result.how == "fetched"
    assert (tmp_path / "feed/all.zip").read_bytes() == BIG
    ranges = [headers.get("Range") for headers in host.requests("/all.zip")]
    assert ranges[0] is None
    assert all(asked is not None for asked in ranges[1:])


async def test_a_run_that_was_broken_off_is_gone_on_with_by_the_next(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files["/all.zip"] = BIG
    host.broken = [300_000] * download.ATTEMPTS
    feed = published(host, "/all.zip")
    (failed,) = await update(tmp_path, clock, feed)
    assert failed.how == "failed"
    asked = len(host.requests("/all.zip"))

    (result,) = await update(tmp_path, clock, feed)

    assert result.how == "fetched"
    assert (tmp_path / "feed/all.zip").read_bytes() == BIG
    assert "Range" in host.requests("/all.zip")[asked]


async def test_a_file_that_changed_while_it_broke_off_begins_anew(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files["/all.zip"] = BIG
    host.broken = [300_000] * download.ATTEMPTS
    feed = published(host, "/all.zip")
    await update(tmp_path, clock, feed)
    host.files["/all.zip"] = b"another"

    await update(tmp_path, clock, feed)

    assert (tmp_path / "feed/all.zip").read_bytes() == b"another"


async def test_without_tags_a_broken_download_begins_anew(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.tags = False
    host.files["/all.zip"] = BIG
    host.broken = [300_000]

    await update(tmp_path, clock, published(host, "/all.zip"))

    assert (tmp_path / "feed/all.zip").read_bytes() == BIG
    assert all("Range" not in headers for headers in host.requests("/all.zip"))


async def test_a_busy_server_is_given_the_time_that_it_asks_for(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files["/all.zip"] = b"one"
    host.busy = ["7"]

    (result,) = await update(tmp_path, clock, published(host, "/all.zip"))

    assert result.how == "fetched"
    assert clock.slept == [7.0]


async def test_a_server_that_asks_for_too_much_time_has_failed(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.busy = ["86400"]

    (result,) = await update(tmp_path, clock, published(host, "/all.zip"))

    assert (result.how, clock.slept) == ("failed", [])
    assert "503" in result.reason


async def test_one_that_fails_keeps_what_was_there_and_disturbs_no_other(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files |= {"/a": b"a", "/b": b"b"}
    a, b = published(host, "/a", name="a"), published(host, "/b", name="b")
    await update(tmp_path, clock, a)
    del host.files["/a"]

    first, second = await update(tmp_path, clock, a, b)

    assert (first.how, first.size, second.how) == ("failed", 1, "fetched")
    assert first.reason.endswith("/a: the server answers 404")
    assert (tmp_path / "a/a").read_bytes() == b"a"


def nowhere(name: str, host: str = "feeds.invalid") -> Publication:
    """Return a publication at a host that nobody can reach; no name ends in ``.invalid``."""
    return Publication(name=name, url=f"http://{host}/{name}.json")


@pytest.fixture
def names_asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let no name be resolved, and tell which ones were asked for."""
    asked: list[str] = []

    class Nobody:
        async def resolve(self, host: str, *_: object) -> NoReturn:
            asked.append(host)
            raise OSError(-3, "Temporary failure in name resolution")

        async def close(self) -> None:
            """Do nothing."""

    monkeypatch.setattr(aiohttp, "ThreadedResolver", Nobody)
    return asked


async def test_a_host_that_can_not_be_reached_is_tried_twice_for_all_its_publications(
    tmp_path: Path, clock: PatientClock, names_asked: list[str]
) -> None:
    many = [nowhere(f"feed-{n}") for n in range(30)]

    results = await update(tmp_path, clock, *many)

    assert {(each.how, each.host) for each in results} == {("failed", "feeds.invalid")}
    assert {each.reason for each in results} == {
        "can't be reached: Temporary failure in name resolution"
    }
    # Those that began at once don't know of each other yet.
    assert len(names_asked) == CONNECTS * AT_ONCE


async def test_where_several_hosts_can_not_be_reached_the_others_are_tried_once(
    tmp_path: Path, clock: PatientClock, names_asked: list[str]
) -> None:
    many = [nowhere(f"feed-{n}", f"host-{n}.invalid") for n in range(20)]

    await update(tmp_path, clock, *many)

    assert len(set(names_asked)) == 20
    assert len(names_asked) <= 20 + 2 * AT_ONCE


async def test_a_host_that_can_not_be_reached_disturbs_no_other(
    host: FeedHost, tmp_path: Path, clock: PatientClock, names_asked: list[str]
) -> None:
    host.files["/all.zip"] = b"one"
    many = [nowhere(f"feed-{n}", f"host-{n}.invalid") for n in range(8)]

    *_, good = await update(tmp_path, clock, *many, published(host, "/all.zip"))

    assert good.how == "fetched"
    assert len(set(names_asked)) == 8


def test_a_host_that_was_reached_is_asked_again_whatever_becomes_of_it() -> None:
    hosts = Hosts()
    for name in ("a", "b", "c"):
        hosts.lost(HostUnreachable(name, "gone"))
    assert hosts.connects == 1

    hosts.reached("a")

    assert hosts.connects == CONNECTS
    hosts.check("a")
    with pytest.raises(HostUnreachable):
        hosts.check("b")


async def test_more_than_allowed_is_refused(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files["/big"] = BIG

    (result,) = await update(tmp_path, clock, published(host, "/big", most_mib=1))

    assert result.how == "failed"
    assert "most_mib" in result.hint
    assert not (tmp_path / "feed/big").exists()


async def test_private_addresses_are_asked_only_where_that_is_intended(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files["/all.zip"] = b"one"

    (result,) = await update(tmp_path, clock, published(host, "/all.zip", allow_private=False))

    assert result.how == "failed"
    assert "allow_private" in result.hint
    assert host.asked == []


async def test_redirects_are_followed_but_not_in_circles(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files["/there"] = b"one"
    host.moved = {"/here": "/there", "/round": "/round"}

    good, bad = await update(
        tmp_path,
        clock,
        published(host, "/here", name="good"),
        published(host, "/round", name="bad"),
    )

    assert (good.how, bad.how) == ("fetched", "failed")
    assert "redirects" in bad.reason


@pytest.mark.parametrize("where", ["file:///etc/passwd", "ftp://feeds.example/x"])
async def test_redirects_to_another_scheme_are_refused(
    host: FeedHost, tmp_path: Path, clock: PatientClock, where: str
) -> None:
    host.moved = {"/here": where}

    (result,) = await update(tmp_path, clock, published(host, "/here"))

    assert result.how == "failed"
    assert "refused" in result.reason


async def test_what_has_not_come_as_a_whole_is_no_document(
    host: FeedHost, tmp_path: Path, clock: PatientClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    feed = published(host, "/all.json")
    host.files["/all.json"] = b"[1]"
    await update(tmp_path, clock, feed)
    host.files["/all.json"] = b"[1, 2, 3]"
    host.broken = [4]

    (result,) = await update(tmp_path, clock, feed)

    assert result.how == "failed"
    assert [each.file for each in Fetched(tmp_path, [feed])] == ["all.json"]
    (again,) = await update(tmp_path, clock, feed)
    assert again.how == "fetched"
    assert "Range" in host.requests("/all.json")[-1]


@pytest.mark.parametrize("where", ["http://169.254.169.254/latest", "http://[fe80::1]/x"])
async def test_redirects_to_an_address_that_no_feed_has_are_refused(
    host: FeedHost, tmp_path: Path, clock: PatientClock, where: str
) -> None:
    host.moved = {"/here": where}

    (result,) = await update(tmp_path, clock, published(host, "/here"))

    assert result.how == "failed"
    assert "not to be contacted" in result.reason


async def test_a_redirect_to_what_is_no_address_fails_alone(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.moved = {"/here": "http://["}
    host.files["/all.zip"] = b"one"

    bad, good = await update(
        tmp_path,
        clock,
        published(host, "/here", name="bad"),
        published(host, "/all.zip", name="good"),
    )

    assert (bad.how, good.how) == ("failed", "fetched")


def repository(host: FeedHost, content: bytes, checksum: str, kind: str = "sha256") -> None:
    host.files["/os/repodata/x-updateinfo.xml.gz"] = content
    host.files["/os/repodata/repomd.xml"] = (
        f'<repomd xmlns="http://linux.example/metadata/repo"><data type="primary"/>'
        f'<data type="updateinfo"><checksum type="{kind}">{checksum}</checksum>'
        '<location href="repodata/x-updateinfo.xml.gz"/></data></repomd>'
    ).encode()


async def test_the_updateinfo_of_a_repository_is_found_and_proved(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    content = gzip.compress(b"<updates/>")
    repository(host, content, hashlib.sha256(content).hexdigest())
    feed = published(host, "/os", kind="repository", stream="kylin:V10-SP2")

    (result,) = await update(tmp_path, clock, feed)

    assert result.how == "fetched"
    assert (tmp_path / "feed/kylin:V10-SP2/updateinfo.xml").read_bytes() == content


@pytest.mark.parametrize(
    ("checksum", "kind", "reason"),
    [
        ("0" * 64, "sha256", "not what repomd.xml says"),
        ("0" * 40, "sha", "no SHA-256 or SHA-512"),
        ("z" * 64, "sha256", "a checksum that is none"),
    ],
)
async def test_an_updateinfo_that_can_not_be_proved_is_refused(
    host: FeedHost, tmp_path: Path, clock: PatientClock, checksum: str, kind: str, reason: str
) -> None:
    repository(host, b"x", checksum, kind)

    (result,) = await update(tmp_path, clock, published(host, "/os", kind="repository"))

    assert result.how == "failed"
    assert reason in result.reason
    assert not (tmp_path / "feed/updateinfo.xml").exists()


@pytest.mark.parametrize("href", ["../../etc/passwd", "/etc/passwd", "http://evil.example/x", ""])
async def test_a_repository_can_not_point_elsewhere(
    host: FeedHost, tmp_path: Path, clock: PatientClock, href: str
) -> None:
    host.files["/os/repodata/repomd.xml"] = (
        f'<repomd><data type="updateinfo"><location href="{href}"/></data></repomd>'
    ).encode()

    (result,) = await update(tmp_path, clock, published(host, "/os", kind="repository"))

    assert result.how == "failed"
    assert [path for path, _ in host.asked] == ["/os/repodata/repomd.xml"]


async def test_a_repository_without_updateinfo_says_so(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files["/os/repodata/repomd.xml"] = b"<repomd/>"

    (result,) = await update(tmp_path, clock, published(host, "/os", kind="repository"))

    assert result.reason == "the repository has no updateinfo"


async def test_the_next_mirror_is_asked_where_one_fails(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    content = b"<updates/>"
    repository(host, content, hashlib.sha256(content).hexdigest())
    host.files["/mirrors"] = f"# two\nhttp://[\n{host.origin}/gone/\n{host.origin}/os/\n".encode()

    (result,) = await update(tmp_path, clock, published(host, "/mirrors", kind="mirrors"))

    assert result.how == "fetched"
    assert (tmp_path / "feed/updateinfo.xml").read_bytes() == content


async def test_a_pointer_names_the_file_beside_it(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files |= {
        "/vex/latest.txt": b"vex_2026-01-02.tar.zst\n",
        "/vex/vex_2026-01-02.tar.zst": b"z",
    }
    feed = published(host, "/vex/latest.txt", kind="pointer", file="archive.tar.zst")

    await update(tmp_path, clock, feed)
    (again,) = await update(tmp_path, clock, feed)

    assert (tmp_path / "feed/archive.tar.zst").read_bytes() == b"z"
    assert again.how == "unchanged"


@pytest.mark.parametrize("name", [b"../../x", b"http://evil.example/x", b"", b"a b"])
async def test_a_pointer_can_not_point_elsewhere(
    host: FeedHost, tmp_path: Path, clock: PatientClock, name: bytes
) -> None:
    host.files["/vex/latest.txt"] = name

    (result,) = await update(
        tmp_path, clock, published(host, "/vex/latest.txt", kind="pointer", file="a")
    )

    assert result.how == "failed"
    assert "no name of a file" in result.reason


async def test_a_checked_file_is_proved_by_its_content(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    content = b'{"format":"NVD_CVE"}'
    meta = f"lastModifiedDate:x\r\nsha256:{hashlib.sha256(content).hexdigest().upper()}\r\n"
    host.files |= {"/nvd.meta": meta.encode(), "/nvd.json.gz": gzip.compress(content)}
    feed = published(host, "/nvd.json.gz", kind="checked")

    (good,) = await update(tmp_path, clock, feed)
    host.files["/nvd.json.gz"] = gzip.compress(b"{}")
    (bad,) = await update(tmp_path, clock, feed)
    host.files["/nvd.json.gz"] = b"no gzip"
    (worse,) = await update(tmp_path, clock, feed)

    assert [good.how, bad.how, worse.how] == ["fetched", "failed", "failed"]
    assert gzip.decompress((tmp_path / "feed/nvd.json.gz").read_bytes()) == content


async def test_a_damaged_ledger_is_an_empty_one(
    host: FeedHost, tmp_path: Path, clock: PatientClock
) -> None:
    host.files["/all.zip"] = b"one"
    feed = published(host, "/all.zip")
    await update(tmp_path, clock, feed)
    (tmp_path / "fetched.json").write_bytes(b"{")

    (result,) = await update(tmp_path, clock, feed)

    assert result.how == "fetched"


async def test_progress_is_told(host: FeedHost, tmp_path: Path, clock: PatientClock) -> None:
    host.files["/big"] = BIG
    heard: list[tuple[str, int, int | None]] = []
    done: list[Result] = []
    run = Update(tmp_path, clock=clock, heard=lambda *what: heard.append(what), done=done.append)

    await run.run([published(host, "/big")])

    assert heard[-1] == ("feed", len(BIG), len(BIG))
    assert [result.how for result in done] == ["fetched"]
