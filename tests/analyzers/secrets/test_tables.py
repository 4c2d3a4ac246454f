"""Secrets in tables: files of values, tables of Markdown and of clients, and rows of SQL."""

from __future__ import annotations

import time

import pytest

from scantling_analyzers.secrets import engine
from tests.analyzers.secrets.engines import fast, found

ONE = "hb7Xk2pQ9zRt"
TWO = "m4YtRb6KxPj2"


def values(text: str, path: str = "srv/users.csv") -> list[str]:
    """Return what is found, in order."""
    return [match.value.reveal().decode() for match in found(text.encode(), path)]


@pytest.mark.parametrize(
    "text",
    [
        f"user,password\nbob,{ONE}\nann,{TWO}\n",
        f"password,user\r\n{ONE},bob\r\n{TWO},ann\r\n",
        f"user;password\nbob;{ONE}\nann;{TWO}",
        f"user\tpassword\nbob\t{ONE}\nann\t{TWO}\n",
        f'"user","password"\n"bob","{ONE}"\n"Ann ""A"", B.", "{TWO}"\n',
        f"\ufeff# users\nuser,password\nbob,{ONE}\nann,{TWO}\n",
        f"user,old password,password\nbob,,{ONE}\nann,,{TWO}\n",
    ],
)
def test_a_column_that_is_named_after_a_secret_holds_secrets(text: str) -> None:
    assert values(text) == [ONE, TWO]


@pytest.mark.parametrize(
    "text",
    [
        f"user,password\nbob\n,\nann,changeme\n{ONE}\n",
        f"key,en\nlogin.password,{ONE}\n",
        f"password\n{ONE}\n",
        f"id,password_hash\n1,{ONE}\n",
        f"user,the password of the account: it has eight letters,x\nbob,{ONE},1\n",
        "user,password\n",
    ],
)
def test_other_columns_do_not(text: str) -> None:
    assert values(text) == []


def test_only_files_of_values_are_read_as_such() -> None:
    assert values(f"user,password\nbob,{ONE}\n", "srv/notes.txt") == []


def test_tables_of_markdown_are_read_down_to_their_end() -> None:
    head = "| user | password |\n|:-----|---------:|\n"
    text = f"{head}| bob | `{ONE}` |\n|ann|**{TWO}**|\n\n| x | {ONE} |\n"
    assert values(text, "README.md") == [ONE, TWO]


def test_tables_of_database_clients_are_read() -> None:
    text = f" name | api_token \n------+-----------\n bob  | {ONE}\n ann  | {TWO}\n(2 rows)\n"
    assert values(text, "query.log") == [ONE, TWO]


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO users (name, password) VALUES ('bob', 'ONE'), ('ann', 'TWO');",
        'insert into "users" ("password", "name")\nvalues ("ONE", "bob"),\n("TWO", NULL);',
        "REPLACE INTO u (a, `password`, b) VALUES (f('x', 1), 'ONE', 2), (f(1, 2), 'TWO', '');",
        "INSERT INTO u (a, pwd) VALUES ('it''s', 'ONE'); insert into u (a, pwd) values (1, 'TWO')",
    ],
)
def test_values_that_a_statement_inserts_are_found(text: str) -> None:
    assert values(text.replace("ONE", ONE).replace("TWO", TWO), "seed.sql") == [ONE, TWO]


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t (name, password) VALUES ('ONE', MD5('TWO'));",
        "INSERT INTO t (name, password) VALUES (?, ?);",
        "INSERT INTO t (name, password) SELECT 'x', 'ONE';",
    ],
)
def test_other_values_are_not(text: str) -> None:
    assert values(text.replace("ONE", ONE).replace("TWO", TWO), "seed.sql") == []


@pytest.mark.parametrize(
    ("piece", "path"),
    [
        ("| password | x |\n|---|---|\n", "a.md"),
        ("INSERT INTO t (a, password) VALUES (", "a.sql"),
        ("INSERT INTO t (a, password) VALUES ('", "a.sql"),
        ("user,password,token\n", "a.csv"),
        (",,,,\n", "a.csv"),
        ('"', "a.csv"),
    ],
)
def test_no_table_takes_long(piece: str, path: str) -> None:
    text = f"user,password\n{piece * (150_000 // len(piece))}".encode()
    begun = time.process_time()
    fast().search(text, path=path)
    assert time.process_time() - begun < 5


def test_a_table_with_too_many_secrets_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_CANDIDATES", 20)
    text = "user,password\n" + f"bob,{ONE}\n" * 21
    assert not fast().search(text.encode(), path="a.csv").complete
