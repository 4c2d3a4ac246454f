"""Thousands of pairs that the ecosystems' tools have ordered, and what every order must be.

The pairs are written by ``python -m tests.oracles --write``, which needs the tools.
"""

from __future__ import annotations

import hashlib
import json
from functools import cmp_to_key, partial
from itertools import pairwise
from pathlib import Path

import pytest

from scantling_common.versions.keys import KEYS, compare, find
from scantling_common.versions.schemes import Scheme
from tests.builders.versions import pairs
from tests.oracles.agreement import ordered

PAIRS = Path(__file__).parent / "pairs"
WITH_ORACLE = sorted(path.stem for path in PAIRS.glob("*.json"))
WITHOUT_ORACLE = {"generic", "hackage", "pub"}
"""Their tools can't be had here: their rules are tested case by case."""
MADE = 3_000
WRITTEN = {1: "662ab9746f70a8b33f357402f5bc484462e4fffa19123ca2b96cb822f929bf6e"}
"""A digest of the keys of all pairs, under the number that stored keys belong to."""


@pytest.mark.parametrize("name", WITH_ORACLE)
def test_pairs_are_ordered_as_the_tool_did(name: str) -> None:
    written = json.loads((PAIRS / f"{name}.json").read_text(encoding="utf-8"))
    scheme = Scheme(name)

    assert written["tool"]
    assert len(written["pairs"]) == 2_000
    assert [
        (left, sign, right)
        for left, sign, right in written["pairs"]
        if ordered(scheme, (left, right)) != "<=>".index(sign) - 1
    ] == []


def test_every_scheme_has_its_pairs_or_is_known_to_have_none() -> None:
    assert {*WITH_ORACLE, *WITHOUT_ORACLE} == set(Scheme)
    assert not WITHOUT_ORACLE.intersection(WITH_ORACLE)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_keys_do_not_depend_on_what_was_asked_before(scheme: Scheme) -> None:
    texts = [text for pair in pairs(scheme, 200, 7) for text in pair]

    first = [find(scheme, text) for text in texts]

    assert [find(scheme, text) for text in reversed(texts)] == first[::-1]


def test_another_key_needs_another_number() -> None:
    digest = hashlib.sha256()
    for name in WITH_ORACLE:
        written = json.loads((PAIRS / f"{name}.json").read_text(encoding="utf-8"))
        for left, _, right in written["pairs"]:
            digest.update(f"{find(Scheme(name), left)}\n{find(Scheme(name), right)}\n".encode())

    assert {KEYS: digest.hexdigest()} == WRITTEN, "keys changed: raise KEYS, then write this anew"


@pytest.mark.parametrize("scheme", list(Scheme))
def test_keys_sort_the_same_as_text_and_as_bytes(scheme: Scheme) -> None:
    made = pairs(scheme, MADE, 11)
    keys = sorted({key for pair in made for text in pair if (key := find(scheme, text))})

    assert len(keys) > MADE / 5
    assert all(left.encode() < right.encode() for left, right in pairwise(keys))


@pytest.mark.parametrize("scheme", list(Scheme))
def test_an_order_is_total(scheme: Scheme) -> None:
    made = [text for pair in pairs(scheme, 200, 17) for text in pair if find(scheme, text)]
    ascending = sorted(made, key=cmp_to_key(partial(compare, scheme)))

    assert len(ascending) > 50
    for place, low in enumerate(ascending):
        signs = [compare(scheme, low, high) for high in ascending[place:]]
        assert signs == sorted(signs, reverse=True), "what is newer is newer than all before it"
        assert set(signs) <= {0, -1}
        assert [-sign for sign in signs] == [
            compare(scheme, high, low) for high in ascending[place:]
        ]


@pytest.mark.parametrize("scheme", list(Scheme))
def test_no_key_is_the_beginning_of_another(scheme: Scheme) -> None:
    made = pairs(scheme, MADE, 13)
    keys = sorted({key for pair in made for text in pair if (key := find(scheme, text))})

    assert [pair for pair in pairwise(keys) if pair[1].startswith(pair[0])] == []
