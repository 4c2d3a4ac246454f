"""What goes over several lines is found wherever it stands, as by a search of the whole text."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.secrets.engine import SecretEngine, engine_of
from scantling_analyzers.secrets.gitleaks.rules import read_rules
from scantling_analyzers.secrets.rule import Rule
from scantling_analyzers.secrets.windows import WINDOW, regions
from tests.analyzers.secrets.engines import found
from tests.builders.secret_examples import expand

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_analyzers.secrets.rule import Kind

ENGINES = pytest.mark.parametrize("engine_by", [engine_of, SecretEngine])
LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def token(source: random.Random) -> str:
    return "".join(source.sample(LETTERS, 16))


def lines(source: random.Random, count: int) -> list[str]:
    """Return lines with secrets, some of them over two lines or three, and lines without."""
    made: list[str] = []
    for _ in range(count):
        made += (
            [f"key {token(source)}"],
            ["key", token(source)],
            ["key", "", token(source)],
            ["key"],
            ["# nothing"],
            [""],
            ["x" * source.randrange(3000) + f" key {token(source)}"],
        )[source.randrange(7)]
    return made


@ENGINES
@pytest.mark.parametrize("kind", ["token", "custom"])
@pytest.mark.parametrize("seed", range(6))
def test_what_is_found_is_what_a_search_of_the_whole_text_finds(
    engine_by: Callable[..., SecretEngine], kind: Kind, seed: int
) -> None:
    source = random.Random(seed)  # noqa: S311  # nothing secret is made by it
    text = "\n".join(lines(source, 150)).encode()
    pattern = r"\bkey[ \n]{1,3}(?P<value>[a-zA-Z0-9]{16})\b"
    rule = Rule(id="r", title="r", severity="high", kind=kind, pattern=pattern, lines=3)
    expected = [match.span("value") for match in re.finditer(pattern.encode(), text)]
    assert len(expected) > 50
    assert [(each.start, each.end) for each in engine_by([rule]).find(text)] == expected


@ENGINES
def test_a_users_rule_finds_each_of_many_secrets(engine_by: Callable[..., SecretEngine]) -> None:
    source = random.Random(1)  # noqa: S311  # as above
    tokens = [token(source) for _ in range(600)]
    text = "".join(f"TOKEN='{each}'\n" for each in tokens).encode()
    read = read_rules("[[rules]]\nid='r'\nregex='''TOKEN=['\"\\s]?([A-Za-z0-9]{16})['\"\\s]'''")
    secrets = [each.value.reveal().decode() for each in engine_by(read.rules).find(text)]
    assert secrets == tokens


@ENGINES
def test_what_a_users_rule_matches_is_whole_over_the_lines_that_follow(
    engine_by: Callable[..., SecretEngine],
) -> None:
    read = read_rules("[[rules]]\nid='r'\nregex='''begin ([^;]{8,});'''")
    body = b"\n".join(b"line %d" % number for number in range(20))
    (match,) = engine_by(read.rules).find(b"begin " + body + b";\n")
    assert match.value.reveal() == body


@pytest.mark.parametrize("between", [" ", "\n"])
def test_each_machine_of_a_netrc_file_is_found(between: str) -> None:
    values = ["hb7Xk2pQ9zRt", "Qw3nLd8vTz5c", "m4YtRb6KxPj2"]
    machines = [f"machine m.example login ci{between}password {each}\n" for each in values]
    matches = found("".join(machines).encode(), "root/.netrc")
    assert [each.value.reveal().decode() for each in matches] == values


@pytest.mark.parametrize(
    ("length", "offsets", "expected"),
    [
        (8, [3, 8], [(0, 8)]),
        (100_000, [50_000], [(50_000 - WINDOW, 50_000 + WINDOW)]),
        (100_000, [20_000, 90_000], [(3616, 36_384), (73_616, 100_000)]),
        (1, [], []),
        (0, [0], []),
    ],
)
def test_a_region_is_what_is_near_hits(
    length: int, offsets: list[int], expected: list[tuple[int, int]]
) -> None:
    assert list(regions(length, offsets)) == expected


BESIDE = "MDd4Nhq9pWzK3vT8sYbLc2RjXe5f" + "UaSnzgMX7w2Q"


@pytest.mark.parametrize(
    "text",
    [
        "{id}:{secret}",
        "access = {id}, other = {secret}",
        "id: {id}\nregion: eu-west-1\nvalue: {secret}\n",
        "first: {secret}\n\nsecond: {id}\n",
        'new Client("{id}", "{secret}");',
    ],
)
def test_the_secret_beside_the_id_of_a_key_is_found_as_well(text: str) -> None:
    key = "AKIA" + "Q3ZT7XVN5LMB2RKD"
    matches = found(text.replace("{id}", key).replace("{secret}", BESIDE).encode())
    assert {each.value.reveal().decode() for each in matches} == {key, BESIDE}
    assert {each.severity for each in matches} == {"medium", "critical"}


@pytest.mark.parametrize(
    "beside",
    [
        "62926f3881164e4c2aa28e2226d55d8a02fe9b86",
        "/usr/share/Documentation/configuration1/",
        "\n\n\n\n" + BESIDE,
        "x" * 700 + " " + BESIDE,
    ],
)
def test_what_is_no_secret_or_not_beside_it_is_not(beside: str) -> None:
    key = "AKIA" + "Q3ZT7XVN5LMB2RKD"
    assert [each.rule for each in found(f"{key} {beside}".encode())] == ["aws-access-key-id"]


@pytest.mark.parametrize(
    "text",
    [
        "password: |\n  {value}\n",
        "password: >-\n    {value}\nuser: bob\n",
        "- apiToken: |2 # as given\n      {value}\n",
        "password = (\n    '{value}'\n)",
        'const apiKey: string =\n  "{value}";',
        '"client_secret":\n    "{value}",',
    ],
)
def test_a_value_on_the_line_after_its_name_is_found(text: str) -> None:
    value = "hb7Xk2pQ9zRt"
    (match,) = found(text.replace("{value}", value).encode(), "srv/values.yaml")
    assert (match.value.reveal().decode(), match.line) == (value, 2)


@pytest.mark.parametrize("indent", ["  ", "      "])
def test_keys_and_tokens_in_a_block_of_yaml_are_found(indent: str) -> None:
    lines = expand("{pem}\n{crc62:ghp_:30}").splitlines()
    text = "tls: |\n" + "".join(f"{indent}{line}\n" for line in lines)
    matches = found(text.encode(), "srv/values.yaml")
    assert [each.rule for each in matches] == ["private-key", "github-personal-token"]


def test_bytes_that_are_listed_are_the_same_secret_as_in_hexadecimal() -> None:
    digits = "4f9ac107ee52983bd4612f8e0ab7731d"
    listed = ", ".join(f"0x{digits[n : n + 2].upper()}" for n in range(0, len(digits), 2))
    text = f'var signingKey = []byte{{\n\t{listed},\n}}\nsigning_key := "{digits}"\n'
    first, second = found(text.encode(), "srv/main.go")
    assert first.value == second.value
    assert text[first.start : first.end] == listed
