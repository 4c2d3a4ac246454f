"""The settings of an image for people at a terminal: counts by baseline, and what failed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from msgspec import UnsetType

from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.formats.terminal import columns_of, counted
from scantling_reporter.merge.summary import is_suppressed

if TYPE_CHECKING:
    from scantling_common.outcome_settings import BaselineCount, SettingItem
    from scantling_reporter.report import Report, ReportFinding, ReportOutcome

_COUNTS: Final = ("BASELINE", "PASSED", "FAILED", "NOT APPLICABLE", "UNKNOWN")
_HEADER: Final = ("SEVERITY", "UNSAFE SETTING", "OBSERVED", "EXPECTED", "WHERE", "BASELINE")
_UNKNOWN: Final = ("NOT JUDGED", "BASELINE", "REASON")
_LISTED: Final = 20
"""How many items that could not be judged are listed."""


def settings_block(report: Report, total: int, *, colour: bool, verbose: bool = False) -> list[str]:
    """Return the counts of each baseline, then the open findings, the worst first.

    ``verbose`` lists every item of each baseline as well.
    """
    outcome = report.outcomes.get("setting")
    if outcome is None:
        return []
    counts = [
        (
            f"{each.title} ({each.id})",
            str(each.passed),
            str(each.failed),
            str(each.not_applicable),
            str(each.unknown),
        )
        for each in _baselines(outcome)
    ]
    lines = columns_of(_COUNTS, counts, total=total) if counts else []
    findings = [each for each in outcome.findings if not is_suppressed(each)]
    if findings:
        rows = [_row(each) for each in sorted(findings, key=by_rank)]
        lines += ["", *columns_of(_HEADER, rows, total=total, colour=colour)]
        verb = "is" if len(findings) == 1 else "are"
        lines.append(f"{counted(len(findings), 'setting')} {verb} unsafe")
    return [*lines, *_unknown(outcome, total), *(_every(outcome, total) if verbose else ())]


def where(finding: ReportFinding) -> str:
    """Return path and line of a finding, empty where nothing is there."""
    line = finding.details.get("line", "")
    return f"{finding.path}:{line}" if finding.path and line else finding.path


def readable(text: str) -> str:
    r"""Return an escaped value for people: a backslash is two, all else stays escaped.

    ``\\r`` is how ``\r`` stood in the image, ``\x0d`` a character that moves the cursor.
    """
    return text.replace(r"\x5c", "\\\\")


def items_of(outcome: ReportOutcome) -> tuple[SettingItem, ...]:
    """Return the check items of an outcome."""
    return () if isinstance(outcome.items, UnsetType) else outcome.items


def _baselines(outcome: ReportOutcome) -> tuple[BaselineCount, ...]:
    return () if isinstance(outcome.baselines, UnsetType) else outcome.baselines


def status_word(item: SettingItem) -> str:
    """Return the status of an item as people write it."""
    return item.status.replace("_", " ")


def place_of(item: SettingItem) -> str:
    """Return path and line of an item, empty where nothing is there."""
    return f"{item.path}:{item.line}" if item.path and item.line else item.path


def _row(finding: ReportFinding) -> tuple[str, ...]:
    return (
        finding.severity,
        f"{finding.id}: {finding.title}",
        readable(finding.details.get("observed", "")),
        finding.details.get("expected", ""),
        where(finding),
        finding.details.get("baseline", ""),
    )


def _every(outcome: ReportOutcome, total: int) -> list[str]:
    lines: list[str] = []
    for baseline, items in groupby(items_of(outcome), key=lambda item: item.baseline):
        rows = [
            (
                status_word(each),
                f"{each.id}: {each.title}",
                readable(each.observed or each.reason),
                place_of(each),
            )
            for each in items
        ]
        header = ("STATUS", f"ITEM OF {baseline.upper()}", "OBSERVED", "WHERE")
        lines += ["", *columns_of(header, rows, total=total)]
    return lines


def _unknown(outcome: ReportOutcome, total: int) -> list[str]:
    """Return what could not be judged: it is neither well nor unsafe."""
    unknown = [each for each in items_of(outcome) if each.status == "unknown"]
    if not unknown:
        return []
    rows = [
        (f"{each.id}: {each.title}", each.baseline, readable(each.reason))
        for each in unknown[:_LISTED]
    ]
    lines = ["", *columns_of(_UNKNOWN, rows, total=total)]
    more = len(unknown) - _LISTED
    return [*lines, f"… and {more} more, in the JSON report"] if more > 0 else lines
