"""Whatever bytes a file holds, a reader ends, and says what it left out as located errors."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scantling_analyzers.contract import kind_of
from scantling_analyzers.facts.catalogue import READERS
from scantling_analyzers.facts.models import Package, Tally
from scantling_common.layers.escape import escape, unescape
from tests.analyzers.facts.damage import CHANGED_CUT_OR_MOVED, Damage
from tests.analyzers.facts.files import Found
from tests.analyzers.facts.seeds import HEADERS, READER_OF, SEEDS
from tests.builders import rpmdb

_BY_NAME = {kind_of(reader.name): reader for reader in READERS}
_PATHS = sorted(READER_OF)


def _check(path: str, layer: dict[str, bytes]) -> Found:
    found = Found(_BY_NAME[READER_OF[path]], layer, path)
    texts = [error.path + error.message for error in found.errors]
    for fact in found.facts:
        # What was done with all files of a layer is told of the layer.
        assert fact.path.split("!/")[0] == ("" if isinstance(fact, Tally) else path)
        if isinstance(fact, Package):
            texts += [fact.name, fact.version, fact.arch, fact.maintainer, *fact.licenses]
            texts += [fact.source_name, fact.source_version, fact.module]
            assert fact.name
    for text in texts:
        assert escape(unescape(text)) == text
    return found


@pytest.mark.parametrize("path", _PATHS)
@settings(deadline=None, max_examples=60, database=None)
@given(content=st.binary(max_size=2000))
def test_arbitrary_bytes(path: str, content: bytes) -> None:
    _check(path, {path: content})


@pytest.mark.parametrize("path", _PATHS)
@settings(
    deadline=None,
    max_examples=150,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(damage=CHANGED_CUT_OR_MOVED)
def test_a_valid_file_with_bytes_changed_moved_or_cut(path: str, damage: Damage) -> None:
    _check(path, {path: damage.done_to(SEEDS[path])})


@settings(deadline=None, max_examples=100, database=None)
@given(changes=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=8))
def test_a_write_ahead_log_with_bytes_changed(changes: list[tuple[int, int]]) -> None:
    main, log = _logged()
    changed = bytearray(log)
    for at, byte in changes:
        changed[at % len(changed)] = byte
    found = _check(rpmdb.SQLITE, {rpmdb.SQLITE: main, f"{rpmdb.SQLITE}-wal": bytes(changed)})
    assert {"p0", "p1"} <= {fact.name for fact in found.facts if isinstance(fact, Package)}


@lru_cache
def _logged() -> tuple[bytes, bytes]:
    return rpmdb.sqlite_with_log(HEADERS[:2], HEADERS[2:], page_size=512)
