"""Whether a statement of licences is one that a pattern means; pure.

A statement is an SPDX expression (SPDX 2.3, annex D), or what packagers write like one: ``and``
and ``or`` in small letters, names that no list has. Where it offers a choice, software is denied
for a licence only if there is no other, and allowed for it if it can be chosen.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_TOKEN: Final = re.compile(r"(\(|\)|(?<![^\s()])(?:and|or)(?![^\s()]))")
_RANK: Final = {"(": 0, "or": 1, "and": 2}
_OPERATORS: Final = frozenset({"and", "or"})
_KEPT: Final = 4096


def denied_by(statements: Iterable[str], matches: Callable[[str], object]) -> bool:
    """Tell if one of the statements leaves no choice but a licence that matches."""
    return any(_holds(statement, matches, choice="and") for statement in statements)


def allowed_by(statements: Iterable[str], matches: Callable[[str], object]) -> bool:
    """Tell if there are statements, and each of them can be met with licences that match."""
    found = list(statements)
    return bool(found) and all(_holds(each, matches, choice="or") for each in found)


def terms_of(statement: str) -> Iterable[str]:
    """Return the licences that a statement names, in lower case."""
    return [text for text in _postfix(statement) if text not in _OPERATORS]


def _holds(statement: str, matches: Callable[[str], object], *, choice: str) -> bool:
    """Evaluate a statement; ``choice`` is how ``or`` joins what holds, ``and`` the other way."""
    values: list[bool] = []
    for text in _postfix(statement):
        if text not in _OPERATORS:
            values.append(bool(matches(text)))
            continue
        second, first = values.pop(), values.pop()
        every = (text == "or") is (choice == "and")
        values.append(first and second if every else first or second)
    return values[0]


@lru_cache(maxsize=_KEPT)
def _postfix(statement: str) -> tuple[str, ...]:
    """Return terms and operators, each operator after its two operands.

    What is no expression is one term.
    """
    text = statement.strip().lower()
    made: list[str] = []
    waiting: list[str] = []
    operand = True
    for part in filter(None, (each.strip() for each in _TOKEN.split(text))):
        is_operand = part not in _OPERATORS and part != ")"
        if is_operand is not operand:
            return (text,)
        if part == "(":
            waiting.append(part)
        elif part == ")":
            while waiting and waiting[-1] != "(":
                made.append(waiting.pop())
            if not waiting:
                return (text,)
            waiting.pop()
        elif part in _OPERATORS:
            while waiting and _RANK[waiting[-1]] >= _RANK[part]:
                made.append(waiting.pop())
            waiting.append(part)
            operand = True
        else:
            made.append(part)
            operand = False
    if operand or "(" in waiting:
        return (text,)
    return (*made, *reversed(waiting))
