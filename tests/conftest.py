"""Fixtures of every test: the servers that tests/services starts."""

from __future__ import annotations

pytest_plugins = [
    "tests.services.kafka",
    "tests.services.mongodb",
    "tests.services.registry",
]
