"""Bodies are packed and unpacked alike, whoever does it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from scantling_common.bodies import BodyUnreadable, pack, unpack

SMALL, LARGE = {"a": 1}, ["text" * 1000] * 500


def test_several_threads_pack_and_unpack_at_once() -> None:
    bodies = pack(SMALL), pack(LARGE)

    def both(_: int) -> bool:
        packed = pack(SMALL), pack(LARGE)
        return packed == bodies and unpack(packed[0], dict) == SMALL

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(both, range(40)))


def test_a_damaged_body_spoils_no_later_one() -> None:
    body = pack(LARGE)
    with pytest.raises(BodyUnreadable):
        unpack(body[:-20], list)
    with pytest.raises(BodyUnreadable):
        unpack(body, list, limit=10)

    assert unpack(body, list) == LARGE
