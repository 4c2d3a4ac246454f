"""Lines of source code in a dozen languages: those with a secret are found, no others.

They stand in ``source-lines.txt``, written by hand as such lines are in repositories.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.analyzers.secrets.engines import fast
from tests.builders.secret_examples import expand

ROUNDS = (1, 2)
"""What is random in the lines is made that often."""


class Sample(NamedTuple):
    """A few lines of a file, and whether they have a secret."""

    path: str
    text: str
    has_secret: bool


@cache
def samples() -> tuple[Sample, ...]:
    """Return the marked lines."""
    found: list[Sample] = []
    path = ""
    for line in Path(__file__).with_name("source-lines.txt").read_text("utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "==":
            path = rest.split()[1]
        elif mark in {"+", "-"}:
            found.append(Sample(path, rest, mark == "+"))
        elif mark == "|":
            found[-1] = found[-1]._replace(text=f"{found[-1].text}\n{rest}")
    return tuple(found)


def is_found(sample: Sample, round_: int) -> bool:
    """Tell whether anything is found in the lines."""
    begin = f"round {round_}\n"
    text = expand(begin + sample.text).removeprefix(begin)
    return bool(fast().search(f"{text}\n".encode(), path=sample.path).matches)


def test_there_are_hundreds_of_lines_of_each_kind() -> None:
    counted = Counter(sample.has_secret for sample in samples())
    assert min(counted.values()) > 190
    assert len({sample.path for sample in samples()}) >= 12


@pytest.mark.parametrize("round_", ROUNDS)
def test_each_secret_in_source_code_is_found(round_: int) -> None:
    assert [s for s in samples() if s.has_secret and not is_found(s, round_)] == []


@pytest.mark.parametrize("round_", ROUNDS)
def test_nothing_is_found_in_source_code_without_secrets(round_: int) -> None:
    assert [s for s in samples() if not s.has_secret and is_found(s, round_)] == []
