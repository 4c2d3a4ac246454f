"""The secrets of an image, for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from scantling_reporter.formats.layers import layer_numbers, layer_word
from scantling_reporter.formats.ranking import by_rank
from scantling_reporter.formats.terminal import columns_of, counted, fitted, safe, wrapped
from scantling_reporter.merge.summary import is_suppressed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scantling_common.search_report import SearchReport
    from scantling_reporter.report import Report, ReportFinding, ReportOutcome

_HEADER: Final = ("SEVERITY", "SECRET", "WHERE", "LINE", "LAYER", "FROM", "SCORE", "EXCERPT")
_TITLE: Final = 28
"""How much of a title is shown, in columns."""
_EXCERPT: Final = 36
"""How much of an excerpt is shown."""
_OTHERS: Final = 90
"""What the other columns take beside the path, of which the end tells most."""
_SHORTEST: Final = 20
_INDENT: Final = "    "
_REASONS: Final = {
    "default_path": "at paths that are never searched",
    "binary": "binary",
    "generated": "generated",
    "too_large": "over 20 MiB",
    "empty": "empty",
}
"""Why files are not searched, in words."""


def secrets_block(report: Report, total: int, *, colour: bool) -> list[str]:
    """Return the open findings, the worst first, and how much was searched and was not."""
    outcome = report.outcomes.get("secret")
    if outcome is None:
        return []
    findings = _open(outcome)
    numbers = layer_numbers(report)
    rows = [
        (
            each.severity,
            _cut(each.title, _TITLE),
            _end(each.path, max(total - _OTHERS, _SHORTEST)) or where(each),
            each.details.get("line", ""),
            layer_word(numbers, each.layer),
            ", ".join(filter(None, ("base" if each.in_base else "", hiding(each, numbers)))),
            each.details.get("score", ""),
            _cut(each.details.get("excerpt", ""), _EXCERPT),
        )
        for each in findings
    ]
    lines = columns_of(_HEADER, rows, total=total, colour=colour) if rows else []
    said = [] if outcome.search is UNSET else wrapped(searched(outcome.search), total=total)
    return [*lines, *said]


def reasons_block(report: Report, total: int) -> list[str]:
    """Return of each open secret why it is taken for one, and where else it stands."""
    outcome = report.outcomes.get("secret")
    lines: list[str] = []
    for finding in _open(outcome) if outcome else ():
        title = f"{finding.id} in {where(finding)}: {finding.title}"
        lines += wrapped(title, total=total)
        for said in _explained(finding):
            lines += wrapped(said, total=total, indent=_INDENT)
    return ["WHY", *lines] if lines else []


def where(finding: ReportFinding) -> str:
    """Return the place: a path with its line, or a part of the image's configuration."""
    details = finding.details
    if finding.path:
        line = details.get("line", "")
        return f"{finding.path}:{line}" if line else finding.path
    return " ".join(filter(None, ("configuration:", details.get("place"), details.get("item"))))


def hiding(finding: ReportFinding, numbers: Mapping[str, str]) -> str:
    """Say which layer hides the file, by its number, nothing where it can be seen."""
    hider = finding.details.get("hidden_by", "")
    return f"hidden by layer {layer_word(numbers, hider)}" if hider else ""


def searched(search: SearchReport) -> str:
    """Return what was searched for secrets, and what was not, in a sentence."""
    parts = [
        f"{number} {_REASONS.get(reason, reason)}" for reason, number in search.unchecked.items()
    ]
    said = f"{counted(search.checked, 'file')} searched for secrets"
    if parts:
        said = f"{said}; not searched: {', '.join(parts)}"
    if search.left_out:
        told = counted(search.left_out, "secret")
        said = f"{said}; {told} at unchecked paths of the project not told"
    if search.unsure:
        said = f"{said}; {search.unsure} with too low a score not told"
    return said


def _explained(finding: ReportFinding) -> Iterator[str]:
    details = finding.details
    yield f"score {details.get('score', '')}: {details.get('reasons', '')}"
    for name, lead in (("lines", "in the lines "), ("also_at", "the same secret is also at ")):
        if text := details.get(name):
            yield f"{lead}{text}"


def _cut(text: str, columns: int) -> str:
    return fitted(safe(text), columns).rstrip() if text else ""


def _end(path: str, columns: int) -> str:
    """Return the end of a path where it is longer."""
    path = safe(path)
    return path if len(path) <= columns else f"…{path[1 - columns :]}"


def _open(outcome: ReportOutcome) -> Sequence[ReportFinding]:
    return sorted((each for each in outcome.findings if not is_suppressed(each)), key=by_rank)
