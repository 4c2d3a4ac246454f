"""The one place where adapters are made: which store and which bus, by the settings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from scantling_common.clock import Clock, Randomness, SystemClock, SystemRandomness
from scantling_common.faults import FaultPlan, FaultyBus, FaultyStore
from scantling_common.http.auth import Authenticator
from scantling_common.settings import SettingsInvalid
from scantling_common.store.measured import MeasuredStore
from scantling_common.telemetry.prometheus import PrometheusMetrics

if TYPE_CHECKING:
    from scantling_common.bus.port import Bus
    from scantling_common.settings import ServiceSettings
    from scantling_common.store.port import Store
    from scantling_common.telemetry.metrics import Metrics

DATABASE: Final = "scantling"
"""The database where the MongoDB URL names none."""

STORE_FILE: Final = "store.db"
BUS_FOLDER: Final = "bus"


@dataclass(frozen=True, kw_only=True)
class Adapters:
    """What parts are built from."""

    store: Store
    bus: Bus
    clock: Clock
    randomness: Randomness
    metrics: PrometheusMetrics
    authenticator: Authenticator

    async def close(self) -> None:
        """Release all connections."""
        await self.bus.close()
        await self.store.close()


def make_adapters(settings: ServiceSettings, service: str) -> Adapters:
    """Return the adapters that the settings ask for; nothing is contacted yet.

    With ``SCANTLING_FAULT`` in the environment the process ends at that side effect: see
    :mod:`scantling_common.faults`. Raises :class:`SettingsInvalid`.
    """
    metrics = PrometheusMetrics()
    clock, randomness = SystemClock(), SystemRandomness()
    source = f"/scantling/{service}/{settings.instance}"
    store = MeasuredStore(_store(settings), metrics)
    bus = _bus(settings, source, clock, randomness, metrics)
    plan = FaultPlan.from_environment(os.environ)
    faulty_store: Store = store if plan is None else FaultyStore(store, plan)
    return Adapters(
        store=faulty_store,
        bus=bus if plan is None else FaultyBus(bus, plan),
        clock=clock,
        randomness=randomness,
        metrics=metrics,
        authenticator=Authenticator(faulty_store, clock),
    )


def _store(settings: ServiceSettings) -> Store:
    # A process loads only the drivers that it uses.
    if settings.mongodb is not None:
        from scantling_common.store.mongodb import MongoStore  # noqa: PLC0415

        url = settings.mongodb.get_secret_value()
        return MongoStore(url, _database(url))
    from scantling_common.store.sqlite import SqliteStore  # noqa: PLC0415

    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return SqliteStore(settings.data / STORE_FILE)


def _bus(
    settings: ServiceSettings,
    source: str,
    clock: Clock,
    randomness: Randomness,
    metrics: Metrics,
) -> Bus:
    if settings.kafka:
        from scantling_common.bus.kafka import KafkaBus  # noqa: PLC0415

        return KafkaBus(
            settings.kafka,
            source=source,
            clock=clock,
            metrics=metrics,
            replication=settings.kafka_replication,
        )
    from scantling_common.bus.local import LocalBus  # noqa: PLC0415

    return LocalBus(
        settings.data / BUS_FOLDER,
        clock=clock,
        randomness=randomness,
        source=source,
        metrics=metrics,
    )


def _database(url: str) -> str:
    """Return the database that a MongoDB URL names."""
    try:
        name = urlsplit(url).path.strip("/")
    except ValueError as error:
        raise SettingsInvalid("SCANTLING_MONGODB is not a URL") from error
    return name or DATABASE
