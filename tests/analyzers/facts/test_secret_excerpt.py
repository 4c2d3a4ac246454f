"""Excerpts: the secret is masked in them, and whatever else may be one."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_analyzers.facts.secret_excerpt import AROUND, MASK, excerpt_of


def around(text: bytes, *values: bytes) -> str:
    """Return the excerpt of the first value; all are known."""
    spans = [(at, at + len(value)) for value in values if (at := text.index(value)) >= 0]
    return excerpt_of(text, spans[0], sorted(spans))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"A=1\nDB_PASSWORD=value # ours\nB=2", "DB_PASSWORD=******** # ours"),
        (b"value", "********"),
        (b"  name: value  \n", "name: ********"),
        (b"name: 'value'", "name: '********'"),
        (b"\x1b[31mvalue\xff", "\\x1b[31m********\\xff"),
    ],
)
def test_the_line_is_shown_without_the_value(text: bytes, shown: str) -> None:
    assert around(text, b"value") == shown


def test_other_values_of_the_line_are_masked_as_well() -> None:
    text = b"a=one b=two c=three"
    assert around(text, b"two", b"one", b"three") == "a=******** b=******** c=********"


def test_copies_of_the_value_are_masked_as_well() -> None:
    assert around(b"password=value xvalue", b"value") == "password=******** x********"
    long = bytes(ord("a") + n * 7 % 26 for n in range(300))
    shown = around(b"x" + long + b" key=" + long + b" y" + long, long)
    assert long[:9].decode() not in shown
    assert long[-9:].decode() not in shown


def test_what_only_sounds_like_a_secret_is_masked_as_well() -> None:
    shown = around(b"curl -u me:other -H 'Authorization: Bearer more' x=value token=y", b"value")
    assert "x=********" in shown
    assert not any(word in shown for word in ("other", "more", "token=y"))


def test_a_quote_before_the_value_is_not_taken_for_one() -> None:
    assert around(b'"password": "value"', b"value") == '"password": "********"'


def test_a_value_that_is_a_part_of_another_is_masked_with_all_of_it() -> None:
    text = b"CREDENTIALS=one:two # of three"
    assert excerpt_of(text, (12, 15), [(12, 19)]) == "CREDENTIALS=******** # of three"
    assert excerpt_of(text, (16, 19), [(12, 19)]) == "CREDENTIALS=******** # of three"


def test_copies_of_a_part_and_of_the_whole_are_masked() -> None:
    assert excerpt_of(b"x=four:two four four:two", (2, 6), [(2, 10)]) == f"x={MASK} {MASK} {MASK}"


def test_nothing_is_shown_behind_a_part_of_a_value_of_several_lines() -> None:
    assert excerpt_of(b"x=one\ntwo three", (2, 5), [(2, 9)]) == "x=********"


def test_words_that_may_be_values_are_masked_on_both_sides() -> None:
    word = b"Zk4vQ9" + b"tXw2LmR8sPb7"
    shown = around(word + b",value," + word + b" rest", b"value")
    assert shown == "********,********,******** rest"


def test_a_value_of_several_lines_shows_nothing_behind_it() -> None:
    assert around(b"key: BEGIN\nvalue\nEND rest", b"BEGIN\nvalue\nEND") == "key: ********"


def test_a_long_line_is_cut_and_a_word_that_was_cut_is_not_shown() -> None:
    token = b"t" * 500
    assert around(token + b" name=value", b"value") == "name=********"
    assert around(token + b"value", b"value") == MASK
    assert around(b"value=" + token, b"value") == MASK
    assert around(b"value name=" + token, b"value") == MASK
    assert len(around(b"a " * 500 + b"value" + b" b" * 500, b"value")) <= 2 * AROUND + len(MASK)


def test_a_value_that_reaches_into_what_is_shown_is_masked() -> None:
    text = b"x=" + b"o " * 200 + b" value"
    assert excerpt_of(text, (403, 408), [(2, 402), (403, 408)]) == f"{MASK} {MASK}"


@given(st.lists(st.binary(min_size=1, max_size=8), min_size=3, max_size=9), st.data())
def test_no_value_that_is_known_is_ever_shown(parts: list[bytes], data: st.DataObject) -> None:
    secrets = [b"S%03dQZ" % n for n in range(len(parts))]
    text, spans = b"", []
    for part, secret in zip(parts, secrets, strict=True):
        text += part
        spans.append((len(text), len(text) + len(secret)))
        text += secret
    shown = excerpt_of(text, data.draw(st.sampled_from(spans)), spans)
    assert not any(secret.decode() in shown for secret in secrets)


def test_a_thousand_values_on_one_line_take_no_long_time() -> None:
    text = b"k=value1 " * 1000
    spans = [(9 * n + 2, 9 * n + 8) for n in range(1000)]
    begun = time.process_time()
    for span in spans[::10]:
        excerpt_of(text, span, spans)
    assert time.process_time() - begun < 2


def test_a_thousand_values_in_a_large_one_take_no_long_time() -> None:
    text = b"k=" + b"value1" * 1_000_000
    begun = time.process_time()
    for n in range(1000):
        assert excerpt_of(text, (2 + 6 * n, 8 + 6 * n), [(2, len(text))]) == f"k={MASK}"
    assert time.process_time() - begun < 2
