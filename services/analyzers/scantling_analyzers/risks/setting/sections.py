"""From verdicts to what an outcome says: items, counts by baseline, findings; pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.checks.models import (
    AccountsExamined,
    AptExamined,
    AptSourceExamined,
    LineExamined,
    MaskExamined,
    ModeExamined,
    PackageExamined,
    PamModuleExamined,
    PathExamined,
    SudoExamined,
)
from scantling_common.outcome_settings import BaselineCount, SettingItem
from scantling_common.outcomes import Finding
from scantling_common.telemetry.redaction import redact_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scantling_analyzers.checks.models import Baseline, Item
    from scantling_analyzers.risks.setting.verdict import Verdict

MAX_OBSERVED: Final = 1000
"""The longest observed value in characters."""
_DIGEST_LENGTH: Final = 32
_WANTED: Final[Mapping[type, tuple[str, str]]] = {
    PathExamined: ("there", "not there"),
    PackageExamined: ("installed", "not installed"),
    PamModuleExamined: ("in effect", "not in effect"),
    LineExamined: ("such a line", "no such line"),
    AptExamined: ("not switched off", "not switched on"),
    AptSourceExamined: ("not switched off", "not switched on"),
}
"""How what is wanted is called, and what is not."""


class Judged(NamedTuple):
    """An item, the baseline that it is counted in, and its verdict."""

    item: Item
    baseline: str
    verdict: Verdict


def entry_of(judged: Judged) -> SettingItem:
    """Return one item as an outcome shows it."""
    item, verdict = judged.item, judged.verdict
    reasons = verdict.status in {"not_applicable", "unknown"}
    observed = redact_text(verdict.observed)[:MAX_OBSERVED]
    return SettingItem(
        id=item.id,
        baseline=judged.baseline,
        title=item.title,
        severity=item.severity,
        status=verdict.status,
        reason=observed if reasons else "",
        observed="" if reasons else observed,
        expected=expected(item),
        path=verdict.path,
        line=verdict.line,
        description=item.description,
        remedy=item.remedy,
        references=item.references,
    )


def finding_of(judged: Judged, layers: Sequence[str]) -> Finding:
    """Return the finding of an item that failed; its fingerprint says which item, and no more.

    A setting that is changed for another one that is unsafe as well opens no new finding.
    """
    item, verdict = judged.item, judged.verdict
    details = {
        "baseline": judged.baseline,
        "observed": redact_text(verdict.observed)[:MAX_OBSERVED],
        "expected": expected(item),
        "line": str(verdict.line) if verdict.line else "",
        "rationale": item.rationale,
        "references": ", ".join(item.references),
    }
    return Finding(
        id=item.id,
        fingerprint=digest_of(item.id),
        risk="setting",
        severity=item.severity,
        title=item.title,
        path=verdict.path,
        layer=layers[verdict.layer] if verdict.layer is not None else "",
        description=item.description,
        solution=item.remedy,
        details={name: text for name, text in details.items() if text},
    )


def digest_of(*texts: str) -> str:
    """Return a fingerprint that is made of texts."""
    return hashlib.sha256("\0".join(("setting", *texts)).encode()).hexdigest()[:_DIGEST_LENGTH]


def in_order(
    items: Iterable[SettingItem], baselines: Sequence[Baseline]
) -> tuple[SettingItem, ...]:
    """Return items by baseline, those of one as they stand."""
    order = {baseline.id: number for number, baseline in enumerate(baselines)}
    return tuple(sorted(items, key=lambda item: order.get(item.baseline, len(order))))


def counts_of(items: Iterable[SettingItem], baselines: Sequence[Baseline]) -> list[BaselineCount]:
    """Return the counts of each baseline that has items, in the order of the items."""
    counts: dict[str, Counter[str]] = {}
    for item in items:
        counts.setdefault(item.baseline, Counter())[item.status] += 1
    titles = {each.id: each.title for each in baselines}
    return [
        BaselineCount(
            id=name,
            title=titles.get(name, name),
            passed=count["passed"],
            failed=count["failed"],
            not_applicable=count["not_applicable"],
            unknown=count["unknown"],
        )
        for name, count in counts.items()
    ]


def expected(item: Item) -> str:
    """Return in words what is expected."""
    examined = item.examine
    if item.expect is not None:
        return item.expect.described()
    match examined:
        case ModeExamined():
            return _expected_mode(examined)
        case (
            PathExamined()
            | PackageExamined()
            | PamModuleExamined()
            | LineExamined()
            | AptExamined()
            | AptSourceExamined()
        ):
            is_there, is_not = _WANTED[type(examined)]
            if isinstance(examined, PamModuleExamined) and examined.argument:
                is_there, is_not = (f"{with_} {examined.argument}" for with_ in ("with", "without"))
            return is_there if examined.wanted else is_not
        case MaskExamined() | SudoExamined():
            return f"umask {e.least} or more" if isinstance(e := examined, MaskExamined) else e.says
        case AccountsExamined():
            days = "1 day" if examined.limit == 1 else f"{examined.limit} days"
            return days if examined.limit else "no such account or group"
        case _:
            return ""


def _expected_mode(examined: ModeExamined) -> str:
    owner = "owned by root, " if examined.owned else ""
    group = f"group {' or '.join(examined.groups)}, " if examined.groups else ""
    sticky = "with a sticky bit, " if examined.sticky else ""
    return f"{owner}{group}{sticky}mode {examined.most} or less"
