"""Passwords that are words: found where nothing but a password stands, and nowhere else."""

from __future__ import annotations

import pytest

from tests.analyzers.secrets.engines import found

SURE = [
    ("postgres://app:{}@db/", "srv/app.conf"),
    ("amqp://guest:{}@mq:5672/", "srv/app.py"),
    ("db:5432:shop:app:{}", "root/.pgpass"),
    ("machine git.example login bob password {}", "root/.netrc"),
    ("machine git.example port 993\n  login bob password {}", "root/.netrc"),
    ("docker login -u bob -p {} registry.example", "ci.sh"),
    ("mysql -u root -p{} shop", "ci.sh"),
    ("curl -u bob:{} https://example.org/", "README.md"),
    ("echo root:{} | chpasswd", "Dockerfile"),
    ("  MYSQL_ROOT_PASSWORD: {}", "compose.yaml"),
    ("POSTGRES_PASSWORD={}", ".env"),
    ("spring.datasource.password={}", "application.properties"),
    ('DB_PASSWORD = "{}"', "settings.py"),
    ("user,password\nbob,{}", "users.csv"),
    ("INSERT INTO users (name, password) VALUES ('bob', '{}');", "seed.sql"),
    ('dsn := "app:{}@tcp(db:3306)/shop"', "main.go"),
    ('new SqlConnection("Server=db;User=app;Password={};");', "Db.cs"),
]


@pytest.mark.parametrize(("text", "path"), SURE)
def test_a_word_is_a_password_in_a_sure_place(text: str, path: str) -> None:
    (match,) = found(text.replace("{}", "sunshine").encode() + b"\n", path)
    assert match.value.reveal() == b"sunshine"


@pytest.mark.parametrize(("text", "path"), SURE)
@pytest.mark.parametrize("word", ["password", "changeme", "passwd", "$PASSWORD", "<password>"])
def test_placeholders_and_references_are_none_there(text: str, path: str, word: str) -> None:
    assert found(text.replace("{}", word).encode() + b"\n", path) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("password: sunshine", "srv/app.yaml"),
        ("token = refresh", "srv/app.conf"),
        ("<user>:<password>@<host>:<port>", "README.md"),
        ('"password": "Sunshine"', "en.json"),
        ("REQUIRE_TOKEN=false", ".env"),
        ("FOO_TOKEN=false", ".env"),
        ("MYSQL_RANDOM_ROOT_PASSWORD=yes", ".env"),
        ("because we need both user and password next", "README.md"),
        ("proxy_pass backend:8080;", "nginx.conf"),
    ],
)
def test_a_word_elsewhere_is_none(text: str, path: str) -> None:
    assert found(text.encode() + b"\n", path) == []
