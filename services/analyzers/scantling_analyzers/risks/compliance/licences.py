"""What the entries of a list make of statements of licences; pure.

A statement is an SPDX expression (SPDX 2.3, annex D), or what packagers write like one: ``and``
and ``or`` in small letters, names that no list has. Where it offers a choice, software is denied
only if each licence of it is, and allowed if one is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_TOKEN: Final = re.compile(r"(\(|\)|(?<![^\s()])(?:and|or)(?![^\s()]))")
_RANK: Final = {"(": 0, "or": 1, "and": 2}
_OPERATORS: Final = frozenset({"and", "or"})
_KEPT: Final = 4096
_DENIED, _OPEN, _ALLOWED = range(3)
"""Truth of three values (Kleene): the smaller one is that of ``and``, the greater one of ``or``."""


class Standing:
    """What entries have said up to now of the licences of one piece of software.

    Of each licence the first entry that is about it decides. Several statements all apply.
    """

    def __init__(self, statements: Iterable[str]) -> None:
        """Begin with licences of which nothing is said."""
        self._statements = tuple(statements)
        self._said: dict[str, int] = {}

    def decided_by(self, matches: Callable[[str], object], *, denies: bool) -> bool:
        """Note what the next entry says of licences that match; tell if it decides by that."""
        new = [term for term in self._open() if matches(term)]
        value = _DENIED if denies else _ALLOWED
        self._said.update(dict.fromkeys(new, value))
        return bool(new) and min(map(self._value, self._statements)) == value

    def _open(self) -> Iterator[str]:
        for statement in self._statements:
            for term in terms_of(statement):
                if term not in self._said:
                    yield term

    def _value(self, statement: str) -> int:
        values: list[int] = []
        for text in _postfix(statement):
            if text in _OPERATORS:
                second, first = values.pop(), values.pop()
                values.append(max(first, second) if text == "or" else min(first, second))
            else:
                values.append(self._said.get(text, _OPEN))
        return values[0]


def terms_of(statement: str) -> Iterable[str]:
    """Return the licences that a statement names, in lower case."""
    return [text for text in _postfix(statement) if text not in _OPERATORS]


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
