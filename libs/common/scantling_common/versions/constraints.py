"""Constraints that people write: ``< 2.17``, ``>= 1.0, < 2``, ``= 1.2``, ``1.2.*``.

The grammar, in which white space means nothing but that it parts::

    constraint  = all { "||" all }                   any of these
    all         = clause { [","] clause }            each of these; only behind a comma
                                                     does a clause begin without an operator
    clause      = [ "<" | "<=" | ">" | ">=" | "=" | "==" | "!=" ] version
                | version ".*"                       what begins with this version
                | "*"                                every version

What a version is, the scheme of the package that it is held against tells: a constraint can be
held against packages of every ecosystem.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Final

from scantling_common.layers.escape import escape_text
from scantling_common.versions.errors import ConstraintInvalid
from scantling_common.versions.keys import MAX_LENGTH, ceiling, find
from scantling_common.versions.ranges import Answer, any_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_common.versions.keys import Key
    from scantling_common.versions.schemes import Scheme

MAX_CLAUSES: Final = 50
"""More than anybody writes by hand."""
_CLAUSE: Final = re.compile(r"\s*(<=|>=|==|!=|<|>|=)?\s*([^\s,|<>=!]+)\s*")
_HINT: Final = "write for example '< 2.17', '>= 1.0, < 2', '= 1.2' or '1.2.*'"
_SHOWN_LENGTH: Final = 80
_OPERATORS: Final[dict[str, Callable[[Key, Key], bool]]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "=": eq,
    "!=": ne,
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison; ``operator`` is one of the six, ``.*`` (begins with) or ``*`` (any)."""

    operator: str
    version: str

    def admits(self, scheme: Scheme, version: str) -> Answer:
        """Tell if a version fulfils it; unknown where either can't be ordered.

        A bound that leaves out its last part (an RPM release) stands for all that it can be.
        """
        if self.operator == "*":
            return Answer.YES
        if self.operator == ".*":
            return _answer(_begins_with(version, self.version))
        theirs, bound = find(scheme, version), find(scheme, self.version)
        if theirs is None or bound is None:
            return self._compare_texts(version)
        if bound < theirs <= ceiling(scheme, bound):
            theirs = bound
        return _answer(_OPERATORS[self.operator](theirs, bound))

    def _compare_texts(self, version: str) -> Answer:
        if self.operator in {"=", "!="}:
            return _answer((version == self.version) is (self.operator == "="))
        return Answer.UNKNOWN


@dataclass(frozen=True, slots=True)
class Constraint:
    """Alternatives, each of clauses that all must hold."""

    alternatives: tuple[tuple[Clause, ...], ...]

    def admits(self, scheme: Scheme, version: str) -> Answer:
        """Tell if a version fulfils it; unknown where it can't be told."""
        return any_of(
            _all_of([clause.admits(scheme, version) for clause in clauses])
            for clauses in self.alternatives
        )


def parse_constraint(text: str) -> Constraint:
    """Return the constraint that a text states.

    Raises ``ConstraintInvalid``, which says where it went wrong and what to write.
    """
    if len(text) > MAX_LENGTH:
        raise ConstraintInvalid(
            f"a constraint has {len(text)} characters, {MAX_LENGTH} at most", hint=_HINT
        )
    alternatives = tuple(_clauses(part) for part in text.split("||"))
    if sum(map(len, alternatives)) > MAX_CLAUSES:
        raise ConstraintInvalid(f"a constraint has over {MAX_CLAUSES} clauses", hint=_HINT)
    return Constraint(alternatives)


def _clauses(text: str) -> tuple[Clause, ...]:
    found: list[Clause] = []
    place, parted = 0, False
    while place < len(text) or not found:
        match = _CLAUSE.match(text, place)
        if match is None:
            raise _wrong(text[place:])
        if found and not match[1] and not parted:
            # "< 2 beta" is no version and a second one, but a version with a blank in it.
            raise _wrong(text[place:])
        found.append(_clause(match[1], match[2]))
        place = match.end()
        parted = False
        if text[place : place + 1] == ",":
            place, parted = place + 1, True
            if not text[place:].strip():
                raise _wrong(",")
    return tuple(found)


def _clause(operator: str | None, version: str) -> Clause:
    operator = "=" if operator == "==" else operator
    if not version[0].isalnum() and version[0] != "*":
        # What other tools have as operators (``~>``, ``^``) would be an answer to another question.
        raise _wrong(f"{operator or ''}{version}")
    if version != "*" and not version.endswith(".*"):
        return Clause(operator or "=", version)
    if operator not in {None, "="}:
        raise _wrong(f"{operator} {version}")
    if version == "*":
        return Clause("*", "")
    return Clause(".*", version.removesuffix(".*"))


def _wrong(text: str) -> ConstraintInvalid:
    shown = escape_text(text.strip()[:_SHOWN_LENGTH])
    where = f"at '{shown}'" if shown else "at its end: a version is missing"
    return ConstraintInvalid(f"the constraint can't be read {where}", hint=_HINT)


def _begins_with(version: str, beginning: str) -> bool:
    """Tell if a version is ``beginning`` or goes on from it with another piece."""
    version = version.strip().removeprefix("v")
    following = version[len(beginning) : len(beginning) + 1]
    return version.startswith(beginning) and not following.isdigit()


def _all_of(answers: list[Answer]) -> Answer:
    if Answer.NO in answers:
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.YES


def _answer(holds: bool) -> Answer:  # noqa: FBT001 - it is the value that is translated
    return Answer.YES if holds else Answer.NO
