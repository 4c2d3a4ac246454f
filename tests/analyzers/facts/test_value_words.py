"""Words beside a secret: those that may be values are masked, those of people are shown."""

from __future__ import annotations

import random
import string
import time

import pytest

from scantling_analyzers.facts.value_words import masked_words

MASK = b"********"


def masked(text: str) -> str:
    return masked_words(text.encode(), MASK).decode()


@pytest.mark.parametrize(
    "text",
    [
        "curl https://gitlab.example.com/api/v4/projects/1234/repository/files",
        "registry.internal.example.com:5000/team/application",
        "com.example.application.DataSourceConfiguration",
        "--authentication-provider=application_default_login",
        "/usr/local/share/app/config.json",
        "administrator@mail.example.com",
        "x86_64 utf-8 v1.2.3-rc1 2024-01-31",
        "",
    ],
)
def test_words_names_and_paths_are_shown(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "alphabet",
    [
        string.ascii_letters + string.digits + "+/",
        string.ascii_letters + string.digits + "-_",
        string.ascii_letters + string.digits + "!#$%^*+",
        string.ascii_lowercase,
        string.ascii_uppercase + "234567",
        string.digits,
        "0123456789abcdef",
    ],
)
@pytest.mark.parametrize("size", [16, 20, 40, 64])
def test_random_words_are_masked(alphabet: str, size: int) -> None:
    chance = random.Random(size)  # noqa: S311  # test data
    for _ in range(200):
        word = "".join(chance.choices(alphabet, k=size))
        shown = masked(f"key {word}==, rest")
        assert shown == f"key {MASK.decode()}, rest"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("admin:tiger next", "admin:******** next"),
        ('user "bob:sunshine"', 'user "bob:********"'),
        ("sys/tiger@db", "sys/********@db"),
        ("bob.ash:tiger,x", "bob.ash:********,x"),
    ],
)
def test_a_short_password_behind_a_user_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "db:5432",
        "https://db.example/x",
        "name: value",
        "a/b/c@2",
        "10:30:59",
        "key: db:5432 x",
        "a::b",
    ],
)
def test_ports_times_and_paths_are_shown(text: str) -> None:
    assert masked(text) == text


def test_a_random_part_of_an_address_masks_it() -> None:
    part = "Zk4vQ9" + "tXw2Lm"
    assert masked(f"https://hooks.example.com/services/{part}") == "https:********"


def test_a_short_word_of_many_kinds_of_characters_is_masked() -> None:
    assert masked("user,Xk9$" + "mP2v,mail") == "user,********,mail"


def test_a_pair_is_masked_on_both_sides() -> None:
    one, other = "ZK4VQ9TX" + "W2LMR8SP", "b7Nc3Hf6" + "Jd5Gk1Ya"
    assert masked(f"{one}:{other}") == "********:********"


def test_what_is_masked_already_stays() -> None:
    assert masked("name********, x") == "name********, x"


def test_a_word_without_end_is_masked_at_once() -> None:
    begun = time.process_time()
    assert masked("word-" * 100_000) == "********"
    assert time.process_time() - begun < 1
