"""Our order of versions is that of the ecosystem's own tool, asked for thousands of pairs.

Tools that are not here are skipped; what they once said is checked by ``test_pairs.py``.
"""

from __future__ import annotations

import pytest

from scantling_common.versions.schemes import Scheme
from tests.builders.versions import pairs
from tests.oracles.agreement import agreement
from tests.oracles.oracle import ORACLES, Oracle
from tests.services.absence import absent
from tests.services.programs import Missing

SEED = 20260131
MOST_CONTRADICTED = 0.01
"""Of a scheme's pairs: those that the tool orders in a circle."""
AT_LEAST_AGREED = 0.3
"""Of a scheme's pairs: the others are mostly no versions at all."""


@pytest.mark.parametrize("oracle", ORACLES, ids=lambda oracle: str(oracle.scheme))
@pytest.mark.timeout(300)
def test_ours_is_the_order_of_the_tool(oracle: Oracle) -> None:
    asked = pairs(oracle.scheme, oracle.count, SEED)
    try:
        found = agreement(oracle, asked)
    except Missing as reason:
        absent(str(oracle.scheme), str(reason))

    assert found.differing == []
    assert len(found.agreed) > oracle.count * AT_LEAST_AGREED
    if oracle.scheme is not Scheme.CONAN:  # its items of digits and letters are the most common
        assert len(found.contradicted) < oracle.count * MOST_CONTRADICTED
