"""Reports as documents: each format is imported when it is asked for. Pure."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, Protocol, cast, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_reporter.report import Report

Format = Literal["json", "table", "cyclonedx", "spdx", "sarif", "csv", "html"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)

MEDIA_TYPES: Final[dict[Format, str]] = {
    "json": "application/json",
    "table": "text/plain",
    "cyclonedx": "application/vnd.cyclonedx+json",
    "spdx": "application/spdx+json",
    "sarif": "application/sarif+json",
    "csv": "text/csv",
    "html": "text/html",
}

SEVERAL: Final[frozenset[Format]] = frozenset({"sarif", "csv", "html"})
"""Formats whose documents hold any number of reports."""


class _Module(Protocol):
    def render(self, report: Report) -> str:
        """Return the document."""

    def render_all(self, reports: Iterable[Report]) -> str:
        """Return one document of several reports; only modules of :data:`SEVERAL` can."""


def render(report: Report, name: Format) -> str:
    """Return a report in a format, ending in a newline; the same report, the same text.

    A table is 120 columns wide and has no colour; see :mod:`scantling_reporter.formats.table`
    for others.
    """
    return _module(name).render(report)


def render_all(reports: Iterable[Report], name: Format) -> str:
    """Return several reports as one document in a format of :data:`SEVERAL`."""
    return _module(name).render_all(reports)


def _module(name: Format) -> _Module:
    return cast("_Module", import_module(f"scantling_reporter.formats.{name}"))
