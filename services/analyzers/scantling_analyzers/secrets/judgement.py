"""Judgement: how sure it is that a candidate is a secret, and the reasons in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from scantling_analyzers.secrets import names
from scantling_analyzers.secrets.traits import traits
from scantling_analyzers.secrets.weights import BIAS, WEIGHTS

if TYPE_CHECKING:
    from scantling_analyzers.secrets.candidate import Candidate
    from scantling_common.risks import Severity


class Verdict(NamedTuple):
    """What is said of a candidate."""

    rule: str
    title: str
    severity: Severity
    score: float
    reasons: tuple[str, ...]
    weight: int


def judge(candidate: Candidate) -> Verdict:
    """Return the verdict on a candidate."""
    rule = candidate.rule
    if rule.kind != "assignment":
        return Verdict(rule.id, rule.title, rule.severity, rule.confidence, (), 2)
    kind = names.class_of(candidate.name)
    if kind == "none":
        return Verdict(rule.id, rule.title, rule.severity, 0.0, (), 0)
    found = tuple(traits(candidate))
    total = BIAS + sum(WEIGHTS.get(each, 0.0) for each in found)
    return Verdict(
        f"generic-{kind}", rule.title, rule.severity, 1 / (1 + math.exp(-total)), found, 1
    )
