"""All publications brought up to date, several at once, each failing alone."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
import zlib
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from yarl import URL

from scantling_analyzers.advisories.fetching.download import (
    FetchFailed,
    HostUnreachable,
    fetch,
    read_small,
    session_for,
)
from scantling_analyzers.advisories.fetching.hosts import Hosts
from scantling_analyzers.advisories.fetching.ledger import Ledger
from scantling_analyzers.advisories.fetching.publications import MIB
from scantling_analyzers.advisories.fetching.repomd import updateinfo_of
from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import aiohttp

    from scantling_analyzers.advisories.fetching.ledger import Entry
    from scantling_analyzers.advisories.fetching.publications import Publication
    from scantling_common.clock import Clock

AT_ONCE: Final = 4
"""How many publications are fetched at once: more would not be faster, and annoy their hosts."""
INCOMING: Final = ".incoming"
"""The directory of what has not come as a whole; no publication is called so."""
_SMALL: Final = 4 * MIB
_MIRRORS: Final = 5
_MOST_CONTENT: Final = 4 * 1024 * MIB
_PIECE: Final = 256 * 1024
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")
_META_SHA: Final = re.compile(r"sha256:([0-9A-Fa-f]{64})")

How = Literal["fetched", "unchanged", "failed"]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one publication; ``reason`` says why it failed, ``hint`` what to do.

    ``host`` is what could not be reached, where that is the reason.
    ``size`` is in bytes, of what is there now; ``checked_at`` in milliseconds since the epoch.
    """

    name: str
    how: How
    size: int = 0
    checked_at: int = 0
    reason: str = ""
    hint: str = ""
    host: str = ""


class Update:
    """One run over a directory. What fails leaves what was fetched before."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        heard: Callable[[str, int, int | None], None] | None = None,
        done: Callable[[Result], None] | None = None,
    ) -> None:
        """Prepare; ``heard`` is told the bytes of a publication, ``done`` each result."""
        self._folder = folder
        self._clock = clock
        self._heard = heard
        self._done = done
        folder.mkdir(parents=True, exist_ok=True)
        self._ledger = Ledger(folder)
        self._hosts = Hosts()

    async def run(self, publications: Sequence[Publication]) -> list[Result]:
        """Bring all up to date; return the results in the order of the publications."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(publication: Publication) -> Result:
            async with gate:
                result = await self._result(publication)
            if self._done is not None:
                self._done(result)
            return result

        return list(await asyncio.gather(*(one(each) for each in publications)))

    async def _result(self, publication: Publication) -> Result:
        before = self._ledger.entries.get(publication.path)
        try:
            entry = await self._reached(publication)
        except ScantlingError as error:
            return Result(
                name=publication.name,
                how="failed",
                size=0 if before is None else before.size,
                checked_at=0 if before is None else before.checked_at,
                reason=error.message,
                hint=error.hint,
                host=error.host if isinstance(error, HostUnreachable) else "",
            )
        self._ledger.set(publication.path, entry)
        same = before is not None and before.sha256 == entry.sha256
        return Result(
            name=publication.name,
            how="unchanged" if same else "fetched",
            size=entry.size,
            checked_at=entry.checked_at,
        )

    async def _reached(self, publication: Publication) -> Entry:
        """Fetch a publication, unless its host is known not to be reached."""
        host = URL(publication.url).host or ""
        self._hosts.check(host)
        try:
            entry = await self._fetched(publication)
        except HostUnreachable as error:
            self._hosts.lost(error)
            raise
        except FetchFailed:
            self._hosts.reached(host)
            raise
        self._hosts.reached(host)
        return entry

    async def _fetched(self, publication: Publication) -> Entry:
        async with session_for(publication.url, allow_private=publication.allow_private) as session:
            if publication.kind == "repository":
                return await self._repository(session, publication, publication.url)
            if publication.kind == "mirrors":
                return await self._mirrors(session, publication)
            if publication.kind == "pointer":
                return await self._pointed(session, publication)
            if publication.kind == "checked":
                return await self._checked(session, publication)
            return await self._file(session, publication, publication.url)

    async def _file(
        self,
        session: aiohttp.ClientSession,
        publication: Publication,
        url: str,
        proves: Callable[[Path], None] | None = None,
    ) -> Entry:
        """Fetch a file where no build reads it, prove it, and put it in its place."""
        target = self._folder / publication.path
        incoming = self._folder / INCOMING / publication.path
        for each in (target, incoming):
            each.parent.mkdir(parents=True, exist_ok=True)
        known = self._ledger.entries.get(publication.path)
        heard = self._heard

        def hear(received: int, total: int | None) -> None:
            if heard is not None:
                heard(publication.name, received, total)

        if known is not None and not _is_there(target, known):
            known = None
        try:
            entry = await fetch(
                session,
                url,
                incoming,
                known,
                clock=self._clock,
                most=publication.most_mib * MIB,
                heard=hear,
                connects=self._hosts.connects,
            )
            if incoming.exists():
                if proves is not None:
                    await asyncio.to_thread(proves, incoming)
                incoming.replace(target)
        finally:
            incoming.unlink(missing_ok=True)
        return entry

    async def _repository(
        self, session: aiohttp.ClientSession, publication: Publication, base: str
    ) -> Entry:
        root = URL(base if base.endswith("/") else f"{base}/")
        document = await read_small(session, str(root / "repodata/repomd.xml"), most=_SMALL)
        located = updateinfo_of(document)

        def proves(path: Path) -> None:
            if _digest(path, located.algorithm) != located.checksum:
                raise FetchFailed(f"{located.href} is not what repomd.xml says it is")

        return await self._file(session, publication, str(root / located.href), proves)

    async def _mirrors(self, session: aiohttp.ClientSession, publication: Publication) -> Entry:
        text = (await read_small(session, publication.url, most=_SMALL)).decode("utf-8", "replace")
        bases = [line.strip() for line in text.splitlines() if line.strip().startswith("http")]
        if not bases:
            raise FetchFailed(f"{publication.name}: the list names no mirror")
        failed: ScantlingError | None = None
        for base in bases[:_MIRRORS]:
            try:
                async with session_for(base, allow_private=publication.allow_private) as other:
                    return await self._repository(other, publication, base)
            except ScantlingError as error:
                failed = error
        raise failed or FetchFailed(f"{publication.name}: no mirror answers")

    async def _pointed(self, session: aiohttp.ClientSession, publication: Publication) -> Entry:
        text = (await read_small(session, publication.url, most=_SMALL)).decode("utf-8", "replace")
        name = text.strip()
        if not _FILE_NAME.fullmatch(name):
            raise FetchFailed(f"{publication.name}: {name[:200]!r} is no name of a file")
        there = str(URL(publication.url).join(URL(name)))
        return await self._file(session, publication, there)

    async def _checked(self, session: aiohttp.ClientSession, publication: Publication) -> Entry:
        url = publication.url.removesuffix(".gz").removesuffix(".json")
        meta = await read_small(session, f"{url}.meta", most=_SMALL)
        found = _META_SHA.search(meta.decode("utf-8", "replace"))
        if found is None:
            raise FetchFailed(f"{publication.name}: its .meta tells no SHA-256")
        wanted = found[1].lower()

        def proves(path: Path) -> None:
            if _content_digest(path) != wanted:
                raise FetchFailed(f"{publication.name} is not what its .meta says it is")

        return await self._file(session, publication, publication.url, proves)


def _is_there(target: Path, known: Entry) -> bool:
    try:
        return target.stat().st_size == known.size
    except OSError:
        return False


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _content_digest(path: Path) -> str:
    """Return the SHA-256 of the content of a gzipped file."""
    digest = hashlib.sha256()
    size = 0
    try:
        with gzip.open(path, "rb") as file:
            while piece := file.read(_PIECE):
                size += len(piece)
                if size > _MOST_CONTENT:
                    raise FetchFailed(f"{path.name} has more than {_MOST_CONTENT:,} bytes in it")
                digest.update(piece)
    except (OSError, EOFError, zlib.error) as error:
        raise FetchFailed(f"{path.name} is no gzipped file: {error}") from error
    return digest.hexdigest()
