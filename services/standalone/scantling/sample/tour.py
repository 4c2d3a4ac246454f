"""The tour: push images, wait for their reports, show them."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from scantling.client.errors import ApiError, ServerUnreachable
from scantling.sample.images import sample_images
from scantling.sample.pushing import archive, archived_images, push_archived, push_sample
from scantling.sample.registration import PROJECT, register
from scantling_common.errors import ScantlingError
from scantling_reporter.formats import table
from scantling_reporter.formats.terminal import wants_colour
from scantling_reporter.report import Report

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from scantling.client.api import Api, Json
    from scantling.sample.notifications import Notifications
    from scantling.sample.pushing import Pushed
    from scantling_common.clock import Clock

    Push = Callable[[], Coroutine[Any, Any, Pushed]]

Answer = TypeVar("Answer")

PATIENCE: Final = 60.0
"""Seconds that a start, and each report, may take."""

_LOOK_AGAIN: Final = 0.05
_NOT_YET: Final = frozenset({404, 503})
_NARROWEST: Final = 80


class TourOverdue(ScantlingError):
    """What the tour waits for does not come."""

    code = "sample_overdue"


class Tour:
    """Shows what the product does with images that are pushed."""

    def __init__(
        self,
        api: Api,
        *,
        registry: str,
        secret: str,
        notifications: Notifications,
        clock: Clock,
        image: str = "",
    ) -> None:
        """Bind everything. ``registry`` is ``host:port``; ``image`` an archive to push instead."""
        self._api, self._registry, self._secret = api, registry, secret
        self._notifications, self._clock, self._image = notifications, clock, image

    async def run(self) -> bool:
        """Push, and print each report; tell whether none of the images failed.

        Raises :class:`TourOverdue`, and what registry, archive and API raise.
        """
        registered = await self._register()
        statuses = []
        async for name, push in self._pushes():
            report, line = await self._push(push, name, registered["id"])
            _print(report)
            _say(line)
            statuses.append(report.status)
        return bool(statuses) and "failed" not in statuses

    async def _register(self) -> Json:
        """Make the registry, tell it where to notify, and wait for its first sync."""

        def ask() -> Json:
            return register(self._api, f"http://{self._registry}", self._secret)

        registered = await self._until(ask, lambda _: True, "the API does not answer")
        self._notifications.send_to(registered["webhook"]["url"], self._secret)
        path = f"/registries/{registered['id']}"
        return await self._until(
            lambda: self._api.get(path),
            lambda found: found["first_sync_at"] is not None,
            "the first sync of the sample registry is not done",
        )

    async def _pushes(self) -> AsyncIterator[tuple[str, Push]]:
        """Give what is to be pushed, one after the other: a base before what stands on it."""
        if not self._image:
            for image in await asyncio.to_thread(sample_images):
                yield f"{image.repository}:{image.tag}", partial(push_sample, self._registry, image)
            return
        with archive(self._image) as source:
            for entry in archived_images(source, self._image):
                name = f"{entry.repository}:{entry.tag}"
                yield name, partial(push_archived, self._registry, source, entry)

    async def _push(self, push: Push, name: str, registry: str) -> tuple[Report, str]:
        before = self._clock.now_ms()
        pushed = await push()
        # The clock starts when the registry has answered the push of the manifest.
        began = self._clock.monotonic()
        row = await self._until(
            lambda: self._row(pushed, registry),
            lambda found: bool(found) and found["status"] != "unscanned",
            f"{name} was pushed, and its report did not come",
        )
        took = self._clock.monotonic() - began
        path = f"/images/{pushed.digest}/report"
        query = {"project": PROJECT, "placement": row["placement"]}
        content = await self._until(
            lambda: self._api.text(path, query), bool, f"the report of {name} can't be fetched"
        )
        report = msgspec.json.decode(content, type=Report)
        link = f"{self._api.server}/api/v1{path}?project={PROJECT}&placement={row['placement']}"
        is_new = datetime.fromisoformat(row["analyzed_at"]).timestamp() * 1000 >= before
        when = f"reported {took:.2f} s later" if is_new else "analysed already, before that"
        return report, f"{name}: pushed, and {when}; {link}"

    def _row(self, pushed: Pushed, registry: str) -> Json:
        """Return the placement of what was pushed, empty while there is none."""
        detail = self._api.get(f"/images/{pushed.digest}", {"project": PROJECT})
        rows: list[Json] = detail["placements"]
        wanted = (registry, pushed.repository, pushed.tag)
        return next(
            (row for row in rows if (row["registry"], row["repository"], row["tag"]) == wanted), {}
        )

    async def _until(
        self, ask: Callable[[], Answer], is_enough: Callable[[Answer], bool], else_: str
    ) -> Answer:
        """Ask until the answer is enough. Raises :class:`TourOverdue`.

        Where that is cancelled nobody waits for an answer: the server may be gone, and what listens
        in its place would never give one.
        """
        last = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    answer, last = await asyncio.to_thread(_patient, ask)
                    if answer is not None and is_enough(answer):
                        return answer
                    await self._clock.sleep(_LOOK_AGAIN)
        except asyncio.CancelledError:
            self._api.abandon()
            raise
        except TimeoutError as error:
            self._api.abandon()
            reason = f": {last}" if last else ""
            raise TourOverdue(f"{else_} in {PATIENCE:.0f} s{reason}") from error


def _patient(ask: Callable[[], Answer]) -> tuple[Answer | None, str]:
    """Return an answer, or why there is none yet."""
    try:
        return ask(), ""
    except ServerUnreachable as error:
        return None, str(error)
    except ApiError as error:
        if error.status not in _NOT_YET:
            raise
        return None, str(error)


def _print(report: Report) -> None:
    columns = max(_NARROWEST, shutil.get_terminal_size((120, 40)).columns)
    colour = wants_colour(os.environ, terminal=sys.stdout.isatty())
    sys.stdout.write(f"\n{table.render(report, total=columns, colour=colour)}\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(f"scantling: {text}\n")
    sys.stderr.flush()
