"""Schemes of hashes: what each looks like, and what is refused for its price before it is tried."""

from __future__ import annotations

import time

import pytest

from scantling_analyzers.passwords.encoding import fixed, fixed_text, variable
from scantling_analyzers.passwords.schemes import looks_like_hash, recognise
from tests.builders.accounts import hashed, setting, with_setting

OF_LIBRARY = [
    (b"$y$", "yescrypt"),
    (b"$gy$", "gost-yescrypt"),
    (b"$sm3y$", "sm3-yescrypt"),
    (b"$sm3$", "sm3"),
    (b"$7$", "scrypt"),
    (b"$2b$", "bcrypt"),
    (b"$2a$", "bcrypt"),
    (b"$2y$", "bcrypt"),
    (b"$6$", "sha512"),
    (b"$5$", "sha256"),
    (b"$sha1", "sha1"),
    (b"$md5", "sunmd5"),
    (b"$1$", "md5"),
    (b"$3$", "nt"),
    (b"_", "bsdi"),
    (b"", "des"),
]


def tail(characters: int) -> bytes:
    return b"a" * characters


@pytest.mark.parametrize(("prefix", "name"), OF_LIBRARY)
def test_a_hash_of_the_library_is_recognised_with_its_price(prefix: bytes, name: str) -> None:
    known = recognise(hashed(b"password", prefix))

    assert known is not None
    assert (known.scheme.name, known.refusal) == (name, "")
    assert known.scheme.of_library
    assert known.cost.microseconds > 0


@pytest.mark.parametrize("prefix", [b"$y$", b"$gy$", b"$sm3y$", b"$7$"])
def test_what_takes_memory_says_how_much(prefix: bytes) -> None:
    known = recognise(hashed(b"password", prefix))

    assert known is not None
    assert 1024**2 <= known.cost.bytes <= 128 * 1024**2


@pytest.mark.parametrize(
    ("hash_", "reason"),
    [
        (b"$6$rounds=999999999$salt$" + tail(86), "999,999,999 rounds"),
        (b"$5$rounds=999999999$salt$" + tail(43), "999,999,999 rounds"),
        (b"$sm3$rounds=999999999$salt$" + tail(43), "999,999,999 rounds"),
        (b"$2b$31$" + tail(53), "bcrypt cost 31"),
        (b"$2b$99$" + tail(53), "bcrypt cost 99"),
        (b"$sha1$4294967295$salt$" + tail(28), "4,294,967,295 rounds"),
        (b"$md5,rounds=4294967295$salt$$" + tail(22), "4,294,971,391 rounds"),
        (b"_zzzz" + tail(15), "16,777,215 rounds"),
        (b"$7$zzzzzzzzzzz" + tail(10) + b"$" + tail(43), "N=2^63"),
        (b"$7$C/....zzzzz" + tail(10) + b"$" + tail(43), "p=1,073,741,823"),
        (b"$7$EU..../...." + tail(10) + b"$" + tail(43), "256 MiB of memory"),
        (b"$y$jDT$salt$" + tail(43), "256 MiB of memory"),
        (b"$y$jTT$salt$" + tail(43), "N=2^32, r=32"),
        (b"$y$j9zzzzzz$salt$" + tail(43), ""),
        (b"$gy$jzzzzz$salt$" + tail(43), ""),
        (b"$sm3y$jTT$salt$" + tail(43), "N=2^32"),
        # Little time, but tables for each of 17,000 lanes.
        (b"$y$j...w...$salt$" + tail(43), "MiB of memory"),
        (b"abcd$999999999$" + tail(40), "999,999,999 rounds"),
    ],
)
def test_a_hash_that_asks_for_too_much_is_refused_by_name(hash_: bytes, reason: str) -> None:
    begun = time.process_time()
    known = recognise(hash_)

    assert time.process_time() - begun < 1
    assert known is not None
    assert known.refusal
    assert reason in known.refusal


@pytest.mark.parametrize("more", [b"/", b"0", b"1", b"2", b"5"])
def test_further_parameters_of_yescrypt_are_counted(more: bytes) -> None:
    known = recognise(b"$y$j9T" + more + b"DDD$salt$" + tail(43))
    plain = recognise(b"$y$j9T$salt$" + tail(43))

    assert known is not None
    assert plain is not None
    assert known.refusal or known.cost.microseconds > plain.cost.microseconds


@pytest.mark.parametrize("parameters", [b"j9T5", b"zzz", b"j9", b"j9T6", b"j9TD/"])
def test_parameters_of_yescrypt_that_say_nothing_are_refused_or_cheap(parameters: bytes) -> None:
    known = recognise(b"$y$" + parameters + b"$salt$" + tail(43))

    assert known is None or known.refusal or known.cost.microseconds < 1_000_000


def test_few_rounds_cost_what_the_library_does_all_the_same() -> None:
    few = recognise(b"$6$rounds=1$salt$" + tail(86))
    least = recognise(b"$6$rounds=1000$salt$" + tail(86))

    assert few is not None
    assert least is not None
    assert few.cost == least.cost


def test_tomcat_s_rounds_are_counted_for_all_that_may_have_made_the_digest() -> None:
    def refusal(rounds: int, digits: int) -> str:
        known = recognise(b"abcd$%d$" % rounds + tail(digits))
        assert known is not None
        assert known.scheme.name == "tomcat"
        return known.refusal

    # What Tomcat's manual asks for is tried, and what takes seconds is not.
    assert refusal(100_000, 40) == refusal(100_000, 128) == refusal(20_000, 256) == ""
    assert refusal(900_000, 32)
    assert refusal(300_000, 128)
    assert refusal(200_000, 256)


def test_costs_that_people_choose_are_tried() -> None:
    for cost in (4, 10, 12, 13):
        known = recognise(b"$2b$%02d$" % cost + tail(53))
        assert known is not None
        assert known.refusal == ""
    for cost in range(1, 8):
        yescrypt = recognise(with_setting(b"x", setting(b"$y$", cost)))
        assert yescrypt is not None
        assert yescrypt.refusal == ""


@pytest.mark.parametrize(
    "text",
    [b"", b"password", b"$6$salt$short", b"$y$", b"a" * 14, b"$1$" + b"s" * 500 + b"$" + tail(22)],
)
def test_what_is_no_hash_is_none(text: bytes) -> None:
    assert recognise(text) is None


def test_a_hash_of_an_unknown_scheme_looks_like_one() -> None:
    assert looks_like_hash(b"$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA")
    assert looks_like_hash(hashed(b"x", b"$1$"))
    assert not looks_like_hash(b"$ecret")
    assert not looks_like_hash(b"hunter2")


@pytest.mark.parametrize("piece", [b"$", b"a", b"$6$", b"/", b"*", b"0", b"{SHA}", b"$y$"])
def test_long_texts_take_no_time(piece: bytes) -> None:
    begun = time.process_time()

    for length in (511, 512, 1_000_000):
        looks_like_hash((piece * length)[:length])

    assert time.process_time() - begun < 1


def test_numbers_are_read_as_they_are_written() -> None:
    assert [fixed(fixed_text(number, 4)) for number in (0, 1, 63, 64, 725, 2**24 - 1)] == [
        *(0, 1, 63, 64, 725),
        2**24 - 1,
    ]
    # The last number of one character, the first and last of two, the first of three.
    assert list(variable(b"jk.rzs..")) == [47, 48, 559, 560]
    with pytest.raises(ValueError, match="cut off"):
        list(variable(b"k"))
