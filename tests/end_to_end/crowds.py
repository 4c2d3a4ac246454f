"""Many images at once, and whoever keeps looking at an old report meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp

from tests.end_to_end.api import LOOK_AGAIN, Refused, until
from tests.end_to_end.apps import app
from tests.end_to_end.notices import notice
from tests.end_to_end.sizes import CROWD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.builders.image import BuiltImage
    from tests.end_to_end.api import Api
    from tests.end_to_end.pushes import Source

PUSHERS: Final = 8
TELLERS: Final = 4
RISKS: Final = frozenset({"software", "file", "baseimage"})


class Crowd:
    """Images of one registry, told of by notifications that are sent until they are taken."""

    def __init__(self, api: Api, source: Source, count: int) -> None:
        self._api, self._source = api, source
        self.images: dict[str, BuiltImage] = {
            f"crowd-{number:04d}": app(f"crowd-{number:04d}") for number in range(count)
        }
        self.digests = {image.digest for image in self.images.values()}

    async def push(self) -> None:
        """Push all images; nobody is told."""
        gate = asyncio.Semaphore(PUSHERS)

        async def one(name: str, image: BuiltImage) -> None:
            async with gate:
                await self._source.push(image, f"crowd/{name}")

        await asyncio.gather(*(one(name, image) for name, image in self.images.items()))

    async def tell(self) -> None:
        """Tell of every image, as a registry does: again until it is taken."""
        gate = asyncio.Semaphore(TELLERS)

        async def one(name: str, image: BuiltImage) -> None:
            event = notice(f"crowd/{name}", tag="v1", digest=image.digest, id_=f"push-{name}")

            async def taken() -> bool:
                return await self._source.told(event) == 202

            async with gate:
                await until(taken, f"the webhook of {name}", seconds=CROWD_SECONDS)

        await asyncio.gather(*(one(name, image) for name, image in self.images.items()))

    async def reported(self) -> list[dict[str, Any]]:
        """Return the rows of the images that have a complete report now."""
        rows = await self._api.rows(repository="crowd/")
        return [row for row in rows if row["status"] == "complete"]

    async def until_reported(self, count: int) -> None:
        """Wait until so many have a report."""

        async def enough() -> bool:
            return len(await self.reported()) >= count

        await until(
            enough, f"{count} of {len(self.images)} reports", seconds=CROWD_SECONDS, every=0.5
        )

    async def check(self) -> None:
        """Check that every image has its one report: none twice, none missing, none stuck."""
        await self.until_reported(len(self.images))
        rows = await self._api.rows(repository="crowd/")
        assert len(rows) == len(self.images)
        assert {row["digest"] for row in rows} == self.digests
        assert {row["generation"] for row in rows} == {1}
        assert {row["status"] for row in rows} == {"complete"}
        assert all(set(row["statuses"].values()) == {"complete"} for row in rows)
        assert all(set(row["statuses"]) == RISKS for row in rows)

        async def idle() -> bool:
            busy = [
                (await self._api.get("scans", project="default", state=state))["items"]
                for state in ("running", "returned", "expired")
            ]
            return not any(busy)

        await until(idle, "no scan is under way", seconds=CROWD_SECONDS)
        tasks = (await self._api.get("tasks", project="default"))["items"]
        counts = [task["counts"] for task in tasks if task["kind"] == "push"]
        assert sum(each["complete"] for each in counts) >= len(self.images)
        assert sum(each["failed"] for each in counts) == 0


class Witness:
    """Reads an old report over and over: whenever there is an answer, it is the same one."""

    def __init__(self, api: Api, digest: str, expected: Any) -> None:
        self._api, self._digest, self._expected = api, digest, expected
        self.answers = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to read."""
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; raise where an answer was another one."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            if not self._task.cancelled():
                self._task.result()

    async def back(self, seconds: float) -> None:
        """Wait until there is an answer that was asked for from now on."""
        before = self.answers

        async def answered() -> bool:
            return self.answers > before + 1

        await until(answered, "the API is back", seconds=seconds)

    async def _read(self) -> None:
        while True:
            try:
                async with asyncio.timeout(2):
                    found = await self._api.report(self._digest)
            except (TimeoutError, aiohttp.ClientError):
                found = None
            except Refused as refused:
                if refused.status < 500:
                    raise
                found = None
            if found is not None:
                assert found == self._expected
                self.answers += 1
            await asyncio.sleep(LOOK_AGAIN)


def shares(count: int, parts: Sequence[str]) -> list[tuple[str, int]]:
    """Return for each part how many of ``count`` are to be done before its turn comes."""
    return [(part, count * number // (len(parts) + 1)) for number, part in enumerate(parts, 1)]
