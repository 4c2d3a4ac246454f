"""Fixtures of every test: the servers that tests/services starts."""

from __future__ import annotations

import gc

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.services.kafka",
    "tests.services.mongodb",
    "tests.services.registry",
]


def pytest_configure() -> None:
    """Let examples take what a busy machine takes: what bounds time counts that of the process."""
    settings.register_profile("house", deadline=None, suppress_health_check=(HealthCheck.too_slow,))
    settings.load_profile("house")


def pytest_collection_finish() -> None:
    """Spare the garbage collector all that was collected, which lives until the end."""
    gc.collect()
    gc.freeze()
