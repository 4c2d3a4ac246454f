"""Page tokens."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.store.tokens import (
    MAX_TOKEN,
    PageTokenInvalid,
    decode_token,
    encode_token,
)

if TYPE_CHECKING:
    from scantling_common.store.port import Key

VALUES = st.one_of(
    st.text(max_size=50),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.floats(allow_nan=False),
)


@given(st.lists(VALUES, min_size=1, max_size=4).map(tuple), st.text(max_size=20))
def test_a_key_comes_back_as_it_went_in(key: Key, scope: str) -> None:
    token = encode_token(key, scope)

    assert decode_token(token, scope, parts=len(key)) == key
    assert token.isascii()
    assert not set(token) & set("+/=&?# ")


@pytest.mark.parametrize(
    "token",
    ["", "A", "!!!!", "ä", "A" * (MAX_TOKEN + 1), base64.b64encode(b"abcd\xc1").decode(), "\ud800"],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(PageTokenInvalid):
        decode_token(token)


@given(st.text(max_size=60))
def test_noise_is_refused(text: str) -> None:
    with pytest.raises(PageTokenInvalid):
        decode_token(text, "scope")


def test_a_token_is_good_for_its_listing_only() -> None:
    token = encode_token(("a", 1), "images by name")

    with pytest.raises(PageTokenInvalid):
        decode_token(token, "images by date")
    with pytest.raises(PageTokenInvalid):
        decode_token(token, "images by name", parts=3)
