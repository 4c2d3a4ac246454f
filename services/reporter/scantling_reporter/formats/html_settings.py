"""The settings of an image, in HTML: counts by baseline, and every item of each."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from msgspec import UnsetType

from scantling_reporter.formats.markup import Markup, details, element, table, word
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.formats.table_settings import (
    items_of,
    place_of,
    readable,
    status_word,
    where,
)
from scantling_reporter.merge.summary import SUPPRESSED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_common.outcome_settings import SettingItem
    from scantling_reporter.report import Report, ReportFinding, ReportOutcome

_COUNTS: Final = ("Baseline", "Passed", "Failed", "Not applicable", "Unknown")
_HEADER: Final = (
    *("Severity", "Setting", "Observed", "Expected", "Where", "Layer", "From", "Baseline"),
    *("Remedy", "Set aside because"),
)
_ITEMS: Final = ("Status", "Item", "Observed", "Expected", "Where", "Remedy")


def settings_section(report: Report) -> Iterator[Markup]:
    """Give the counts, what failed with its remedy, then the items of each baseline."""
    outcome = report.outcomes.get("setting")
    if outcome is None:
        return
    yield element("h2", "Settings")
    if not isinstance(outcome.baselines, UnsetType):
        rows = [
            (each.title, *map(str, (each.passed, each.failed, each.not_applicable, each.unknown)))
            for each in outcome.baselines
        ]
        yield table(_COUNTS, rows)
    if outcome.findings:
        yield element("h3", "Unsafe settings")
        yield table(_HEADER, map(_row, sorted(outcome.findings, key=by_rank)))
    yield from _items(outcome)


def _items(outcome: ReportOutcome) -> Iterator[Markup]:
    for baseline, items in groupby(items_of(outcome), key=lambda item: item.baseline):
        rows = table(_ITEMS, map(_item, items))
        yield details(f"Items of {baseline}", rows)


def _row(finding: ReportFinding) -> Sequence[str]:
    about = [element("p", text) for text in (finding.description, _why(finding)) if text]
    return (
        word(finding.severity),
        details(f"{finding.id}: {finding.title}", *about),
        readable(finding.details.get("observed", "")),
        finding.details.get("expected", ""),
        where(finding),
        finding.layer,
        "base" if finding.in_base else "",
        finding.details.get("baseline", ""),
        finding.solution,
        finding.details.get(SUPPRESSED, ""),
    )


def _why(finding: ReportFinding) -> str:
    references = finding.details.get("references", "")
    return " ".join(filter(None, (finding.details.get("rationale", ""), references)))


def _item(item: SettingItem) -> Sequence[str]:
    return (
        status_word(item),
        details(f"{item.id}: {item.title}", element("p", item.description)),
        readable(item.observed or item.reason),
        item.expected,
        place_of(item),
        item.remedy,
    )
