"""Reports as documents: each format is imported when it is asked for. Pure."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, Protocol, cast, get_args

if TYPE_CHECKING:
    from scantling_reporter.report import Report

Format = Literal["json", "table", "cyclonedx", "spdx"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)

MEDIA_TYPES: Final[dict[Format, str]] = {
    "json": "application/json",
    "table": "text/plain",
    "cyclonedx": "application/vnd.cyclonedx+json",
    "spdx": "application/spdx+json",
}


class _Module(Protocol):
    def render(self, report: Report) -> str:
        """Return the document."""


def render(report: Report, name: Format) -> str:
    """Return a report in a format, ending in a newline; the same report, the same text.

    A table is 120 columns wide and has no colour; see :mod:`scantling_reporter.formats.table`
    for others.
    """
    module = cast("_Module", import_module(f"scantling_reporter.formats.{name}"))
    return module.render(report)
