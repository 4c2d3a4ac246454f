"""Where an oracle and ours agree, and where they don't."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scantling_common.versions.keys import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_common.versions.schemes import Scheme
    from tests.oracles.oracle import Oracle, Pair, Sign


@dataclass(slots=True)
class Agreement:
    """What became of pairs that were compared.

    ``contradicted`` are those where ours is otherwise because the tool's own answers go round in
    a circle: no order could have them all. ``known`` are those where it is otherwise by intent,
    ``differing`` the others.
    """

    agreed: list[tuple[Pair, int]] = field(default_factory=list)
    refused_by_both: list[Pair] = field(default_factory=list)
    refused_by_tool: list[Pair] = field(default_factory=list)
    refused_by_us: list[Pair] = field(default_factory=list)
    contradicted: list[Pair] = field(default_factory=list)
    known: list[Pair] = field(default_factory=list)
    differing: list[Pair] = field(default_factory=list)


def ordered(scheme: Scheme, pair: Pair) -> Sign:
    """Return the sign that our keys give a pair."""
    left, right = (find(scheme, each) for each in pair)
    return None if left is None or right is None else (left > right) - (left < right)


def agreement(oracle: Oracle, pairs: Sequence[Pair]) -> Agreement:
    """Compare an oracle's answers with ours."""
    found = Agreement()
    wrong: list[tuple[Pair, int]] = []
    for pair, theirs in zip(pairs, oracle.ask(pairs), strict=True):
        ours = ordered(oracle.scheme, pair)
        if ours is None:
            (found.refused_by_both if theirs is None else found.refused_by_us).append(pair)
        elif theirs is None:
            found.refused_by_tool.append(pair)
        elif ours == theirs:
            found.agreed.append((pair, ours))
        else:
            wrong.append((pair, theirs))
    for (pair, _), circle in zip(wrong, _circles(oracle, wrong), strict=True):
        if circle:
            found.contradicted.append(pair)
        elif any(re.search(oracle.known, each) for each in pair):
            found.known.append(pair)
        else:
            found.differing.append(pair)
    return found


def _circles(oracle: Oracle, wrong: Sequence[tuple[Pair, int]]) -> list[bool]:
    """Tell of each pair if the tool puts a third version between the two, from the wrong side."""
    thirds = [_thirds(pair) for pair, _ in wrong]
    asked = [
        question
        for ((left, right), _), each in zip(wrong, thirds, strict=True)
        for third in each
        for question in ((left, third), (third, right))
    ]
    signs = iter(oracle.ask(asked) if asked else ())
    circles = []
    for (_, sign), each in zip(wrong, thirds, strict=True):
        implied = {_implied(next(signs), next(signs)) for _ in each}
        circles.append(bool(implied - {None, sign}))
    return circles


def _thirds(pair: Pair) -> list[str]:
    """Return versions to try between the two: their beginnings, and each number changed.

    What is below a version that ends there and what is above it, and what is a number for one
    rule and a text for another, is where the rules of a tool contradict each other.
    """
    found = {each[:end] for each in pair for end in range(1, len(each))}
    tails = [f"-{each.rpartition('-')[2]}" for each in pair if "-" in each]
    found |= {f"{each}{tail}" for each in found for tail in tails}
    for each in pair:
        for run in re.finditer(r"([0-9]+)[a-zA-Z]*", each):
            following = int(run[1]) + 1
            for other in ("0", "9", "10", "100000", str(following)):
                found.add(f"{each[: run.start()]}{other}{each[run.end() :]}")
    return sorted(found)


def _implied(first: Sign, second: Sign) -> Sign:
    """Return what two comparisons with a third version say of the two, None if nothing."""
    if first is None or second is None:
        return None
    return first or second if 0 in {first, second} or first == second else None
