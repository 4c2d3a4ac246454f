"""The blob cache: bounded, shared by processes, never a file that is in use or half written."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scantling_common.images.digests import Digest
from scantling_common.images.errors import DigestMismatch
from scantling_common.layers.cache import BlobCache
from scantling_common.layers.errors import BlobTruncated, SpillFailed
from scantling_common.layers.verify import hash_blob
from tests.builders.image import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def cache(tmp_path: Path) -> BlobCache:
    return BlobCache(tmp_path / "cache", max_bytes=1000)


def digest(data: bytes) -> Digest:
    return Digest(sha256(data))


def put(cache: BlobCache, data: bytes, used: int | None = None) -> Digest:
    with cache.writer(digest(data), len(data)) as writer:
        writer.write(data[:3])
        writer.write(data[3:])
        with writer.publish() as blob:
            assert blob.kept
            if used is not None:
                os.utime(cache.path(blob.digest), (used, used))
    return digest(data)


def files(cache: BlobCache) -> list[str]:
    return sorted(path.name for path in cache.directory.rglob("*") if path.is_file())


def has(cache: BlobCache, data: bytes) -> bool:
    blob = cache.get(digest(data), len(data))
    if blob is not None:
        blob.close()
    return blob is not None


def test_a_blob_comes_back(cache: BlobCache) -> None:
    put(cache, b"content")
    blob = cache.get(digest(b"content"), 7)

    assert blob is not None
    with blob:
        hash_blob(blob, 0, blob.size, blob.digest)
    assert not has(cache, b"other")


def test_a_blob_is_pinned_and_readable_when_it_is_published(cache: BlobCache) -> None:
    with cache.writer(digest(b"content"), 7) as writer:
        writer.write(b"content")
        with writer.publish() as blob:
            hash_blob(blob, 0, 7, blob.digest)
            put(cache, b"x" * 999)
            assert has(cache, b"content")


def test_the_least_recently_used_goes_first(cache: BlobCache) -> None:
    put(cache, b"a" * 400, used=100)
    put(cache, b"b" * 400, used=200)
    assert has(cache, b"a" * 400)
    put(cache, b"c" * 400)

    assert has(cache, b"a" * 400)
    assert not has(cache, b"b" * 400)
    assert cache.size() <= 1000


def test_a_blob_in_use_is_never_evicted(cache: BlobCache) -> None:
    put(cache, b"a" * 900, used=100)
    blob = cache.get(digest(b"a" * 900), 900)
    assert blob is not None
    with blob:
        put(cache, b"b" * 900)
        assert has(cache, b"a" * 900)
    put(cache, b"c" * 900)
    assert not has(cache, b"b" * 900)


def test_another_processs_pin_counts_and_ends_with_it(cache: BlobCache) -> None:
    put(cache, b"a" * 900, used=100)
    program = (
        "import sys; from pathlib import Path\n"
        "from scantling_common.layers.cache import BlobCache\n"
        "blob = BlobCache(Path(sys.argv[1]), 1000).get(sys.argv[2], 900)\n"
        "print('pinned', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(cache.directory), digest(b"a" * 900)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"pinned\n"
        put(cache, b"b" * 900, used=300)
        pinned = cache.path(digest(b"a" * 900)).exists()
        other.kill()
    put(cache, b"c" * 900)

    assert pinned
    assert not cache.path(digest(b"a" * 900)).exists()


def test_nothing_stays_of_a_blob_that_was_not_published(cache: BlobCache) -> None:
    with cache.writer(digest(b"half"), 4) as writer:
        writer.write(b"ha")

    def broken() -> None:
        with cache.writer(digest(b"half"), 4) as writer:
            writer.write(b"ha")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        broken()
    assert files(cache) == [".lock"]


def test_what_a_dead_process_left_half_written_is_swept(cache: BlobCache) -> None:
    (cache.directory / ".partial-dead").write_bytes(b"x" * 800)
    put(cache, b"a" * 500)

    assert not (cache.directory / ".partial-dead").exists()


def test_a_blob_being_written_counts_and_is_not_swept(cache: BlobCache) -> None:
    put(cache, b"a" * 600, used=100)
    with cache.writer(digest(b"b" * 800), 800) as writer:
        assert cache.size() == 800
        writer.write(b"b" * 800)
        put(cache, b"c" * 900)
        writer.publish().close()

    assert has(cache, b"b" * 800)


def test_a_short_blob_is_not_published(cache: BlobCache) -> None:
    with cache.writer(digest(b"1234"), 4) as writer:
        writer.write(b"123")
        with pytest.raises(BlobTruncated):
            writer.publish()

    assert files(cache) == [".lock"]


def test_a_blob_over_the_cap_is_used_and_not_kept(cache: BlobCache) -> None:
    large = b"x" * 5000
    with cache.writer(digest(large), 5000) as writer:
        writer.write(large)
        with writer.publish() as blob:
            assert not blob.kept
            hash_blob(blob, 0, 5000, blob.digest)

    assert files(cache) == []


def test_a_corrupt_blob_is_noticed_and_dropped(cache: BlobCache) -> None:
    put(cache, b"content")
    path = cache.path(digest(b"content"))
    path.write_bytes(b"CONTENT")
    blob = cache.get(digest(b"content"), 7)
    assert blob is not None

    with pytest.raises(DigestMismatch):
        hash_blob(blob, 0, 7, blob.digest)
    blob.discard()

    assert not path.exists()


def test_a_blob_of_another_size_is_dropped(cache: BlobCache) -> None:
    put(cache, b"content")
    cache.path(digest(b"content")).write_bytes(b"conte")

    assert not has(cache, b"content")
    assert files(cache) == [".lock"]


def test_a_disk_without_room_is_an_error_of_the_machine(
    cache: BlobCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    full = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115  # the writer closes it
    monkeypatch.setattr(cache, "reserve", lambda _: (full, None))
    with cache.writer(digest(b"abc"), 3) as writer, pytest.raises(SpillFailed, match="No space"):
        writer.write(b"abc")
    monkeypatch.setattr(cache, "reserve", refuse)
    with pytest.raises(SpillFailed, match="No space"), cache.writer(digest(b"abc"), 3):
        pass  # pragma: no cover - never reached


def test_a_blob_that_can_not_get_its_name_is_not_published(cache: BlobCache) -> None:
    with cache.writer(digest(b"abc"), 3) as writer:
        writer.write(b"abc")
        in_the_way = cache.path(digest(b"abc")) / "in-the-way"
        in_the_way.parent.mkdir(parents=True)
        in_the_way.touch()
        with pytest.raises(SpillFailed, match="can't be written to the cache"):
            writer.publish()
    assert files(cache) == [".lock", "in-the-way"]


def test_a_blob_that_goes_while_it_is_opened_is_not_there(
    cache: BlobCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cache, b"content")
    lock = fcntl.flock

    def evicted(descriptor: int, operation: int) -> None:
        lock(descriptor, operation)
        cache.path(digest(b"content")).unlink(missing_ok=True)

    monkeypatch.setattr(fcntl, "flock", evicted)
    assert not has(cache, b"content")


def test_of_two_that_make_room_one_finds_the_blob_gone(
    cache: BlobCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(cache, b"x" * 600)
    stored = cache._stored

    def gone() -> Iterator[tuple[int, int, Path]]:
        for used, size, path in stored():
            path.unlink()
            yield used, size, path

    monkeypatch.setattr(cache, "_stored", gone)
    put(cache, b"y" * 600)
    monkeypatch.undo()
    assert (has(cache, b"x" * 600), has(cache, b"y" * 600)) == (False, True)
