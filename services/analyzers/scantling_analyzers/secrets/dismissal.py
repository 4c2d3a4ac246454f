"""Dismissal: that a candidate is no secret is told from as few of its traits as will do."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.secrets import traits
from scantling_analyzers.secrets.weights import weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scantling_analyzers.secrets.candidate import Candidate

_EVEN: Final = -0.001
"""The sum of weights below which a score is under one half, however it is rounded."""


class _Step(NamedTuple):
    """Traits that are told together, and the most that those of all later steps add."""

    tell: Callable[[Candidate], Iterator[str]]
    most: float


def is_dismissed(candidate: Candidate) -> bool:
    """Tell whether no further trait of an assignment could make a secret of it."""
    known = weights()
    total = known.bias
    for step in _steps():
        for name in step.tell(candidate):
            trait = known.traits.get(name)
            if trait is not None:
                total += trait.weight
        if total + step.most < _EVEN:
            return True
    return False


@cache
def _steps() -> tuple[_Step, ...]:
    raising = {name: trait.weight for name, trait in weights().traits.items() if trait.weight > 0}
    told = tuple(family for _, families in traits.RAISING for family in families)
    most = sum(weight for name, weight in raising.items() if not name.startswith(told))
    steps: list[_Step] = []
    for tell, families in reversed(traits.RAISING):
        steps.append(_Step(tell, most))
        for family in families:
            most += max((raising[name] for name in raising if name.startswith(family)), default=0)
    return tuple(reversed(steps))
