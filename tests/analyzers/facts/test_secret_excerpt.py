"""Excerpts: a secret's name and a mask, and nothing else of its line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_analyzers.facts.secret_excerpt import MASK, excerpt_of


def around(text: bytes, *values: bytes) -> str:
    """Return the excerpt of the first value; all are known."""
    spans = [(at, at + len(value)) for value in values if (at := text.index(value)) >= 0]
    return excerpt_of(text, spans[0], sorted(spans))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"A=1\nDB_PASSWORD=Zk4v # ours\nB=2", "DB_PASSWORD=********"),
        (b"Zk4v", "********"),
        (b'  "password": "Zk4v",  \n', '"password": "********'),
        (b"password: 'Zk4v'", "password: '********"),
        (b"<db.password>Zk4v</db.password>", "<db.password>********"),
        (b"pwd=Zk4v", "pwd=********"),
        (b"SLACK_WEBHOOK_URL=Zk4v", "SLACK_WEBHOOK_URL=********"),
        (b"api_key\xff\x1b=Zk4v", "api_key\\xff\\x1b=********"),
        (b"password\nZk4v", "********"),
    ],
)
def test_the_name_and_what_joins_it_are_shown(text: bytes, shown: str) -> None:
    assert around(text, b"Zk4v") == shown


@pytest.mark.parametrize(
    "text",
    [
        b'{"password":"ab\\"Rest1", "token":"Zk4v"}',
        b"connect(password='a\\'Rest1', token=Zk4v)",
        b'DB_PASSWORD="ab\\"Rest1" X_TOKEN=Zk4v',
        b"<password>Zk4v&amp;Rest1</password>",
        b'password = "Zk4v`"Rest1"',
        b"IDENTIFIED BY 'Zk4v''Rest1'",
        b"IDENTIFIED BY 'Rest1''Zk4v'",
        b'curl -u "Rest1:Zk4v"',
        b"<name>db.password</name><value>Rest1</value><token>Zk4v</token>",
        b"DB_PASSWORD=Rest1 Zk4v",
        b"hunter:Rest1:Zk4v",
        b"Rest1=Zk4v",
    ],
)
def test_nothing_else_of_the_line_is_shown(text: bytes) -> None:
    shown = around(text, b"Zk4v")
    assert "Rest1" not in shown
    assert shown.endswith(MASK)


@pytest.mark.parametrize(
    "text",
    [
        b"DB_PASSWORD=MySecretPassword40:Zk4v",
        b"password = winter-dragon-password: Zk4v",
        b"password = winter dragon password: Zk4v",
        b"password: >-\n  MySecretPassword: Zk4v",
        b"password = (\n  'MySecretPassword: Zk4v'",
        b"DB_PASSWORD=\\\n MySecretPassword:Zk4v",
        b"h:5432:db:bob:MyPassword:Zk4v",
        b"password MyPassword=Zk4v",
        b"requirepass MasterToken:Zk4v",
        b"mysql -pMasterPassword='Zk4v'",
        b'VALUES ("bob","MySecretPassword","Zk4v")',
        b'set("MySecretPassword", "Zk4v")',
        b"https://MyToken:Zk4v@h.example",
        b"password=ab;MyToken: Zk4v",
        b"key=" + b" " * 500 + b"MyToken: Zk4v",
    ],
)
def test_what_may_be_the_beginning_of_the_value_is_not_shown(text: bytes) -> None:
    assert around(text, b"Zk4v") == MASK


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"export DB_PASSWORD=Zk4v", "DB_PASSWORD=********"),
        (b"app --db-password=Zk4v", "db-password=********"),
        (b"https://h.example/x?token=Zk4v", "token=********"),
        (b"$password = 'Zk4v'", "password = '********"),
        (b'db:\n  password: "Zk4v"', 'password: "********'),
        (b"{user: bob, token: Zk4v}", "token: ********"),
    ],
)
def test_a_name_is_shown_where_only_one_can_be(text: bytes, shown: str) -> None:
    assert around(text, b"Zk4v") == shown


def test_a_name_that_is_a_value_itself_is_not_shown() -> None:
    assert around(b"PASSWORD=ACCESS_TOKEN=Zk4v", b"Zk4v", b"ACCESS_TOKEN") == MASK
    assert excerpt_of(b"password=password", (9, 17), [(9, 17)]) == MASK
    assert excerpt_of(b"secret=secret9", (7, 14), [(7, 14)]) == MASK


def test_a_value_that_is_a_part_of_another_is_masked_with_all_of_it() -> None:
    text = b"CREDENTIALS=one:two # of three"
    assert excerpt_of(text, (12, 15), [(12, 19)]) == "CREDENTIALS=********"
    assert excerpt_of(text, (16, 19), [(12, 19)]) == "CREDENTIALS=********"


def test_a_name_that_is_cut_is_not_shown() -> None:
    assert around(b"pass" * 40 + b"word=Zk4v", b"Zk4v") == MASK


@given(
    st.lists(st.text("ab01Zx=:\"'\\ .&", min_size=1, max_size=8), min_size=3, max_size=9),
    st.data(),
)
def test_of_a_line_nothing_but_a_name_is_shown(parts: list[str], data: st.DataObject) -> None:
    text, spans = b"", []
    for part in parts:
        text += part.encode()
        spans.append((len(text), len(text) + 4))
        text += b"Zk4v"
    shown = excerpt_of(text, data.draw(st.sampled_from(spans)), spans)
    assert shown == MASK


def test_a_thousand_values_on_one_line_take_no_long_time() -> None:
    text = b"k=value1 " * 1000
    spans = [(9 * n + 2, 9 * n + 8) for n in range(1000)]
    begun = time.process_time()
    for span in spans[::10]:
        excerpt_of(text, span, spans)
    assert time.process_time() - begun < 2


def test_a_thousand_values_in_a_large_one_take_no_long_time() -> None:
    text = b"password=" + b"value1" * 1_000_000
    begun = time.process_time()
    for n in range(1000):
        shown = excerpt_of(text, (9 + 6 * n, 15 + 6 * n), [(9, len(text))])
        assert shown == f"password={MASK}"
    assert time.process_time() - begun < 2
