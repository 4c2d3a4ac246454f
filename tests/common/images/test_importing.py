"""Scanning an archive starts fast: it loads nothing that only services need."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
import scantling_common.images.sources.local
import scantling_common.layers.statistics
import scantling_common.layers.verify
print(*sorted(name for name in sys.modules if "." not in name))
"""


def test_reading_an_archive_loads_no_network_client() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True, timeout=60
    ).stdout.split()

    assert "scantling_common" in loaded
    assert not {"aiohttp", "yarl", "asyncio", "pydantic", "motor", "opentelemetry"} & set(loaded)
