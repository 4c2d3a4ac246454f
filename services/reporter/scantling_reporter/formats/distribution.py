"""The distribution of an image, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from scantling_reporter.report import Report

_TOLD_BY: Final = frozenset({"software", "setting"})
"""The risk types that look for it."""


def distribution_words(report: Report) -> str:
    """Return name and version, or whether there is none or nobody has looked."""
    distribution = report.image.distribution
    if distribution is None:
        return "none" if _TOLD_BY & report.outcomes.keys() else "not looked for"
    name, version = distribution.name or distribution.id, distribution.version_id
    return name if not version or version in name else f"{name} {version}"
