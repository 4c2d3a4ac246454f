"""What happens where a server can't be had: a skip with the reason, or a failure."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def absent(server: str, reason: str) -> NoReturn:
    """Skip the test for want of ``server`` (for example ``kafka``).

    Where ``SCANTLING_REQUIRE_<SERVER>`` is set, as in CI, the test fails instead, so that a
    broken set-up never looks like a pass.
    """
    if os.environ.get(f"SCANTLING_REQUIRE_{server.upper()}"):
        pytest.fail(f"{server} is required here but {reason}", pytrace=False)
    pytest.skip(f"no {server}: {reason}")
