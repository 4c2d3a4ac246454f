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
    ("text", "offsets", "one_line", "expected"),
    [
        (b"ab\ncd\nef", [1, 2], True, [(0, 2)]),
        (b"ab\ncd\nef", [3, 8], True, [(0, 2), (6, 8)]),
        (b"ab\ncd\nef", [3, 8], False, [(0, 8)]),
        (b"x" * 100_000, [50_000], True, [(50_000 - WINDOW, 50_000 + WINDOW)]),
        (b"x" * 100_000, [20_000, 90_000], False, [(3616, 36_384), (73_616, 100_000)]),
        (b"x", [], True, []),
        (b"", [0], False, []),
    ],
)
def test_a_region_is_what_is_near_hits(
    text: bytes, offsets: list[int], *, one_line: bool, expected: list[tuple[int, int]]
) -> None:
    assert list(regions(text, offsets, one_line=one_line)) == expected
