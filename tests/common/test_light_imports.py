"""What the scan path imports of the store and telemetry must be quick to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "aiohttp",
    "aiokafka",
    "cryptography",
    "motor",
    "opentelemetry",
    "prometheus_client",
    "pydantic",
    "pymongo",
)


@pytest.mark.parametrize(
    "module",
    [
        "scantling_common.leases",
        "scantling_common.records.record",
        "scantling_common.store.guard",
        "scantling_common.store.measured",
        "scantling_common.store.repository",
        "scantling_common.store.sqlite",
        "scantling_common.supervision",
        "scantling_common.telemetry.logs",
        "scantling_common.telemetry.metrics",
        "scantling_common.telemetry.redaction",
    ],
)
def test_nothing_heavy_is_imported(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"

    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )

    assert done.stdout.strip() == "[]"
