"""What is sensitive in facts: sealed for its place, and told apart without being told."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.fact_seal import FactSeal
from scantling_common.crypto import SealBroken
from scantling_common.key_file import KeyFileUnusable, make_key_file

if TYPE_CHECKING:
    from pathlib import Path

VALUE = b"$6$salt$canary"


def test_what_one_process_seals_another_one_with_the_keys_opens() -> None:
    seal = FactSeal.random()
    sealed = seal.seal(VALUE, "account:root")

    assert FactSeal(seal.keys).open(sealed, "account:root") == VALUE
    assert VALUE not in sealed
    assert seal.seal(VALUE, "account:root") != sealed


def test_a_value_opens_in_its_own_place_and_with_its_own_key_only() -> None:
    seal = FactSeal.random()
    sealed = seal.seal(VALUE, "account:root")

    with pytest.raises(SealBroken):
        seal.open(sealed, "account:daemon")
    with pytest.raises(SealBroken, match="does not have"):
        FactSeal.random().open(sealed, "account:root")


def test_the_same_value_has_the_same_fingerprint_under_one_key_only() -> None:
    one, other = FactSeal.random(), FactSeal.random()

    assert one.fingerprint(VALUE) == FactSeal(one.keys).fingerprint(VALUE)
    assert one.fingerprint(VALUE) != one.fingerprint(VALUE + b"x")
    assert one.fingerprint(VALUE) != other.fingerprint(VALUE)
    assert len(one.fingerprint(VALUE)) == 64


def test_a_key_is_changed_by_a_new_line_on_top(tmp_path: Path) -> None:
    file = tmp_path / "key"
    make_key_file(file)
    old = FactSeal.from_file(file)
    sealed = old.seal(VALUE, "a")

    file.write_bytes(base64.b64encode(bytes(32)) + b"\n" + file.read_bytes())

    new = FactSeal.from_file(file)
    assert new.open(sealed, "a") == VALUE
    with pytest.raises(SealBroken):
        old.open(new.seal(VALUE, "a"), "a")


@pytest.mark.parametrize("keys", [(), (b"short",)])
def test_a_key_that_is_none_is_refused(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(KeyFileUnusable):
        FactSeal(keys)


def test_its_text_shows_no_key() -> None:
    seal = FactSeal((b"a key of 32 bytes for all tests.",))
    assert "32 bytes" not in f"{seal!r}{seal}"
