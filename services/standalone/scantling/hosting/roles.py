"""One service or role of a cluster, as a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling.hosting.adapters import Adapters, make_adapters
from scantling.hosting.host import Host
from scantling.hosting.process import run_process
from scantling.hosting.settings import (
    MIB,
    AdvisoriesRoleSettings,
    AnalyzerSettings,
    ExtractorSettings,
    loaded,
)
from scantling_common.http.app import serve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from scantling.hosting.parts import Part
    from scantling_common.risks import Risk
    from scantling_common.settings import ServiceSettings

    Make = Callable[[Adapters], Awaitable[Part]]


def run_role(role: str, risk: Risk | None = None) -> int:
    """Run a role by the environment's settings until it is asked to stop; return the status.

    Raises :class:`~scantling_common.settings.SettingsInvalid`.
    """
    if role == "sync":
        return _sync()
    if role == "dispatcher":
        return _dispatcher()
    if role == "reporter":
        return _reporter()
    if role == "extractor":
        return _extractor()
    if role == "advisories":
        return _advisories()
    return _analyzer(risk)


def _sync() -> int:
    # A role loads the one service that it is.
    from scantling.hosting.sync import sync_part  # noqa: PLC0415
    from scantling_sync.settings import SyncSettings  # noqa: PLC0415

    settings = loaded(SyncSettings)
    return _run("sync", settings, lambda adapters: sync_part(adapters, settings))


def _dispatcher() -> int:
    from scantling.hosting.dispatcher import dispatcher_part  # noqa: PLC0415
    from scantling_dispatcher.settings import DispatcherSettings  # noqa: PLC0415

    settings = loaded(DispatcherSettings)
    return _run("dispatcher", settings, lambda adapters: dispatcher_part(adapters, settings))


def _reporter() -> int:
    from scantling.hosting.reporter import reporter_part  # noqa: PLC0415
    from scantling_reporter.settings import ReporterSettings  # noqa: PLC0415

    settings = loaded(ReporterSettings)
    return _run("reporter", settings, lambda adapters: reporter_part(adapters, settings))


def _extractor() -> int:
    from scantling.hosting.analysis import extractor_part  # noqa: PLC0415
    from scantling.hosting.keys import fact_seal  # noqa: PLC0415
    from scantling_analyzers.extraction.pool import WorkerPool, catalogue_with  # noqa: PLC0415
    from scantling_analyzers.limits_file import read_limits  # noqa: PLC0415

    settings = loaded(ExtractorSettings)
    limits, rules = read_limits(settings.limits), settings.read_rules()
    pool = WorkerPool(
        settings.worker_count,
        memory=settings.worker_memory_mib * MIB,
        seal=fact_seal(settings.fact_key_file),
        catalogue=catalogue_with(rules),
    )
    # Before anything starts a thread, for a fork is only safe while there is none.
    pool.start()

    async def make(adapters: Adapters) -> Part:
        return extractor_part(adapters, settings, pool, rules, limits)

    return _run("extractor", settings, make)


def _analyzer(risk: Risk | None) -> int:
    from scantling.hosting.analysis import analyzer_part, known_analyzer  # noqa: PLC0415

    known = known_analyzer(risk).risk
    settings = loaded(AnalyzerSettings)
    rules = settings.read_rules()

    async def make(adapters: Adapters) -> Part:
        return analyzer_part(adapters, settings, known, rules, follows=True)

    return _run(f"analyzer-{known}", settings, make)


def _advisories() -> int:
    from scantling.hosting.advisories import advisories_part  # noqa: PLC0415

    settings = loaded(AdvisoriesRoleSettings)

    async def make(adapters: Adapters) -> Part:
        return advisories_part(adapters, settings)

    return _run("advisories", settings, make)


def _run(name: str, settings: ServiceSettings, make: Make) -> int:
    async def listen(app: web.Application) -> None:
        await serve(app, *settings.address)

    async def main() -> None:
        adapters = make_adapters(settings, name)

        async def build() -> list[Part]:
            return [await make(adapters)]

        await Host(adapters, build, listen).run()

    return run_process(name, settings, main)
