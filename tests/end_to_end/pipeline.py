"""Every role of the product in this process, on one store and one bus, each with its own fate.

A role is hosted as its own process would host it: its parts, its adapters, its HTTP port. It can
be killed (no side effect passes from then on) and started again. Faults are injected below the
parts, where :mod:`scantling_common.faults` names them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
from typing import TYPE_CHECKING, Any, Final, Self

from aiohttp import web
from pydantic import SecretStr

from scantling.hosting.adapters import Adapters
from scantling.hosting.advisories import advisories_part
from scantling.hosting.analysis import analyzer_part, extractor_part
from scantling.hosting.dispatcher import dispatcher_part
from scantling.hosting.host import Host
from scantling.hosting.reporter import reporter_part
from scantling.hosting.settings import (
    AdvisoriesRoleSettings,
    AnalyzerSettings,
    ExtractorSettings,
    loaded,
)
from scantling.hosting.sync import sync_part
from scantling_analyzers.extraction.pool import WorkerPool
from scantling_analyzers.risks.catalogue import ANALYZERS
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.crypto import make_key_file
from scantling_common.faults import FaultyBus, FaultyStore, SimulatedCrash
from scantling_common.http.app import serve
from scantling_common.http.auth import Authenticator, new_token
from scantling_common.risks import ALWAYS
from scantling_common.telemetry.prometheus import PrometheusMetrics
from scantling_dispatcher.settings import DispatcherSettings
from scantling_reporter.settings import ReporterSettings
from scantling_sync.settings import SyncSettings
from tests.end_to_end.api import LOOK_AGAIN, Api, until
from tests.end_to_end.faults import DeathPlan, ReleasedBus

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from scantling.hosting.parts import Part
    from scantling_analyzers.extraction.work import Answer, Work
    from scantling_common.bus.port import Bus
    from scantling_common.clock import Clock
    from tests.end_to_end.worlds import World

ROLES: Final = (
    "sync",
    "dispatcher",
    "reporter",
    "extractor",
    "advisories",
    *(f"analyzer-{each.risk}" for each in ANALYZERS),
)
PUSHED: Final = ",".join(ALWAYS)
"""What pushes are looked for unless a test says more: vulnerabilities need advisories, too."""

BACKLOG: Final = 512
_KEY: Final = "credential.key"
_FACT_KEY: Final = "fact.key"


class LentPool(WorkerPool):
    """The workers of this process, lent to a role that may die: they outlive it."""

    def __init__(self, lender: WorkerPool) -> None:
        super().__init__(lender.size, catalogue=lender.catalogue, seal=lender.seal)
        self._lender = lender

    async def perform(self, work: Work, *, seconds: float, alone: bool = False) -> Answer:
        """Do one item."""
        return await self._lender.perform(work, seconds=seconds, alone=alone)

    def close(self) -> None:
        """Give the workers back."""


def write_keys(path: Path, keys: Sequence[bytes]) -> None:
    """Write a key file with these keys."""
    path.touch(mode=0o600)
    path.write_bytes(b"".join(base64.b64encode(key) + b"\n" for key in keys))


@web.middleware
async def mortal(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Break the connection where the process would be dead."""
    try:
        return await handler(request)
    except SimulatedCrash:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)


class Role:
    """One role, as if it were a process."""

    def __init__(self, name: str, pipeline: Pipeline) -> None:
        self.name = name
        # Kept while the role is dead: requests wait, and nobody else gets the port.
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self.plan = DeathPlan()
        self.deaths = 0
        self._pipeline = pipeline
        self._adapters: Adapters | None = None
        self._parts: list[Part] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return where its HTTP part is."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self, point: str = "") -> None:
        """Begin to run, with a fresh plan; with a point to die at its first passing."""
        self.plan = DeathPlan()
        if point:
            self.plan.arm(point)
        self._adapters = self._pipeline.adapters(self.name, self.plan)
        self._task = asyncio.create_task(self._live(self._adapters), name=self.name)

    async def _live(self, adapters: Adapters) -> None:
        async def build() -> list[Part]:
            return [await self._pipeline.part(self.name, adapters)]

        async def listen(app: web.Application) -> None:
            app.middlewares.insert(0, mortal)
            with self._socket.dup() as sock:
                await serve(app, "127.0.0.1", 0, sock=sock, grace=0.1)

        host = Host(adapters, build, listen)
        await host._run(self._parts)

    async def kill(self) -> None:
        """End it as SIGKILL would: nothing that it begins now has an effect."""
        self.plan.die()
        await self._end()

    async def stop(self) -> None:
        """End it in peace."""
        await self._end()
        self._socket.close()

    async def restart(self, point: str = "") -> None:
        """Kill it and start it again."""
        await self.kill()
        self.start(point)

    def check(self) -> None:
        """Raise what ended the role, where it was not its plan."""
        if self._task is not None and self._task.done() and not self.plan.crashed:
            self._task.result()

    async def _end(self) -> None:
        if self._task is None or self._adapters is None:
            return
        self._task.cancel()
        await asyncio.wait({self._task})
        with contextlib.suppress(BaseException):  # a death of its own is no failure of the test
            self._task.result()
        self._task = None
        while self._parts:
            await self._parts.pop().close()
        await self._adapters.close()


class Pipeline:
    """All roles over a world.

    ``disturb`` wraps the bus that each is given; ``fatal`` has the point at which a role dies the
    first time that it runs; ``settings`` are those of a role that differ from the defaults.
    """

    def __init__(
        self,
        world: World,
        folder: Path,
        pool: WorkerPool,
        *,
        clock: Clock | None = None,
        disturb: Callable[[Bus, str], Bus] | None = None,
        fatal: Mapping[str, str] | None = None,
        settings: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        self.world, self.clock = world, clock or SystemClock()
        self._folder, self._pool, self._disturb = folder, pool, disturb
        self._fatal, self._settings = fatal or {}, settings or {}
        self._token = new_token()
        self.advisories = folder / "advisories.db"
        folder.mkdir(parents=True, exist_ok=True)
        make_key_file(folder / _KEY)
        write_keys(folder / _FACT_KEY, pool.seal.keys)
        self.roles = {name: Role(name, self) for name in ROLES}
        self.api = Api(self._base, self._token)

    async def __aenter__(self) -> Self:
        """Start every role and wait until the API answers."""
        for role in self.roles.values():
            role.start(self._fatal.get(role.name, ""))
        self._supervisor = asyncio.create_task(self._supervise())
        asyncio.get_running_loop().set_exception_handler(self._heard)
        try:
            await until(lambda: self.api.get("projects"), "the API of sync")
            await until(lambda: self.api.get("images"), "the API of the reporter")
            await until(lambda: self.api.get("tasks"), "the API of the dispatcher")
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End every role; raise where one ended by itself."""
        await self._stop()
        if kind is None:
            self.check()

    async def _stop(self) -> None:
        self._supervisor.cancel()
        await asyncio.wait({self._supervisor})
        await self.api.session.close()
        for role in self.roles.values():
            await role.stop()

    def check(self) -> None:
        """Raise where a role ended by itself."""
        if self._supervisor.done() and not self._supervisor.cancelled():
            self._supervisor.result()

    def _heard(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep silent about what dead roles leave behind.

        It is found when it is collected, at any time; and to log a traceback takes the parser
        of Python, which may just be at work: CPython 3.11 does not bear that (``SystemError: AST
        constructor recursion depth mismatch``).
        """
        is_death = isinstance(context.get("exception"), SimulatedCrash)
        if not is_death and not self._supervisor.done():
            loop.default_exception_handler(context)

    async def _supervise(self) -> None:
        """Start every role again that has died of its plan."""
        while True:
            for role in self.roles.values():
                if role.plan.died.is_set():
                    role.deaths += 1
                    await role.restart()
                role.check()
            await asyncio.sleep(LOOK_AGAIN)

    def adapters(self, role: str, plan: DeathPlan) -> Adapters:
        """Return what a role is built from."""
        store = FaultyStore(self.world.store(), plan)
        bus: Bus = ReleasedBus(self.world.bus(role, self.clock))
        if self._disturb is not None:
            bus = self._disturb(bus, role)
        return Adapters(
            store=store,
            bus=FaultyBus(bus, plan),
            clock=self.clock,
            randomness=SystemRandomness(),
            metrics=PrometheusMetrics(),
            authenticator=Authenticator(store, self.clock),
        )

    async def part(self, role: str, adapters: Adapters) -> Part:
        """Return the part of a role."""
        data = self._folder / role
        own = self._settings.get(role, {})
        given = {"data": data, "instance": role, "kafka": None, "mongodb": None, **own}
        key = self._folder / _KEY
        if role == "sync":
            return await sync_part(adapters, loaded(SyncSettings, credential_key_file=key, **given))
        if role == "dispatcher":
            return await dispatcher_part(
                adapters, loaded(DispatcherSettings, **{"push_risks": PUSHED, **given})
            )
        if role == "reporter":
            token = SecretStr(self._token)
            return await reporter_part(
                adapters, loaded(ReporterSettings, admin_token=token, **given)
            )
        if role == "extractor":
            settings = loaded(ExtractorSettings, credential_key_file=key, **given)
            return extractor_part(adapters, settings, LentPool(self._pool), settings.read_rules())
        # Pools are lent: what they seal with is theirs.
        fact_key = self._folder / _FACT_KEY
        given = {"advisories": self.advisories, "fact_key_file": fact_key, **given}
        if role == "advisories":
            return advisories_part(adapters, loaded(AdvisoriesRoleSettings, **given))
        analyzer = next(each for each in ANALYZERS if role == f"analyzer-{each.risk}")
        analyzing = loaded(AnalyzerSettings, **given)
        return analyzer_part(adapters, analyzing, analyzer.risk, analyzing.read_rules())

    def _base(self, service: str) -> str:
        return self.roles[service].url
