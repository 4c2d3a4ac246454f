"""Times of feeds come in one form."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.times import instant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"),
        ("2024-05-06T07:08:09.123456789Z", "2024-05-06T07:08:09Z"),
        ("2024-05-06T07:08:09+02:00", "2024-05-06T05:08:09Z"),
        ("2024-05-06T07:08:09.123", "2024-05-06T07:08:09Z"),
        ("2024-05-06 07:08:09", "2024-05-06T07:08:09Z"),
        ("2024-05-06", "2024-05-06"),
        (" 2024-05-06 ", "2024-05-06"),
        ("0001-01-01T00:00:00Z", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        ("9999-12-31T23:59:59-14:00", ""),
        ("2024-13-01", ""),
        ("2024-05-06T25:00:00Z", ""),
        ("yesterday", ""),
        ("", ""),
        ("2024-05-06T07:08:09Z" * 1_000, ""),
        ("2024-02-31", ""),
        ("2024-02-31T00:00:00Z", ""),
        ("\u0662\u0660\u0662\u0664-05-06", ""),
    ],
)
def test_a_time_is_in_utc_to_the_second_or_a_date(text: str, expected: str) -> None:
    assert instant(text) == expected
